"""Clocks run while anybody of a team is at work: what they count while the rep is off shift is the team's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.contracts.clocks import DeadlineBreached
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_working_clocks import counting, utc

HOUR = timedelta(hours=1)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=counting("any_open")) as place:
        yield place


async def held_by(place: RoutingPlace, wanted: str) -> str:
    """Bob is in Berlin, Cy in New York. Returns a lead that `wanted` has."""
    await place.team("inside", "bob", calendar="berlin")
    await place.team("inside", "cy", calendar="new-york")
    await place.offered("a", "b")
    return "a" if await place.holder("a") == wanted else "b"


async def breach_of(place: RoutingPlace, who: str) -> DeadlineBreached:
    [late] = [late for late in await place.said(DeadlineBreached) if late.owner == at_acme(who)]
    return late


async def test_what_runs_out_while_only_colleagues_are_at_work_is_the_teams(place: RoutingPlace) -> None:
    place.clock.at = utc("2026-11-02T18:00")  # Bob has left; New York is back from lunch
    lead = await held_by(place, "bob")
    await place.pass_time(4 * HOUR)
    late = await breach_of(place, "bob")
    assert (late.off_shift, late.spent, late.what_follows) == (True, {"rep": 0, "team": 4 * 3600}, "reassign")
    assert await place.holder(lead) == "cy"
    assert (await place.state(lead)).declined[at_acme("bob")] == "was off shift while its clock ran"


async def test_what_runs_out_while_they_are_on_shift_is_theirs(place: RoutingPlace) -> None:
    place.clock.at = utc("2026-11-02T18:00")
    lead = await held_by(place, "cy")
    await place.pass_time(4 * HOUR)
    late = await breach_of(place, "cy")
    assert (late.off_shift, late.spent) == (False, {"rep": 4 * 3600})
    assert (await place.state(lead)).declined[at_acme("cy")] == "let its clock run out"


async def test_who_leaves_before_the_time_is_up_had_not_all_of_it(place: RoutingPlace) -> None:
    place.clock.at = utc("2026-11-02T14:00")  # New York begins, Berlin leaves in two hours
    await held_by(place, "bob")
    await place.pass_time(6 * HOUR)
    late = await breach_of(place, "bob")  # at 19:00: while New York had lunch nobody was there
    assert (late.off_shift, late.spent) == (True, {"rep": 3 * 3600, "team": 2 * 3600})
