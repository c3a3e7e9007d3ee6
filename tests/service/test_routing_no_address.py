"""Who has no address in the roster can not be told, and is not said to have been."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.contracts.ingest import ActivityRecorded
from shared.contracts.routing import DeadlineBreached, DeadlineReminded, LeadReEngaged
from shared.contracts.values import Activity
from shared.testing.leads import NOON
from tests.service.routing_place import RoutingPlace, at_acme, routing_at

pytestmark = pytest.mark.slow


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def acts_again(place: RoutingPlace) -> LeadReEngaged:
    await place.say(ActivityRecorded(activity=Activity(seq=2, type="page_viewed", at=NOON, source="website")))
    await place.turn()
    [again] = await place.said(LeadReEngaged)
    return again


async def test_who_has_no_address_was_not_told(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    again = await acts_again(place)
    assert (again.told, again.no_address) == ("", at_acme("bob"))
    await place.pass_time(timedelta(hours=4))
    reminded, breached = [*await place.said(DeadlineReminded), *await place.said(DeadlineBreached)]
    assert (reminded.told, reminded.no_address) == (None, at_acme("bob"))
    assert (breached.told, breached.no_address) == (None, at_acme("bob"))


async def test_while_it_waits_in_a_queue_nobody_is_told_that_it_acts_again(place: RoutingPlace) -> None:
    await place.offered("ana")
    again = await acts_again(place)
    assert (again.told, again.no_address) == ("", None)
