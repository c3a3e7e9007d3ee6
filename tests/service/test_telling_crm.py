"""A CRM follows along: chosen events, signed, in the order of each lead; and it never holds up a lead."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from services.routing.domain.crm import EventType
from services.routing.domain.model import GivingUp
from shared.bus.sqlite import SqliteBus
from shared.contracts.ingest import LeadErased, LeadMerged
from shared.contracts.routing import LeadAssigned
from shared.runtime.errands import ATTEMPTS_MAX, claim_errands, errands_once, given_up
from shared.testing.leads import lead_id
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import RoutingPlace, qualified
from tests.service.telling_place import live, posted, send, telling_at

HOUR: Final = timedelta(hours=1)
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def place(database_url: str, side: OtherSide) -> AsyncIterator[RoutingPlace]:
    async with telling_at(database_url, crm_url=side.url, crm_secret=SECRET) as place:
        yield place


async def a_won_lead(place: RoutingPlace, lead: str = "ana") -> None:
    await place.team("inside", "bob")
    await place.offered(lead)
    await place.do("accept", "bob", lead)
    await place.do("qualify", "bob", lead, answers={"need": "a", "timeline": "b"})


def types(side: OtherSide) -> list[str]:
    return [message["type"] for message in posted(side)]


async def test_a_crm_hears_what_happens_to_a_lead_in_order(place: RoutingPlace, side: OtherSide) -> None:
    await a_won_lead(place)
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    assert types(side) == ["lead.assigned", "lead.accepted", "lead.sales_qualified"]
    assigned = posted(side)[0]["data"]
    assert (assigned["lead"], assigned["email"]) == (lead_id("ana"), "ana@northwind.example")
    assert assigned["owner"]["answers"] == "bob@acme.example"
    assert "receipt" not in assigned


async def test_a_crm_hears_of_meetings(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    for act in ("miss_meeting", "hold_meeting"):
        await place.do("book_meeting", "bob", starts_at=place.clock.now() + HOUR, attendee=None, note="")
        await place.pass_time(HOUR)
        await place.do(act, "bob", note="")
    await place.do("book_meeting", "bob", starts_at=place.clock.now() + HOUR, attendee=None, note="")
    await place.do("cancel_meeting", "bob", note="")
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    became = [name.removeprefix("meeting.") for name in types(side) if name.startswith("meeting.")]
    assert became == ["booked", "missed", "booked", "held", "booked", "cancelled"]


async def test_it_is_a_signed_standard_webhook_with_the_events_id(
    place: RoutingPlace, side: OtherSide
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await send(place)
    [request] = side.requests
    name, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    signed = f"{name}.{at}.".encode() + request.body
    digest = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert isinstance(place.service.bus, SqliteBus)
    assert "." not in name


async def test_an_event_waits_behind_an_earlier_one_of_its_lead_and_of_no_other(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("503 Service Unavailable")
    await place.team("inside", "bob")
    await place.offered("ana")
    assert await errands_once(place.service) == 1
    await place.do("accept", "bob")
    await place.offered("ben")
    assert await errands_once(place.service) == 2
    assert [(m["type"], m["data"]["lead"]) for m in posted(side)] == [
        ("lead.assigned", lead_id("ana")),
        ("lead.assigned", lead_id("ben")),
    ]
    side.requests.clear()
    side.says("200 OK")
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    mine = [message["type"] for message in posted(side) if message["data"]["lead"] == lead_id("ana")]
    assert mine == ["lead.assigned", "lead.accepted"]


async def test_what_the_crm_never_takes_is_shown_and_holds_up_neither_leads_nor_later_events(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("400 Bad Request")
    await place.team("inside", "bob")
    await place.offered("ana")
    await send(place)
    side.says("200 OK")
    side.requests.clear()
    await place.do("accept", "bob")
    await send(place)
    assert types(side) == ["lead.accepted"]
    [lost] = await place.service.read(given_up)
    assert (lost.destination, lost.action, lost.last_error) == ("crm", "lead.assigned", "400 Bad Request")
    assert (await place.state()).untold_since is None


async def test_each_event_has_the_number_of_then_however_late_it_arrives(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("503 Service Unavailable")
    await place.team("inside", "bob", "cy", "dan")
    await place.offered("ana")
    await errands_once(place.service)
    await place.pass_time(8 * HOUR)  # Two let it run out, and routing reads of both at once.
    await place.do("accept", await place.holder())
    await place.do("disqualify", await place.holder(), why=GivingUp("no-need"))
    await place.recycle_takes()
    side.requests.clear()
    side.says("200 OK")
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    numbers = [(message["type"], message["data"]["number"]) for message in posted(side)]
    assert numbers == [
        ("lead.assigned", 2),
        ("lead.assigned", 3),
        ("lead.assigned", 4),
        ("lead.accepted", 4),
        ("lead.disqualified", 4),
    ]


async def test_a_crm_hears_that_a_lead_stalled_or_was_merged(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob")
    for lead in ("ana", "anna"):
        await place.offered(lead)
        await place.do("accept", "bob", lead)
    await place.say(LeadMerged(survivor=lead_id("ana")), "anna")
    await place.turn()
    await place.pass_time(timedelta(days=11))
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    [merged] = [message["data"] for message in posted(side) if message["type"] == "lead.merged"]
    assert (merged["lead"], merged["survivor"]) == (lead_id("anna"), lead_id("ana"))
    stalled = [message["data"] for message in posted(side) if message["type"] == "lead.stalled"]
    assert {data["lead"] for data in stalled} == {lead_id("ana")}
    assert "snapshot" not in stalled[0]


async def test_waiting_is_no_attempt(place: RoutingPlace, side: OtherSide) -> None:
    side.says("503 Service Unavailable")
    await a_won_lead(place)
    await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    errands = place.service.messaging.errands
    rows: list[Any] = list(
        await place.service.read(lambda tx: tx.conn.execute(errands.select().order_by(errands.c.id)).all())
    )
    assert 1 < rows[0].attempts < ATTEMPTS_MAX
    assert [row.attempts for row in rows[1:]] == [0, 0]


async def test_only_chosen_events_are_handed_over(database_url: str, side: OtherSide) -> None:
    async with telling_at(database_url, crm_url=side.url, crm_events=["lead.accepted"]) as place:
        await a_won_lead(place)
        await live(place, timedelta(minutes=1), step=timedelta(seconds=1))
    assert types(side) == ["lead.accepted"]


async def test_without_a_crm_nothing_is_read_that_was_not_before(database_url: str) -> None:
    async with telling_at(database_url) as place:
        assert "lead.accepted.v1" not in place.service.reads
        await a_won_lead(place)
        assert await claim_errands(place.service) == []


async def test_of_who_was_erased_nothing_is_handed_over(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.say(LeadErased())
    # Its assignment is heard of only when it is erased already.
    await place.say(qualified(), "ben")
    await place.say(LeadErased(), "ben", topic="baton.scoring")
    await place.turn()
    assert len(await place.said(LeadAssigned)) == 2
    await send(place)
    assert side.requests == []


def test_the_page_names_every_event_that_goes_out() -> None:
    page = Path("docs/telling.md").read_text(encoding="utf-8")
    assert [event for event in get_args(EventType) if f"`{event}`" not in page] == []
