"""Clocks in working time: nobody's deadline runs while they sleep, eat, are away, or wait for the lead."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.routing.domain.steps.reporting import Contact
from shared.contracts.clocks import DeadlineBreached, DeadlineMoved, DeadlineReminded
from shared.contracts.routing import LeadAssigned
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
CALENDARS = """
  calendars:
    new-york: {zone: America/New_York, hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, holidays: US}
    berlin: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
    night: {zone: Europe/Berlin, hours: {sat: ["22:00-06:00"]}}
  policies:
"""


def counting(clock: str, **more: str) -> str:
    """The usual agreement, with calendars, whose clocks count this time."""
    text = AGREEMENT.replace("\n  policies:\n", CALENDARS, 1)
    extra = "".join(f"\n      {name}: {value}" for name, value in more.items())
    return text.replace("attempts: {at_least: 2, within: 10d}", f"clock: {clock}{extra}")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def working(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=counting("working")) as place:
        yield place


async def due(place: RoutingPlace, lead: str = "ana") -> dict[str, datetime]:
    return {deadline.name: deadline.due_at for deadline in (await place.state(lead)).deadlines}


async def absent(place: RoutingPlace, person: str, begin: str, end: str, **more: Any) -> None:
    """The roster says from now on that somebody of `inside` is away."""
    await place.team("inside", person, absences=[{"begin": begin, "end": end}], **more)


# ---- field: the SLA clock outside working time


async def test_a_lead_that_comes_at_night_is_due_four_hours_after_the_reps_morning(
    working: RoutingPlace,
) -> None:
    await working.team("inside", "bob", calendar="new-york")
    working.clock.at = utc("2026-11-03T02:00")  # 21:00 on Monday in New York
    await working.offered("ana")
    assert await due(working) == {"accept": utc("2026-11-03T19:00")}  # 14:00: lunch does not count


async def test_a_lunch_break_stops_the_clock(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="new-york")
    working.clock.at = utc("2026-11-02T16:30")  # half an hour before lunch
    await working.offered("ana")
    assert await due(working) == {"accept": utc("2026-11-02T21:30")}


async def test_hours_past_midnight_count_as_the_night_they_belong_to(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="night")
    await working.offered("ana")
    assert await due(working) == {"accept": utc("2026-11-08T01:00")}  # 02:00 on Sunday in Berlin


async def test_a_public_holiday_is_nobodys_working_time(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="new-york")
    working.clock.at = utc("2026-11-25T22:00")  # an hour before the evening, and Thanksgiving comes
    await working.offered("ana")
    assert await due(working) == {"accept": utc("2026-11-27T17:00")}


async def test_the_night_in_which_clocks_change_moves_no_deadline(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="new-york")
    working.clock.at = utc("2026-10-30T21:00")  # 17:00 on Friday; on Sunday it is winter
    await working.offered("ana")
    assert await due(working) == {
        "accept": utc("2026-11-02T17:00")
    }  # three hours later, by their winter clock


async def test_nothing_fires_and_nobody_is_reminded_while_the_rep_sleeps(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="berlin")
    working.clock.at = utc("2026-11-02T15:30")  # half an hour before the evening
    await working.offered("ana")
    await working.pass_time(16 * HOUR)
    assert await working.said(DeadlineReminded) == []
    await working.pass_time(3 * HOUR)
    [reminded] = await working.said(DeadlineReminded)
    assert reminded.deadline.due_at == utc("2026-11-03T11:30")


async def test_the_machines_zone_and_the_reps_are_two_things(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="berlin", zone="Asia/Tokyo")
    working.clock.at = utc("2026-11-02T23:00")  # 08:00 on Tuesday in Tokyo
    await working.offered("ana")
    assert await due(working) == {"accept": utc("2026-11-03T04:00")}


# ---- whose time it is


async def test_any_open_runs_while_anybody_of_the_team_is_at_work(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("any_open")) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.team("inside", "cy", calendar="new-york")
        place.clock.at = utc("2026-11-02T15:00")
        await place.offered("ana")
        assert await due(place) == {"accept": utc("2026-11-02T20:00")}  # lunch is when bob has left


async def test_a_clock_that_is_to_run_always_runs_at_night(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("ana")
        assert await due(place) == {"accept": utc("2026-11-03T00:00")}


async def test_a_queue_has_time_while_its_team_is_open(working: RoutingPlace) -> None:
    await working.team(
        "inside", "bob", calendar="berlin", absences=[{"begin": "2026-11-02", "end": "2026-11-02"}]
    )
    await working.offered("ana")
    assert await working.holder() == "queue of inside"
    assert await due(working) == {"queue": utc("2026-11-03T08:30")}


async def test_a_rep_without_any_working_time_has_the_wall_clock_and_a_warning(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="berlin")
    await working.offered("ana")
    await absent(working, "bob", "2026-11-02T13:30", "2035-01-01", calendar="berlin")
    assert await due(working) == {"accept": utc("2026-11-02T16:00")}
    [clock] = (await working.state()).clocks
    assert clock.warning.startswith("no working time before")


@pytest.mark.parametrize(
    ("clock", "within", "due_at"),
    [
        ("working", "10d", "2026-11-16T11:00"),
        ("any_open", "10d", "2026-11-16T11:00"),
        ("always", "10d", "2026-11-12T11:00"),
        ("working", "12h", "2026-11-03T15:00"),
    ],
)
async def test_a_day_of_attempts_is_a_day_of_work_and_by_the_wall_clock_one_on_the_calendar(
    database_url: str, clock: str, within: str, due_at: str
) -> None:
    agreed = counting(clock, attempts=f"{{at_least: 2, within: {within}}}")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-02T11:00")  # Monday noon in Berlin, of eight hours a day
        await place.offered("ana")
        await place.do("accept", "bob")
        assert (await due(place))["attempts"] == utc(due_at)


# ---- computed anew


async def test_an_absence_in_the_middle_moves_the_deadline_and_what_was_used_counts(
    working: RoutingPlace,
) -> None:
    await working.team("inside", "bob", calendar="berlin")
    await working.offered("ana")
    await working.pass_time(HOUR)
    await absent(working, "bob", "2026-11-02T14:30", "2026-11-03", calendar="berlin")
    assert await due(working) == {"accept": utc("2026-11-04T10:30")}  # 1.5 h on Monday, 2.5 on Wednesday
    await working.turn()
    [moved] = await working.said(DeadlineMoved)
    assert (moved.was_due_at, moved.because) == (utc("2026-11-02T16:00"), "the roster has changed")
    await working.pass_time(timedelta(days=1, hours=21))
    assert await working.said(DeadlineBreached) == []
    await working.pass_time(HOUR / 2)
    [breached] = await working.said(DeadlineBreached)
    assert breached.deadline.due_at == utc("2026-11-04T10:30")


async def test_another_calendar_counts_from_now_on_the_one_before_until_now(
    working: RoutingPlace,
) -> None:
    await working.team("inside", "bob", calendar="berlin")
    await working.offered("ana")
    await working.pass_time(HOUR)
    await working.team("inside", "bob", calendar="new-york")
    assert await due(working) == {"accept": utc("2026-11-02T17:00")}  # three hours from nine


async def test_who_joins_a_team_opens_it_for_clocks_that_run_while_anybody_is_open(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("any_open")) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-02T15:00")
        await place.offered("ana")
        assert await due(place) == {"accept": utc("2026-11-03T11:00")}
        await place.team("inside", "cy", calendar="new-york")
        assert await due(place) == {"accept": utc("2026-11-02T20:00")}


async def test_a_roster_that_changes_nothing_of_the_hours_moves_nothing(working: RoutingPlace) -> None:
    await working.team("inside", "bob", calendar="berlin")
    await working.offered("ana")
    before = await working.state()
    await working.team("inside", "bob=3", calendar="berlin")
    assert await working.state() == before
    assert await working.said(DeadlineMoved) == []


# ---- what is left


async def test_the_next_rep_gets_what_is_left_if_so_agreed(database_url: str) -> None:
    left = counting("working", on_reassign="what_is_left")
    with routing_at(database_url, agreement=left) as place:
        await place.team("inside", "bob", "cy", calendar="berlin")
        await place.offered("ana")
        await place.pass_time(HOUR)
        first = await place.holder()
        await place.do("reject", first, reason="wrong-team", note="", duplicate_of=None)
        assert await place.holder() != first
        assert await due(place) == {"accept": utc("2026-11-02T16:00")}


async def test_else_the_next_rep_has_the_whole_time(working: RoutingPlace) -> None:
    await working.team("inside", "bob", "cy", calendar="berlin")
    await working.offered("ana")
    await working.pass_time(HOUR)
    await working.do("reject", await working.holder(), reason="wrong-team", note="", duplicate_of=None)
    assert await due(working) == {"accept": utc("2026-11-03T08:00") + HOUR}


async def test_where_nothing_is_left_the_time_starts_anew(database_url: str) -> None:
    left = counting("always", on_reassign="what_is_left")
    with routing_at(database_url, agreement=left) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana")
        await place.pass_time(4 * HOUR)
        last = (await place.said(LeadAssigned))[-1]
        assert (last.why, last.deadlines[0].due_at) == ("reassigned", place.clock.now() + 4 * HOUR)


# ---- several at once


async def test_attempts_run_beside_the_touch_and_each_ends_by_what_it_wants(database_url: str) -> None:
    agreement = counting("working", attempts="{at_least: 3, within: 30h}", next_step_within="8h")
    with routing_at(database_url, agreement=agreement) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.offered("ana")
        await place.do("accept", "bob")
        assert list(await due(place)) == ["touch", "attempts"]
        await place.do("contact", "bob", said=Contact("phone"))
        assert await due(place) == {"next_step": utc("2026-11-03T12:00"), "attempts": utc("2026-11-06T10:00")}
        await place.pass_time(24 * HOUR)
        await place.do("contact", "bob", said=Contact("phone"))
        assert (await due(place))["next_step"] == utc("2026-11-04T12:00")
        await place.do("contact", "bob", said=Contact("e-mail", direction="in"))
        assert list(await due(place)) == ["next_step"]


async def test_who_tries_too_rarely_is_told_and_keeps_the_lead(database_url: str) -> None:
    agreement = counting("working", attempts="{at_least: 3, within: 16h}")
    with routing_at(database_url, agreement=agreement) as place:
        await place.team("inside", "bob", "cy", calendar="berlin")
        await place.offered("ana")
        rep = await place.holder()
        await place.do("accept", rep)
        await place.do("contact", rep, said=Contact("phone"))
        await place.pass_time(timedelta(days=2))
        [breached] = await place.said(DeadlineBreached)
        assert (breached.deadline.name, breached.owner, breached.what_follows) == (
            "attempts",
            at_acme(rep),
            "",
        )
        assert await place.holder() == rep
