"""A lead goes on as another one: what was reached with it is kept, and whoever has to do with it hears."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import Meeting
from services.routing.handlers import roster
from shared.contracts.ingest import LeadMerged
from shared.contracts.routing import LeadAccepted
from shared.runtime.errands import claim_errands
from shared.terms import Stage
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at

ANSWERS = {"need": "a new line", "timeline": "spring"}


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def a_deal_of_als(place: RoutingPlace) -> None:
    """Al, an account executive, has an SQL with a meeting ahead; the same person waits in the SDRs' queue."""
    await place.team("inside", "bob")
    await place.team("executives", "al")
    await place.offered("anna")
    await place.do("accept", "bob", "anna")
    await place.do("qualify", "bob", "anna", answers=ANSWERS)
    await place.do("accept_handoff", "al", "anna")
    at = place.clock.now() + timedelta(hours=30)
    await place.do("book_meeting", "al", "anna", starts_at=at, attendee=None, note="")
    await place.tx(lambda tx: roster.leave(tx, at_acme("bob")))
    await place.offered("ana")
    assert await place.holder("ana") == "queue of inside"


async def test_a_deal_that_is_merged_goes_on_as_it_was(place: RoutingPlace) -> None:
    await a_deal_of_als(place)
    await place.say(LeadMerged(survivor=lead_id("ana")), "anna")
    await place.turn()
    state = await place.state("ana")
    assert (await place.holder("ana"), state.team, state.stage) == ("al", "executives", Stage.SQL)
    assert (state.accepted, state.clocks) == (True, ())
    assert state.meeting == Meeting(place.clock.now() + timedelta(hours=30), at_acme("al"))
    [accepted] = await place.said(LeadAccepted, "ana")
    assert accepted.by == at_acme("al")


async def test_who_covers_for_whoever_had_a_merged_deal_has_not_accepted_it(place: RoutingPlace) -> None:
    await a_deal_of_als(place)
    away = {"zone": "UTC", "absences": "2026-11-02/2026-11-20 pto", "cover": at_acme("eli")}
    await place.team("executives", "al", **away)
    await place.say(LeadMerged(survivor=lead_id("ana")), "anna")
    await place.turn()
    state = await place.state("ana")
    assert (await place.holder("ana"), state.stage, state.accepted) == ("eli", Stage.SQL, False)


async def test_an_executive_who_is_asked_is_told_of_a_merge(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al", notify="http://127.0.0.1:9/hook")
    await place.offered("anna")
    await place.do("accept", "bob", "anna")
    await place.do("qualify", "bob", "anna", answers=ANSWERS)
    await place.say(LeadMerged(survivor=lead_id("ana")), "anna")
    await place.turn()
    told = [(due.action, due.body["person"]) for due in await claim_errands(place.service)]
    assert told == [("handoff offered", at_acme("al")), ("merged", at_acme("al"))]
