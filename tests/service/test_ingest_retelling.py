"""What services may have missed is said again: under the ids that it had, so that nobody handles it twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.store.deliveries import forget_submissions
from shared.baton import Handover
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from shared.contracts.routing import LeadClosed
from shared.terms import Consent, LeadId, Role
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import IngestPlace, ingest_at

pytestmark = pytest.mark.slow

ANA = {"email": "ana@northwind.example", "title": "Director"}
RUI = {"email": "rui@southwind.example", "phone": "+351912345678"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def lead_of(ingest: IngestPlace, fields: dict[str, Any]) -> str:
    lead: str = (await ingest.call("POST", "/v1/leads", json=fields)).json()["lead"]
    return lead


async def close(ingest: IngestPlace, lead: str) -> None:
    closed = LeadClosed(handover=Handover(kind="close", number=2, seen=1), by="x@acme.example", reason="spam")
    await say(ingest.service.bus, closed, LeadId(lead), id="closed", at=NOON)
    await ingest.hear()


async def retold(ingest: IngestPlace, lead: str) -> list[str]:
    answer = await ingest.call("POST", f"/v1/leads/{lead}/retell")
    assert answer.status_code == 202, answer.text
    return [name.removesuffix(".v1") for name in answer.json()["said"]]


async def test_what_a_lead_did_is_said_again_under_the_same_ids(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, ANA)
    await lead_of(ingest, {**ANA, "activity": {"type": "demo_requested"}})
    before = await ingest.said()
    assert await retold(ingest, lead) == ["lead.captured", "activity.recorded", "lead.updated"]
    again = {one.id: one for one in await ingest.said()}
    for one in before:
        repeated = again[one.id]
        assert (type(repeated.event), repeated.lead) == (type(one.event), lead)
    captured, recorded = (again[one.id].event for one in before)
    assert (captured, recorded) == tuple(one.event for one in before)


async def test_what_is_known_of_a_lead_by_now_is_said_with_it(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, ANA)
    await ingest.call("POST", f"/v1/leads/{lead}/consent", json={"consent": "denied"})
    await ingest.said()
    assert (await retold(ingest, lead))[-1] == "consent.changed"
    events = [one.event for one in await ingest.said()]
    [captured] = [one for one in events if isinstance(one, LeadCaptured)]
    [consent] = [one for one in events if isinstance(one, ConsentChanged)]
    assert captured.consent is consent.consent is Consent.DENIED


async def test_what_is_known_by_now_is_said_anew_each_time(ingest: IngestPlace) -> None:
    """Whoever has heard it may have missed what came since."""
    lead = await lead_of(ingest, ANA)
    ids = set[str]()
    for _ in range(2):
        ingest.clock.advance(timedelta(hours=1))
        await retold(ingest, lead)
        ids |= {one.id for one in await ingest.said() if isinstance(one.event, LeadUpdated)}
    assert len(ids) == 2


async def test_who_came_again_is_said_again_with_the_lead_that_they_were(ingest: IngestPlace) -> None:
    earlier = await lead_of(ingest, ANA)
    await close(ingest, earlier)
    lead = await lead_of(ingest, {**ANA, "activity": {"type": "demo_requested"}})
    [before] = [one.event for one in await ingest.said() if one.lead == lead]
    assert (await retold(ingest, lead))[0] == "lead.captured"
    again = [one.event for one in await ingest.said() if one.lead == lead]
    assert [one for one in again if isinstance(one, LeadCaptured)] == [before]
    assert isinstance(before, LeadCaptured)
    assert before.earlier == earlier


async def test_the_end_of_a_lead_is_said_again(ingest: IngestPlace) -> None:
    ana, rui, other = [await lead_of(ingest, who) for who in (ANA, RUI, {"email": "r@southwind.example"})]
    await ingest.call("DELETE", f"/v1/leads/{ana}")
    await ingest.call("POST", f"/v1/leads/{other}/merge", json={"survivor": rui})
    [erased] = [one for one in await ingest.said() if isinstance(one.event, LeadErased)]
    assert await retold(ingest, ana) == ["lead.erased"]
    assert await retold(ingest, other) == ["lead.merged"]
    again = {one.lead: one for one in await ingest.said()}
    assert again[LeadId(ana)].id == erased.id
    assert again[LeadId(other)].event == LeadMerged(survivor=LeadId(rui))
    ingest.clock.advance(timedelta(hours=1))
    await retold(ingest, other)
    [merged] = await ingest.said()
    assert merged.id == again[LeadId(other)].id, "however often"


async def test_of_a_journey_that_is_over_nothing_is_said(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, ANA)
    await close(ingest, lead)
    assert await retold(ingest, lead) == []


async def test_what_is_forgotten_is_not_said(ingest: IngestPlace) -> None:
    """A capture that ingest has forgotten is too long ago for anybody to miss it."""
    lead = await lead_of(ingest, ANA)
    await ingest.service.tx(lambda tx: forget_submissions(tx, tx.now + timedelta(days=1), 10))
    await lead_of(ingest, {**ANA, "activity": {"type": "demo_requested"}})
    assert await retold(ingest, lead) == ["activity.recorded", "lead.updated"]


async def test_all_of_whom_something_came_since_then_are_said_again_page_by_page(
    ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.handlers.retelling.PAGE", 2)
    before, refused = [await lead_of(ingest, {"email": f"{who}@eastwind.example"}) for who in ("old", "no")]
    await close(ingest, await lead_of(ingest, {"email": "over@eastwind.example"}))
    gone = await lead_of(ingest, {"email": "gone@eastwind.example"})
    await ingest.call("DELETE", f"/v1/leads/{gone}")
    one, absorbed = [await lead_of(ingest, {"email": f"{who}@westwind.example"}) for who in ("one", "other")]
    await ingest.call("POST", f"/v1/leads/{absorbed}/merge", json={"survivor": one})
    ingest.clock.advance(timedelta(hours=2))
    since = (ingest.clock.now() - timedelta(hours=1)).isoformat()
    late = {await lead_of(ingest, who) for who in (ANA, RUI)}
    await ingest.call("POST", f"/v1/leads/{refused}/consent", json={"consent": "denied"})
    await ingest.said()
    found, after = list[dict[str, Any]](), ""
    while True:
        body = {"since": since, "after": after}
        answer = (await ingest.call("POST", "/v1/retell", json=body)).json()
        found += answer["leads"]
        if not (after := answer["after"]):
            break
    assert {one["lead"] for one in found} == {*late, gone, absorbed, refused}
    assert before not in {one.lead for one in await ingest.said()}


@pytest.mark.parametrize("path", ["/v1/leads/nobody/retell", "/v1/retell"])
async def test_only_an_operator_or_marketing_has_it_said_again(ingest: IngestPlace, path: str) -> None:
    key = ingest.ring.add("a tool", Role.SOURCE)
    assert (await ingest.call("POST", path, json={"since": NOON.isoformat()}, key=key)).status_code == 403


async def test_of_a_lead_that_nobody_knows_nothing_can_be_said(ingest: IngestPlace) -> None:
    answer = await ingest.call("POST", "/v1/leads/nobody/retell")
    assert (answer.status_code, answer.json()["detail"][:23]) == (404, "there is no lead nobody")
    assert [one for one in await ingest.said() if isinstance(one.event, ActivityRecorded)] == []
