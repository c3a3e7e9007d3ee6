"""Whom a rule tells of what it sets aside hears of it, unless there is nothing to hear of any more."""

from collections.abc import Iterator

import pytest

from services.routing.domain.words import SET_ASIDE
from shared.contracts.envelope import Event
from shared.contracts.ingest import ConsentChanged, OutcomeReported
from shared.contracts.routing import LeadDisqualified, LeadLost, LeadWon
from shared.runtime.errands import claim_errands
from shared.terms import Consent
from shared.testing.leads import NOON
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_aside import set_aside

WON = OutcomeReported(outcome="won", happened_at=NOON)
LOST = OutcomeReported(outcome="lost", happened_at=NOON)
DENIED = ConsentChanged(consent=Consent.DENIED)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def told_of(place: RoutingPlace, known: Event) -> list[str]:
    """What bob is told, whom the rule tells, of a lead of which this was known before it came."""
    await place.team("inside", "bob", notify="https://reps.example/hook")
    await place.say(known)
    await place.say(set_aside(team="inside", tell=at_acme("bob")))
    await place.turn()
    return [errand.action for errand in await claim_errands(place.service)]


async def test_of_a_lead_that_was_won_before_nobody_is_told(place: RoutingPlace) -> None:
    assert await told_of(place, WON) == []
    assert len(await place.said(LeadWon)) == 1


async def test_of_one_who_refused_contact_before_nobody_is_told(place: RoutingPlace) -> None:
    assert await told_of(place, DENIED) == []
    assert [said.reason for said in await place.said(LeadDisqualified)] == ["do-not-contact"]


async def test_of_one_that_was_lost_before_it_is_told_all_the_same(place: RoutingPlace) -> None:
    assert await told_of(place, LOST) == [SET_ASIDE]
    assert len(await place.said(LeadLost)) == 1
