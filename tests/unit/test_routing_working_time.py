"""Working time is counted minute by minute by whoever does not trust it, and it comes to the same."""

from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.routing.domain.time.calendar import Calendar, Interval, united
from services.routing.domain.time.working_time import (
    NoWorkingTime,
    add_working_time,
    is_working,
    next_opening,
    working_time_between,
)

pytestmark = pytest.mark.slow

MINUTE: Final = timedelta(minutes=1)
DAY_MINUTES: Final = 24 * 60
OFFICE: Final = tuple([((9 * 60, 12 * 60), (13 * 60, 18 * 60))] * 5 + [(), ()])
NIGHT: Final = tuple([((22 * 60, 6 * 60),)] * 5 + [(), ()])
ALWAYS: Final = (((0, 0),),) * 7
NEVER: Final = ((),) * 7
NEW_YORK: Final = Calendar("America/New_York", OFFICE, "US")
CHANGES: Final = {
    "America/New_York": [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)],
    "America/Sao_Paulo": [datetime(2018, 11, 3, 12, tzinfo=UTC), datetime(2019, 2, 16, 12, tzinfo=UTC)],
    "Pacific/Apia": [datetime(2011, 12, 29, tzinfo=UTC)],
    "Asia/Kathmandu": [datetime(2026, 6, 1, tzinfo=UTC)],
    "Africa/Casablanca": [datetime(2026, 2, 14, tzinfo=UTC)],
    "UTC": [datetime(2026, 12, 31, tzinfo=UTC)],
}
"""Zones, and days around which something happens to their clocks, or does not."""


