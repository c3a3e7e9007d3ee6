"""Working hours as they are written: days such as mon-fri, times such as 09:00-12:00, zones, holidays."""

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from shared.unknown import expected_one_of

Minutes: TypeAlias = tuple[int, int]
"""From when to when, in minutes since midnight. One that ends no later than it begins ends the next day."""
Week: TypeAlias = tuple[tuple[Minutes, ...], ...]
"""The hours of Monday to Sunday."""

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
_DAYS: Final = re.compile(rf"({_DAY})(-({_DAY}))?(, ?({_DAY})(-({_DAY}))?)*")
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")


def mistake_in(hours: Mapping[str, Iterable[str]]) -> str | None:
    """What is wrong with hours as they are written, if anything is."""
    for days, intervals in hours.items():
        if not _DAYS.fullmatch(days):
            return f"expected days such as mon-fri or sat, found '{days}'"
        for interval in tuple(intervals) or ("nothing",):
            if not _HOURS.fullmatch(interval):
                return f"expected hours such as \"09:00-17:30\" on {days}, found '{interval}'"
    return None


def read_week(hours: Mapping[str, Iterable[str]]) -> Week:
    """The hours of each weekday; `mistake_in` has found nothing wrong with them."""
    week: list[list[Minutes]] = [[] for _ in DAYS]
    for days, intervals in hours.items():
        spans = [_minutes(interval) for interval in intervals]
        for day in _days(days):
            week[day] += [span for span in spans if span not in week[day]]
    return tuple(tuple(day) for day in week)


def _days(written: str) -> Iterator[int]:
    for part in written.split(","):
        first, _, last = part.strip().partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        yield from ((begin + n) % len(DAYS) for n in range((end - begin) % len(DAYS) + 1))


def _minutes(interval: str) -> Minutes:
    begin, _, end = interval.partition("-")
    return _minute(begin), _minute(end)


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def written_week(week: Week) -> dict[str, list[str]]:
    """Hours as people write them: days in a row with the same hours together."""
    written: dict[str, list[str]] = {}
    day = 0
    while day < len(week):
        last = day
        while last + 1 < len(week) and week[last + 1] == week[day]:
            last += 1
        if week[day]:
            days = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
            written[days] = [f"{_time(begin)}-{_time(end)}" for begin, end in week[day]]
        day = last + 1
    return written


def zone_mistake(zone: str) -> str | None:
    """What is wrong with a zone, if anything is: it must be one of IANA's."""
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = expected_one_of(zoneinfo.available_timezones(), zone)
        return f"expected an IANA zone such as America/New_York, {known}"
    return None


def holidays_mistake(code: str) -> str | None:
    """What is wrong with a country, or a country and a region, whose holidays are meant; if anything is."""
    from holidays import list_supported_countries  # a quarter of a second, which most agreements need not pay

    country, _, region = code.partition("-")
    known = list_supported_countries()
    if country not in known:
        found = expected_one_of(known, country)
        return f"expected a country whose holidays are known, such as US or US-CA, {found}"
    if region and region not in known[country]:
        found = expected_one_of(known[country], region)
        return f"expected a region of {country} whose holidays are known, {found}"
    return None
