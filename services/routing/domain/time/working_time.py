"""Counting in working time: a deadline is neither early nor late.

Durations are elapsed time. Instants may be written with any offset from UTC; answers are in UTC.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from services.routing.domain.time.calendar import MICRO, Year

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TWO_YEARS: Final = 2 * 365 * 86_400 * MICRO
_LAST_YEAR: Final = 9998


class Hours(Protocol):
    """What is open at some instants and closed at others, such as a Calendar."""

    def year(self, number: int) -> Year:
        """When it is open in one year of UTC."""


class NoWorkingTime(ValueError):
    """The calendar does not open any more, for two years at least."""


def add_working_time(start: datetime, duration: timedelta, calendar: Hours) -> datetime:
    """The earliest instant at which `duration` of working time is over; nothing is over at `start` itself.

    Raises ValueError if it is negative, NoWorkingTime if the calendar stops opening before it is over.
    """
    left, since = duration // _MICROSECOND, _micros(start)
    if left < 0:
        raise ValueError(f"a deadline lies ahead: {duration} is negative")
    if not left:
        return start.astimezone(UTC)
    for year in _years(since, calendar):
        left += year.used_at(since)
        if left <= year.total:
            return _instant(year.when_used(left))
        left -= year.total
    raise AssertionError("years do not end")


def working_time_between(begin: datetime, end: datetime, calendar: Hours) -> timedelta:
    """How much working time lies between two instants; negative if `end` comes first."""
    if end < begin:
        return -working_time_between(end, begin, calendar)
    years = range(begin.astimezone(UTC).year, end.astimezone(UTC).year + 1)
    since, until = _micros(begin), _micros(end)
    used = (year.used_at(until) - year.used_at(since) for year in map(calendar.year, years))
    return sum(used) * _MICROSECOND


def is_working(instant: datetime, calendar: Hours) -> bool:
    """Whether an instant is working time. That of opening is, that of closing is not."""
    at = _micros(instant)
    return calendar.year(instant.astimezone(UTC).year).next_opening(at) == at


def next_opening(instant: datetime, calendar: Hours) -> datetime:
    """The first instant from this one on that is working time. Raises NoWorkingTime."""
    at = _micros(instant)
    openings = (year.next_opening(at) for year in _years(at, calendar))
    return _instant(next(opens for opens in openings if opens is not None))


def _years(since: int, calendar: Hours) -> Iterator[Year]:
    """Year after year, from that of an instant on. Raises NoWorkingTime once nothing opens for two years."""
    ends = since + _TWO_YEARS
    for number in range(_instant(since).year, _LAST_YEAR):
        year = calendar.year(number)
        opens = year.next_opening(ends - _TWO_YEARS)
        begins = _micros(datetime(number, 1, 1, tzinfo=UTC)) if opens is None else opens
        if begins >= ends:
            break
        if opens is not None:
            ends = year.closes[-1] + _TWO_YEARS
        yield year
    raise NoWorkingTime(f"no working time before {_instant(ends):%Y-%m-%d}")


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