def at(text: str, zone: str = "America/New_York", *, fold: int = 0) -> datetime:
    """An instant, as a clock on the wall of a zone shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# ---- the definition, minute by minute


def counts(instant: datetime, calendar: Calendar) -> bool:
    """The definition, word by word."""
    wall = instant.astimezone(ZoneInfo(calendar.zone))
    second = int(instant.timestamp())
    if any(begin <= second < end for begin, end in calendar.absences):
        return False
    minute, weekday = wall.hour * 60 + wall.minute, wall.weekday()
    today = any(
        begin <= minute < (end if begin < end else DAY_MINUTES) for begin, end in calendar.hours[weekday]
    )
    return today or any(begin >= end > minute for begin, end in calendar.hours[weekday - 1])


def added(start: datetime, minutes: int, calendar: Calendar) -> datetime:
    """The earliest instant at which so many minutes are over, by counting them."""
    used = 0
    for passed in count():
        if used == minutes:
            return start + passed * MINUTE
        used += counts(start + passed * MINUTE, calendar)
    raise AssertionError


intervals = st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(0, DAY_MINUTES))
weeks = st.tuples(*[st.lists(intervals, max_size=3).map(tuple)] * 7).filter(any)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and an instant near a day on which its clocks change."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = draw(st.sampled_from(CHANGES[zone]))
    start = near + draw(st.integers(-2 * DAY_MINUTES, 2 * DAY_MINUTES)) * MINUTE
    begin = int(start.timestamp()) + 60 * draw(st.integers(-DAY_MINUTES, DAY_MINUTES))
    away: list[Interval] = [(begin, begin + 60 * draw(st.integers(1, DAY_MINUTES)))]
    calendar = Calendar(zone, draw(weeks))
    return calendar.without(draw(st.sampled_from([away, []]))), start


@given(cases(), st.integers(0, 600))
def test_a_deadline_is_where_counting_minute_by_minute_ends(
    case: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, start = case
    deadline = add_working_time(start, minutes * MINUTE, calendar)
    assert deadline == added(start, minutes, calendar)
    assert working_time_between(start, deadline, calendar) == minutes * MINUTE


@given(cases())
def test_every_minute_of_two_days_is_working_time_or_not_by_the_definition(
    case: tuple[Calendar, datetime],
) -> None:
    calendar, start = case
    for minute in range(0, 2 * DAY_MINUTES, 7):
        instant = start + minute * MINUTE
        assert is_working(instant, calendar) == counts(instant, calendar)


@given(cases(), st.integers(0, 10**10), st.integers(0, 10**10))
def test_parts_add_up_to_the_microsecond(case: tuple[Calendar, datetime], one: int, other: int) -> None:
    calendar, start = case
    first, second = timedelta(microseconds=one), timedelta(microseconds=other)
    middle = add_working_time(start, first, calendar)
    end = add_working_time(middle, second, calendar)
    assert end == add_working_time(start, first + second, calendar)
    assert working_time_between(start, end, calendar) == first + second
    assert working_time_between(end, start, calendar) == -(first + second)


@given(cases(), st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**10))
def test_a_later_start_or_a_longer_time_never_ends_earlier(
    case: tuple[Calendar, datetime], later: int, duration: int, longer: int
) -> None:
    calendar, start = case
    time, more = timedelta(microseconds=duration), timedelta(microseconds=longer)
    deadline = add_working_time(start, time, calendar)
    assert add_working_time(start, time + more, calendar) >= deadline
    assert add_working_time(start + timedelta(microseconds=later), time, calendar) >= deadline


@given(cases())
def test_the_next_opening_is_the_first_instant_that_is_working_time(case: tuple[Calendar, datetime]) -> None:
    calendar, start = case
    opening = next_opening(start, calendar)
    assert is_working(opening, calendar)
    assert working_time_between(start, opening, calendar) == timedelta()
    assert start <= opening == next_opening(opening, calendar)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8))
@example([(0, 5), (5, 9), (20, 10)])
def test_united_intervals_hold_the_same_moments_apart_and_in_order(given_: list[Interval]) -> None:
    whole = united(given_)
    assert {moment for begin, end in whole for moment in range(begin, end)} == {
        moment for begin, end in given_ for moment in range(begin, end)
    }
    assert all(begin < end for begin, end in whole)
    assert all(one[1] < other[0] for one, other in pairwise(whole))


# ---- what libraries and products disagree on


def test_eight_hours_of_a_day_from_nine_to_five_are_over_when_it_closes() -> None:
    nine_to_five = Calendar("America/New_York", (((9 * 60, 17 * 60),),) * 7)
    assert add_working_time(at("2026-11-27 09:00"), hours(8), nine_to_five) == at("2026-11-27 17:00")


def test_nothing_is_over_at_once_even_while_closed() -> None:
    start = at("2026-11-28 12:00")
    assert add_working_time(start, hours(0), NEW_YORK) == start


def test_it_is_open_at_the_instant_of_opening_and_closed_at_that_of_closing() -> None:
    assert is_working(at("2026-11-27 09:00"), NEW_YORK)
    assert not is_working(at("2026-11-27 18:00"), NEW_YORK)


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="is negative"):
        add_working_time(at("2026-11-27 09:00"), -MINUTE, NEW_YORK)


def test_a_day_on_which_clocks_go_back_has_25_hours_and_one_on_which_they_go_forward_23() -> None:
    always = Calendar("America/New_York", ALWAYS)
    autumn = working_time_between(at("2026-11-01 00:00"), at("2026-11-02 00:00"), always)
    spring = working_time_between(at("2026-03-08 00:00"), at("2026-03-09 00:00"), always)
    assert (autumn, spring) == (hours(25), hours(23))


def test_an_opening_that_does_not_exist_is_not_moved() -> None:
    calendar = Calendar("America/New_York", (((2 * 60 + 30, 4 * 60),),) * 7)
    opening = next_opening(at("2026-03-08 00:00"), calendar)
    assert opening == at("2026-03-08 03:00")
    assert add_working_time(opening, hours(1), calendar) == at("2026-03-08 04:00")


def test_hours_that_exist_twice_count_twice() -> None:
    calendar = Calendar("America/New_York", (((60, 120),),) * 7)
    assert working_time_between(at("2026-11-01 00:00"), at("2026-11-01 12:00"), calendar) == hours(2)
    again = add_working_time(at("2026-11-01 01:30"), hours(1), calendar)
    assert again == at("2026-11-01 01:30", fold=1)


def test_a_night_shift_into_a_holiday_ends_at_midnight_and_goes_on_by_the_next_days_date() -> None:
    calendar = Calendar("America/New_York", NIGHT, "US")
    wednesday = at("2026-11-25 22:00")  # Thursday is Thanksgiving.
    assert working_time_between(wednesday, at("2026-11-26 12:00"), calendar) == hours(2)
    assert next_opening(at("2026-11-26 00:00"), calendar) == at("2026-11-27 00:00")


def test_a_holiday_is_a_local_date_also_around_new_year() -> None:
    calendar = Calendar("Pacific/Auckland", ALWAYS, "NZ")
    assert next_opening(at("2026-12-31 23:59", "Pacific/Auckland"), calendar) == at(
        "2026-12-31 23:59", "Pacific/Auckland"
    )
    assert next_opening(at("2027-01-01 00:00", "Pacific/Auckland"), calendar) == at(
        "2027-01-03 00:00", "Pacific/Auckland"
    )


def test_a_regions_holiday_is_free_there_only() -> None:
    epiphany = at("2026-01-06 12:00", "Europe/Berlin")
    assert date(2026, 1, 6).weekday() == 1
    assert not is_working(epiphany, Calendar("Europe/Berlin", OFFICE, "DE-BY"))
    assert is_working(epiphany + hours(2), Calendar("Europe/Berlin", OFFICE, "DE"))


def test_a_date_that_never_was_has_no_working_time() -> None:
    always = Calendar("Pacific/Apia", ALWAYS)
    before, after = at("2011-12-29 12:00", "Pacific/Apia"), at("2011-12-31 12:00", "Pacific/Apia")
    assert working_time_between(before, after, always) == hours(24)


def test_intervals_may_touch_overlap_and_come_in_any_order() -> None:
    odd = Calendar("UTC", (((13 * 60, 24 * 60), (9 * 60, 12 * 60), (10 * 60, 13 * 60)),) * 7)
    day = at("2026-11-27 00:00", "UTC")
    assert working_time_between(day, day + hours(24), odd) == hours(15)


def test_an_absence_in_the_middle_is_left_out() -> None:
    away = (int(at("2026-11-27 10:00").timestamp()), int(at("2026-11-27 11:30").timestamp()))
    calendar = NEW_YORK.without([away])
    assert add_working_time(at("2026-11-27 09:30"), hours(1), calendar) == at("2026-11-27 12:00")


def test_an_instants_offset_does_not_matter() -> None:
    start = at("2026-11-27 09:30")
    elsewhere = start.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert add_working_time(elsewhere, hours(9), NEW_YORK) == add_working_time(start, hours(9), NEW_YORK)


@pytest.mark.parametrize("start", ["2026-11-27 09:00", "9990-01-01 00:00"])
def test_a_calendar_that_never_opens_says_so_at_once(start: str) -> None:
    never = Calendar("UTC", NEVER)
    with pytest.raises(NoWorkingTime, match="no working time before"):
        add_working_time(at(start), MINUTE, never)
    with pytest.raises(NoWorkingTime, match="no working time before"):
        next_opening(at(start), never)


def test_a_calendar_that_stops_opening_says_so() -> None:
    away = (int(at("2026-12-01 00:00").timestamp()), int(at("2031-01-01 00:00").timestamp()))
    with pytest.raises(NoWorkingTime, match="no working time before 2028-11-2"):
        add_working_time(at("2026-11-27 09:00"), hours(40), NEW_YORK.without([away]))


def test_what_opens_again_after_more_than_two_years_does_not_open() -> None:
    away = (int(at("2026-12-01 00:00").timestamp()), int(at("2028-12-20 00:00").timestamp()))
    with pytest.raises(NoWorkingTime):
        next_opening(at("2026-12-01 09:00"), NEW_YORK.without([away]))
