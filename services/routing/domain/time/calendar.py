"""Calendars: which instants are working time. Exact, whatever clocks do, because real time is never moved.

An instant is working time if its local wall time lies in the calendar's hours, its local date is no holiday,
and no absence covers it. Each moment counts by its own local date, those of a night shift too.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

Interval: TypeAlias = tuple[int, int]
"""Half-open: the first moment is in it, the last is not."""

MICRO: Final = 1_000_000
"""Microseconds in a second."""
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1)
_SECOND: Final = timedelta(seconds=1)
_WEEK: Final = 7


class _Stretch(NamedTuple):
    """Seconds since the epoch during which a zone's clocks are `offset` seconds ahead of UTC."""

    begin: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class Year:
    """The working time of one year of UTC as intervals, in order, in microseconds since the epoch.

    `used[i]` is how much of the year's working time is over when interval `i` closes.
    """

    opens: Sequence[int]
    closes: Sequence[int]
    used: Sequence[int]

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "Year":
        """From intervals of seconds, in order, that neither overlap nor touch."""
        exact = [(opens * MICRO, closes * MICRO) for opens, closes in intervals]
        used = accumulate(closes - opens for opens, closes in exact)
        return cls([one[0] for one in exact], [one[1] for one in exact], list(used))

    @property
    def total(self) -> int:
        """All of the year's working time."""
        return self.used[-1] if self.used else 0

    def used_at(self, instant: int) -> int:
        """How much of the year's working time is over at an instant."""
        at = bisect_right(self.opens, instant) - 1
        return self.used[at] - max(0, self.closes[at] - instant) if at >= 0 else 0

    def when_used(self, time: int) -> int:
        """The earliest instant at which so much of it is over: more than nothing, at most all."""
        at = bisect_left(self.used, time)
        return self.closes[at] - (self.used[at] - time)

    def next_opening(self, instant: int) -> int | None:
        """The first instant from this one on that is working time, if there is one in this year."""
        at = bisect_right(self.closes, instant)
        return max(instant, self.opens[at]) if at < len(self.opens) else None


@dataclass(frozen=True)
class Calendar:
    """Hours in a zone, and when they do not count.

    `hours`: for Monday to Sunday, intervals in minutes since midnight. One that ends no later than it begins
    runs into the next day; so 00:00-00:00 is the whole day. They may touch, overlap and come in any order.
    `holidays`: a country, or a country and a region, such as `US` or `DE-BY`. `absences`: in order, in
    seconds since the epoch.
    """

    zone: str
    hours: tuple[tuple[Interval, ...], ...]
    holidays: str | None = None
    absences: tuple[Interval, ...] = ()
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def without(self, absences: Iterable[Interval]) -> "Calendar":
        """The same hours, for somebody who is away meanwhile."""
        return replace(self, absences=tuple(united([*self.absences, *absences])))

    def year(self, number: int) -> Year:
        """Its working time in one year of UTC. Computed once."""
        if number not in self._years:
            self._years[number] = Year.of(self._intervals(number))
        return self._years[number]

    def _intervals(self, year: int) -> Iterator[Interval]:
        days_off = _holidays(self.holidays, year) if self.holidays else frozenset()
        spans = _by_weekday(self.hours)
        open_ = united(
            part for stretch in _stretches(self.zone, year) for part in _within(stretch, spans, days_off)
        )
        return _minus(open_, self.absences)


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The same moments as intervals in order that neither overlap nor touch."""
    whole: list[Interval] = []
    for begin, end in sorted(intervals):
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        elif begin < end:
            whole.append((begin, end))
    return whole


def _minus(intervals: Iterable[Interval], taken: Sequence[Interval]) -> Iterator[Interval]:
    """What is left of them; `taken` is in order."""
    ends = [end for _, end in taken]
    for opening, close in intervals:
        left = opening
        for begin, end in taken[bisect_right(ends, opening) :]:
            if begin >= close:
                break
            if left < begin:
                yield left, begin
            left = end
        if left < close:
            yield left, close


def _by_weekday(hours: Sequence[Sequence[Interval]]) -> list[list[Interval]]:
    """The hours of each weekday as seconds of that day; what runs past midnight is the next day's."""
    spans: list[list[Interval]] = [[] for _ in range(_WEEK)]
    for weekday, intervals in enumerate(hours):
        for begin, end in intervals:
            if begin < end:
                spans[weekday].append((begin * 60, end * 60))
            else:
                spans[weekday].append((begin * 60, _DAY))
                spans[(weekday + 1) % _WEEK].append((0, end * 60))
    return [united(one) for one in spans]


def _within(
    stretch: _Stretch, spans: Sequence[Sequence[Interval]], days_off: Collection[int]
) -> Iterator[Interval]:
    """The hours that lie in a stretch, day by day of its local dates."""
    first, last = (stretch.begin + stretch.offset) // _DAY, (stretch.end + stretch.offset - 1) // _DAY
    for day in range(first, last + 1):
        if day in days_off:
            continue
        midnight = day * _DAY - stretch.offset
        for begin, end in spans[_weekday(day)]:
            yield max(stretch.begin, midnight + begin), min(stretch.end, midnight + end)


def _weekday(day: int) -> int:
    return (day + _EPOCH_DAY.weekday()) % _WEEK


@cache
def _stretches(zone: str, year: int) -> tuple[_Stretch, ...]:
    """A year of UTC, cut where the zone's clocks change."""
    clock = ZoneInfo(zone)
    begin, end = (_second_of(datetime(number, 1, 1, tzinfo=UTC)) for number in (year, year + 1))
    cuts = [begin]
    for hour in range(begin, end, _HOUR):
        if _offset(clock, hour) != _offset(clock, hour + _HOUR):
            cuts.append(_change(clock, hour, hour + _HOUR))
    return tuple(_Stretch(one, other, _offset(clock, one)) for one, other in pairwise([*cuts, end]))


def _change(clock: ZoneInfo, before: int, after: int) -> int:
    """The first second with the offset of `after`."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(clock, middle) == _offset(clock, before):
            before = middle
        else:
            after = middle
    return after


def _offset(clock: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + second * _SECOND).astimezone(clock).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


@cache
def _holidays(code: str, year: int) -> frozenset[int]:
    """The days off of a year and its neighbours, whose local dates may lie in it, in days since the epoch."""
    from holidays import country_holidays  # a quarter of a second, which most agreements need not pay

    country, _, region = code.partition("-")
    days = country_holidays(country, subdiv=region or None, years=range(year - 1, year + 2))
    return frozenset((day - _EPOCH_DAY).days for day in days)


def _second_of(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND
