"""Routing over HTTP: who may do what, and errors that say what to do."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.routing import metrics
from services.routing.api import create_router
from shared.contracts.meetings import MeetingBooked, MeetingMissed
from shared.contracts.routing import LeadContacted
from shared.runtime.http import Gate, add_errors, join
from shared.runtime.keys import KeyRing
from shared.runtime.outgoing import Outgoing
from shared.terms import Role
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at

ROSTER = "person,name,teams,weight,languages,notify\nbob@acme.example,Bob,inside,2,en,\n"


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


class Api:
    """Calls routing with the key of somebody."""

    def __init__(self, client: httpx.AsyncClient, keys: dict[str, str]) -> None:
        self._client, self._keys = client, keys

    async def call(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._keys[who]}", **more.pop("headers", {})}
        return await self._client.request(method, path, headers=headers, **more)

    async def post(self, who: str, path: str, **body: Any) -> httpx.Response:
        return await self.call(who, "POST", path, json=body)

    async def get(self, who: str, path: str) -> httpx.Response:
        return await self.call(who, "GET", path)


@asynccontextmanager
async def api_of(
    place: RoutingPlace, folder: Path, *, allow_private: bool = True, **reps: str
) -> AsyncIterator[Api]:
    """The API with a key for each role, and for reps: bob, cy, and these with their addresses."""
    ring = KeyRing(folder / "keys.json")
    reps = {name: at_acme(name) for name in ("bob", "cy")} | reps
    keys = {name: ring.add(name, Role.REP, person) for name, person in reps.items()}
    keys |= {role.value: ring.add(role.value, role, at_acme(role.value)) for role in Role if role != Role.REP}
    keys["nobody"] = ring.add("nobody", Role.REP)
    outgoing = Outgoing(place.clock, allow_private=allow_private)
    app = FastAPI()
    add_errors(app)
    join(app, create_router(place.service, Gate(ring), outgoing))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield Api(client, keys)
    await outgoing.close()


@pytest.fixture
async def api(place: RoutingPlace, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(place, tmp_path) as api:
        yield api


ANA = f"/v1/leads/{lead_id('ana')}"


async def test_a_rep_takes_a_lead_from_acceptance_to_a_hand_off(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "cy")
    await place.offered("ana")
    accepted = await api.post("bob", f"{ANA}/accept")
    assert accepted.status_code == 200
    assert (accepted.json()["stage"], accepted.json()["deadlines"][0]["name"]) == ("sal", "touch")
    contacted = await api.post("bob", f"{ANA}/contact", channel="phone", outcome="reached")
    assert contacted.json()["attempts"] == 1
    qualified = await api.post("bob", f"{ANA}/qualify", answers={"need": "a line", "timeline": "spring"})
    assert qualified.json()["handoff_to"] == at_acme("cy")
    taken = await api.post("cy", f"{ANA}/handoff/accept")
    assert (taken.json()["holder"], taken.json()["accepted"]) == (at_acme("cy"), True)
    won = await api.post("cy", f"{ANA}/won", value="900.50", currency="EUR")
    assert [won.json()[name] for name in ("standing", "stage", "answers")] == ["ended", None, None]


async def test_errors_say_who_when_and_what_to_do(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    answers = [
        await api.post("cy", f"{ANA}/accept"),
        await api.post("bob", f"{ANA}/contact", channel="phone"),
        await api.post("bob", f"{ANA}/reject", reason="bored"),
        await api.post("bob", "/v1/leads/unknown/accept"),
        await api.post("bob", f"{ANA}/contact", chanel="phone"),
        await api.post("nobody", f"{ANA}/accept"),
        await api.post("marketing", f"{ANA}/accept"),
    ]
    assert [answer.status_code for answer in answers] == [403, 409, 422, 404, 422, 403, 403]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert "ask them, or a manager" in answers[0].json()["detail"]


async def test_what_an_sql_needs_is_named_all_at_once(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await api.post("bob", f"{ANA}/accept")
    for body in ({}, {"answers": {"need": " "}}):
        refused = await api.post("bob", f"{ANA}/qualify", **body)
        assert (refused.status_code, "an SQL needs answers to need, timeline" in refused.text) == (422, True)


async def test_an_idempotency_key_makes_a_repeat_harmless(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await api.post("bob", f"{ANA}/accept")
    for key in ("k1", "k1", "k2"):
        headers = {"Idempotency-Key": key}
        await api.call("bob", "POST", f"{ANA}/contact", json={"channel": "phone"}, headers=headers)
    await place.turn()
    assert len(await place.said(LeadContacted)) == 2


async def test_the_assignment_is_told_in_words(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    told = (await api.get("marketing", f"{ANA}/assignment")).json()
    receipt = "\n".join(told["receipt"])
    assert "rule 'rest' matched" in receipt
    assert "their turn comes later: owed 0.500" in receipt
    assert "accept by 2026-11-02 16:00:00 UTC (standard)" in receipt
    assert told["story"][0].startswith("Ana Silva, Operations Director, Northwind (software, 120 employees)")
    assert (await api.get("marketing", "/v1/leads/nobody/assignment")).status_code == 404


async def test_a_rep_sees_their_own_leads_and_a_manager_everybodys(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob")
    await place.offered("ana", "bea")
    own = await api.get("bob", f"/v1/reps/{at_acme('bob')}/leads")
    assert {lead["lead"] for lead in own.json()} == {lead_id("ana"), lead_id("bea")}
    assert (await api.get("cy", f"/v1/reps/{at_acme('bob')}/leads")).status_code == 403
    assert len((await api.get("manager", f"/v1/reps/{at_acme('bob')}/leads")).json()) == 2


async def test_a_queue_is_shown_as_it_goes_out(place: RoutingPlace, api: Api) -> None:
    await place.offered("low", score=20)
    await place.offered("high", score=90)
    shown = (await api.get("bob", "/v1/teams/inside/queue")).json()
    assert [line["score"] for line in shown] == [90, 20]
    assert {line["answers"] for line in shown} == {at_acme("dora")}
    assert (await api.get("bob", "/v1/teams/insider/queue")).status_code == 404


async def test_a_roster_is_imported_listed_and_left(place: RoutingPlace, api: Api) -> None:
    csv = {"content-type": "text/csv"}
    done = await api.call("operator", "POST", "/v1/roster", content=ROSTER, headers=csv)
    assert done.json() == {"added": [at_acme("bob")], "changed": [], "unchanged": 0}
    again = await api.call("manager", "POST", "/v1/roster", content=ROSTER, headers=csv)
    assert again.json()["unchanged"] == 1
    [bob] = (await api.get("operator", "/v1/roster")).json()
    assert (bob["teams"], bob["active"]) == ({"inside": 2}, True)
    await place.offered("ana")
    left = await api.post("manager", f"/v1/roster/{at_acme('bob')}/leave")
    assert left.json()["handed_over"] == [lead_id("ana")]
    assert (await api.post("manager", f"/v1/roster/{at_acme('lena')}/leave")).status_code == 409


async def test_a_wrong_roster_is_refused_with_every_mistake(api: Api) -> None:
    wrong = ROSTER + "cy,Cy,insde,1,,\n"
    csv = {"content-type": "text/csv"}
    answer = await api.call("operator", "POST", "/v1/roster", content=wrong, headers=csv)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 2
    assert (await api.get("operator", "/v1/roster")).json() == []
    big = await api.call("operator", "POST", "/v1/roster", content="x" * 2_200_000, headers=csv)
    assert big.status_code == 413
    assert (await api.post("bob", "/v1/roster")).status_code == 403


async def test_only_the_arbiter_rules(place: RoutingPlace, api: Api) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    rep = await place.holder()
    await api.post(rep, f"{ANA}/reject", reason="not-per-definition")
    ruling = f"/v1/disputes/{lead_id('ana')}/ruling"
    assert (await api.post("manager", ruling, ruling="sales")).status_code == 403
    assert (await api.post("arbiter", ruling, ruling="nobody")).status_code == 422
    ruled = await api.post("arbiter", ruling, ruling="sales")
    assert ruled.json()["standing"] == "offering"


async def test_the_status_and_the_figures_count_leads_queues_and_clocks(
    place: RoutingPlace, api: Api
) -> None:
    await place.team("inside", "bob")
    await place.offered("a", "b", "c", "d")
    status = (await api.get("operator", "/v1/routing/status")).json()
    assert status["open_by_stage"] == {"mql": 4}
    assert [(queue["team"], queue["leads"]) for queue in status["queues"]] == [("inside", 1)]
    assert {clocks["purpose"]: clocks["running"] for clocks in status["clocks"]}["clock"] == 4
    await place.service.read(metrics.sample)
    assert metrics.queue_leads.labels("inside")._value.get() == 1
    assert metrics.open_leads.labels("mql")._value.get() == 4


async def test_a_tool_reports_contacts_and_meetings_under_its_own_name_and_does_nothing_else(
    place: RoutingPlace, api: Api
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    later = (place.clock.now() + timedelta(days=1)).isoformat()
    assert (await api.post("source", f"{ANA}/contact", channel="phone")).status_code == 409
    assert (await api.post("source", f"{ANA}/accept")).status_code == 403
    await api.post("bob", f"{ANA}/accept")
    called = await api.post("source", f"{ANA}/contact", channel="phone", outcome="reached")
    assert (called.json()["attempts"], called.json()["reported"]) == (1, 1)
    booked = await api.post("source", f"{ANA}/meetings", starts_at=later)
    assert (booked.status_code, booked.json()["deadlines"]) == (200, [])
    assert datetime.fromisoformat(booked.json()["meeting_at"]) == datetime.fromisoformat(later)
    early = await api.post("bob", f"{ANA}/meetings/held")
    assert (early.status_code, "say so after that" in early.json()["detail"]) == (409, True)
    place.clock.advance(timedelta(days=1))
    assert (await api.post("bob", f"{ANA}/meetings/missed", note="no show")).status_code == 200
    claimed = await api.post("bob", f"{ANA}/contact", channel="phone", reported_by="tool")
    assert claimed.status_code == 422
    await place.turn()
    [contacted], [meeting] = await place.said(LeadContacted), await place.said(MeetingBooked)
    assert (contacted.by, contacted.reported_by, contacted.through) == (at_acme("bob"), "tool", "source")
    assert (meeting.by, meeting.reported_by, meeting.through) == (at_acme("bob"), "tool", "source")
    assert [missed.reported_by for missed in await place.said(MeetingMissed)] == ["rep"]


@pytest.mark.parametrize("attendee", ["al", "a l@acme.example", ""])
async def test_a_meeting_is_with_a_colleague_by_their_address(
    place: RoutingPlace, api: Api, attendee: str
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await api.post("bob", f"{ANA}/accept")
    later = (place.clock.now() + timedelta(days=1)).isoformat()
    answer = await api.post("bob", f"{ANA}/meetings", starts_at=later, attendee=attendee)
    assert answer.status_code == 422
