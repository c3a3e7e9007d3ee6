"""Recycle over HTTP: who may ask what, and what they are told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.recycle import metrics
from services.recycle.api import create_router
from services.recycle.handlers import reads
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import LeadAccepted
from shared.terms import Role
from shared.testing.leads import NOON, captured, lead_id
from tests.service.calling import Client, calling
from tests.service.recycle_place import Place
from tests.service.routing_place import qualified
from tests.unit.recycle_lead import RITA, assigned, given_up, not_qualified, scored
from tests.unit.test_recycle_aside import set_aside

LEAD = lead_id()
TODAY = {"since": NOON.isoformat(), "until": (NOON + timedelta(hours=12)).isoformat()}


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


@pytest.fixture
async def client(place: Place, tmp_path: Path) -> AsyncIterator[Client]:
    routes = partial(create_router, place.service)
    reps = {"rita": RITA.answers, "RITA": RITA.answers.upper(), "otto": "otto@acme.example"}
    async with calling(routes, tmp_path, reads=Role.OPERATOR, writes=Role.SOURCE, **reps) as client:
        yield client


async def test_a_tool_acknowledges_once_or_again_but_not_late(place: Place, client: Client) -> None:
    await place.hear(captured(), assigned(2), given_up("silent"))
    path = f"/v1/nurture/{LEAD}/acknowledge"
    for _ in range(2):
        answer = await client.post(path, {"number": 2})
        assert answer.status_code == 200
        assert answer.json()["holder"]["answers"] == "noor@acme.example"
    late = await client.post(path, {"number": 1})
    assert late.status_code == 409
    assert "take it out of your track" in late.json()["detail"]
    assert (await client.post(path, {"number": 0})).status_code == 422
    assert (await client.post(f"/v1/nurture/{lead_id('x')}/acknowledge", {"number": 2})).status_code == 404


async def test_it_says_who_answered_when(place: Place, client: Client) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(minutes=5))
    await place.hear(assigned(2, why="new"))
    now = await client.get(f"/v1/leads/{LEAD}/owner")
    assert now.json()["holder"] == {"kind": "rep", "name": RITA.name, "answers": RITA.answers}
    before = await client.get(f"/v1/leads/{LEAD}/owner", at=(NOON + timedelta(minutes=1)).isoformat())
    assert before.json()["holder"]["kind"] == "intake"
    never = await client.get(f"/v1/leads/{LEAD}/owner", at=(NOON - timedelta(days=1)).isoformat())
    assert never.status_code == 404
    assert (await client.get(f"/v1/leads/{LEAD}/owner", at="2026-11-02T12:00:00")).status_code == 422
    history = (await client.get(f"/v1/leads/{LEAD}/owners")).json()["owners"]
    assert [(one["number"], one["to"] is None) for one in history] == [(1, False), (2, True)]


async def test_a_rep_reads_their_own_leads_and_no_others(place: Place, client: Client) -> None:
    await place.hear(captured(), assigned(2))
    for what in ("owner", "owners", "story"):
        for rita in ("rita", "RITA"):
            assert (await client.get(f"/v1/leads/{LEAD}/{what}", rita)).status_code == 200
        assert (await client.get(f"/v1/leads/{LEAD}/{what}", "otto")).status_code == 403


@pytest.mark.parametrize(
    "path", ["/v1/owners/missing", "/v1/owners/fallback", "/v1/owners/summary", "/v1/counts"]
)
async def test_figures_are_for_those_who_watch(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path, Role.SOURCE)).status_code == 403
    assert (await client.get(path, None)).status_code == 401


async def test_a_lead_that_nobody_scores_in_the_time_agreed_is_counted(place: Place, client: Client) -> None:
    async def late() -> int:
        return int((await client.get("/v1/owners/summary")).json()["scored_late"])

    await place.hear(captured(), name="ana")
    await place.hear(captured(), name="ben")
    place.clock.advance(timedelta(minutes=2))
    assert await late() == 0
    place.clock.advance(timedelta(seconds=1))
    assert await late() == 2
    await place.hear(not_qualified(), name="ana")
    await place.hear(qualified(), name="ben")
    assert await late() == 0, "both have their score"


async def test_leads_are_counted_by_the_stage_they_reached_in_a_time(place: Place, client: Client) -> None:
    async def reached(since: timedelta, until: timedelta) -> tuple[int, int]:
        times = {"since": (NOON + since).isoformat(), "until": (NOON + until).isoformat()}
        found = (await client.get("/v1/stages", **times)).json()
        return found["inquiry"], found["sal"]

    hour = timedelta(hours=1)
    await place.hear(captured(), name="ana")
    await place.hear(captured(), assigned(2), name="ben")
    place.clock.advance(hour)
    for _ in range(2):
        await place.hear(LeadAccepted(by=RITA.answers), name="ben")
    assert await reached(timedelta(), 2 * hour) == (2, 1)
    assert await reached(timedelta(), hour) == (2, 0)
    assert await reached(hour, 2 * hour) == (0, 1)
    assert (await client.get("/v1/stages", since=NOON.isoformat())).json()["mql"] == 0
    assert (await client.get("/v1/stages")).status_code == 422
    assert (await client.get("/v1/stages", Role.SOURCE, since=NOON.isoformat())).status_code == 403


async def test_the_same_by_where_the_leads_came_from_and_what_they_count_as(
    place: Place, client: Client
) -> None:
    async def by_source() -> dict[str, tuple[int, int]]:
        found = (await client.get("/v1/stages", **TODAY)).json()
        assert found["inquiry"] == sum(one["inquiry"] for one in found["sources"])
        return {one["source"]: (one["inquiry"], one["sal"]) for one in found["sources"]}

    await place.hear(captured(source="website"), name="ana")
    await place.hear(captured(source="website"), assigned(2), LeadAccepted(by=RITA.answers), name="ben")
    await place.hear(captured(source="fair"), name="cyn")
    assert await by_source() == {"fair": (1, 0), "website": (2, 1)}
    await place.hear(set_aside(counts_as="partner"), name="ben")
    assert await by_source() == {"fair": (1, 0), "website": (1, 0), "partner": (1, 1)}
    await place.hear(scored(3, 50), name="ben")
    assert await by_source() == {"fair": (1, 0), "website": (2, 1)}, "it is set aside no more"
    await place.hear(LeadErased(), name="ana")
    assert await by_source() == {"fair": (1, 0), "website": (1, 1)}


async def test_the_smallest_sources_are_counted_together(
    place: Place, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "SOURCES_MAX", 1)
    for lead, source in (("ana", "website"), ("ben", "website"), ("cyn", "fair"), ("dee", "portal")):
        await place.hear(captured(source=source), name=lead)
    found = (await client.get("/v1/stages", **TODAY)).json()["sources"]
    assert {one["source"]: one["inquiry"] for one in found} == {"": 2, "website": 2}


async def test_the_whole_story_is_told_in_words(place: Place, client: Client) -> None:
    await place.hear(captured(), scored(1, 82), assigned(2, why="new"), given_up())
    await place.call_tools()
    story = (await client.get(f"/v1/leads/{LEAD}/story")).json()
    assert [line["type"] for line in story["lines"]] == [
        "lead.captured.v1",
        "lead.scored.v1",
        "lead.assigned.v1",
        "lead.disqualified.v1",
        "lead.recycled.v1",
    ]
    assert story["lines"][1]["receipt"][-1] == "agreement recycled@3"
    assert [one["number"] for one in story["owners"]] == [1, 2, 3]
    assert "ana@northwind.example" not in str(story)


async def test_an_erased_lead_is_gone(place: Place, client: Client) -> None:
    await place.hear(captured(), scored(1, 82), LeadErased())
    assert (await client.get(f"/v1/leads/{LEAD}/owner")).status_code == 410
    story = (await client.get(f"/v1/leads/{LEAD}/story")).json()
    assert (story["lines"], story["ending"]) == ([], "erased")


async def test_a_missing_owner_names_the_custodian(place: Place, client: Client) -> None:
    await place.hear(captured(), assigned(3))
    await place.audit()
    [missing] = (await client.get("/v1/owners/missing")).json()
    assert (missing["lead"], missing["custodian"]) == (LEAD, "routing")
    summary = (await client.get("/v1/owners/summary")).json()
    assert summary["leads_without_owner"] == 1
    assert summary["owner_gap_seconds"] == 0.0
    await place.audit()
    assert (await client.get("/v1/owners/summary")).json()["owner_gap_seconds"] == 30.0


async def test_prometheus_sees_who_has_no_owner(place: Place) -> None:
    await place.hear(captured(), assigned(3))
    await place.audit()
    await place.read(metrics.sample)
    assert REGISTRY.get_sample_value("baton_leads_without_owner") == 1
    assert REGISTRY.get_sample_value("baton_leads", {"state": "captured"}) == 1
    assert REGISTRY.get_sample_value("baton_ledger_as_of_seconds") == 30


async def test_a_nul_in_what_a_lead_wrote_stops_nobody(place: Place, client: Client) -> None:
    wrote = captured().activity
    event = captured(first=type(wrote)(seq=1, type="form", at=NOON, source="web", message="hi\x00there"))
    await place.hear(event)
    [line] = (await client.get(f"/v1/leads/{LEAD}/story")).json()["lines"]
    assert "hi\N{REPLACEMENT CHARACTER}there" in line["sentence"]
