"""Whose time a clock counts: the working time of one person, that of anybody in a team, or all time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from services.routing.domain.model import Clock, Counts
from services.routing.domain.people.availability import calendar_of
from services.routing.domain.people.bench import Bench
from services.routing.domain.time.calendar import MICRO, Calendar, Year, united
from services.routing.domain.time.working_time import (
    Hours,
    NoWorkingTime,
    add_working_time,
    working_time_between,
)
from shared.agreement import Agreement

Time: TypeAlias = Hours | None
"""What counts as time; None: all of it does, day and night."""
_DAY: Final = timedelta(days=1)
_MINUTES_OF_A_DAY: Final = 24 * 60


@dataclass(frozen=True)
class AnyOf:
    """Open while any of these calendars is."""

    calendars: frozenset[Calendar]
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def year(self, number: int) -> Year:
        """When any of them is open in one year of UTC. Computed once."""
        if number not in self._years:
            years = [calendar.year(number) for calendar in self.calendars]
            whole = united(
                interval for year in years for interval in zip(year.opens, year.closes, strict=True)
            )
            self._years[number] = Year.of((opens // MICRO, closes // MICRO) for opens, closes in whole)
        return self._years[number]


def hours_of(counts: Counts, whose: str, bench: Bench, agreement: Agreement) -> Time:
    """What counts as time for a clock. `whose`: a person for `working`, a team for `any_open`."""
    if counts == "always":
        return None
    if counts == "working":
        return calendar_of(bench.ask(whose), agreement)
    return any_of(calendar_of(bench.ask(person), agreement) for person in bench.ask_team(whose).weights)


def ask_whose(clock: Clock, bench: Bench) -> None:
    """Let the bench know whose time this clock counts; a team stands for its members."""
    if clock.counts == "working":
        bench.ask(clock.whose)
    elif clock.counts == "any_open":
        bench.ask_team(clock.whose)


def of_others(clock: Clock, person: str, until: datetime, bench: Bench, agreement: Agreement) -> timedelta:
    """How much of the time that a clock has counted since it began only colleagues were at work.

    If it stood still in between, since it goes on.
    """
    if clock.counts != "any_open" or clock.warning:
        return timedelta(0)
    of_all = hours_of("any_open", clock.whose, bench, agreement)
    own = hours_of("working", person, bench, agreement)
    begin = clock.since if clock.aside and clock.since is not None else clock.started_at
    counted, theirs = (passed(begin, until, hours) for hours in (of_all, own))
    return max(timedelta(0), counted - theirs)


def any_of(calendars: Iterable[Calendar | None]) -> Time:
    """Open while any of them is. Whoever has no calendar is there day and night."""
    different = frozenset(calendars)
    return None if None in different else _united(different)


@lru_cache(maxsize=256)
def _united(calendars: frozenset[Calendar]) -> AnyOf:
    return AnyOf(calendars)


def due(start: datetime, duration: timedelta, hours: Time) -> tuple[datetime, str]:
    """When `duration` of these hours is over, and a warning, empty if there is none.

    Hours that never open again leave the wall clock, with that warning: a decision needs a deadline.
    """
    if hours is None:
        return start + duration, ""
    try:
        return add_working_time(start, duration, hours), ""
    except NoWorkingTime as never:
        return start + duration, f"{never}: the wall clock counts"


def days_of_work(length: timedelta, hours: Time) -> timedelta:
    """Whole days as that many usual days of these hours; what is not, or by the wall clock, as it is.

    A usual day is as long as the days of the week on which there are hours, on the average; of a team, that
    of the member with the longest.
    """
    if hours is None or length % _DAY:
        return length
    weeks = hours.calendars if isinstance(hours, AnyOf) else {hours}
    days = (_usual_day(week) for week in weeks if isinstance(week, Calendar))
    return length // _DAY * max(days, default=_DAY)


def _usual_day(calendar: Calendar) -> timedelta:
    days = [
        sum(end - begin for begin, end in united((begin, _end(begin, end)) for begin, end in day))
        for day in calendar.hours
        if day
    ]
    return timedelta(minutes=round(sum(days) / len(days))) if days else _DAY


def _end(begin: int, end: int) -> int:
    return end if end > begin else end + _MINUTES_OF_A_DAY


def passed(begin: datetime, end: datetime, hours: Time) -> timedelta:
    """How much of these hours lies between two instants; nothing if `end` comes first."""
    if end <= begin:
        return timedelta(0)
    return end - begin if hours is None else working_time_between(begin, end, hours)
