"""Who is there: absences in the person's own zone, shifts instead of the calendar's hours, words for both."""

from datetime import UTC, datetime, timedelta

import pytest

from services.routing.domain.people.availability import Availability, away_until, calendar_of, next_change
from services.routing.domain.people.bench import Rep
from services.routing.domain.people.person import Absence, Details
from services.routing.domain.time.working_time import working_time_between
from shared.agreement import load_text
from tests.service.routing_place import LISBON, WITH_CALENDAR

ACME = load_text(
    WITH_CALENDAR.replace(
        LISBON, f'{LISBON}    late: {{zone: America/New_York, hours: {{"fri-mon, wed": ["18:00-02:00"]}}}}\n'
    )
)
FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)
PTO = Absence("2026-11-27", "2026-11-29")


def rep(*absences: Absence, calendar: str | None = "lisbon", **details: object) -> Rep:
    return Rep(
        "ana@acme.example", active=True, details=Details(calendar=calendar, absences=absences, **details)
    )


def seen(who: Rep, at: datetime = FRIDAY) -> Availability:
    return Availability(who, at, ACME)


def test_who_is_absent_is_so_until_the_end_of_the_last_day_in_their_own_zone() -> None:
    assert away_until(rep(PTO), FRIDAY, ACME) == datetime(2026, 11, 30, tzinfo=UTC)
    in_new_york = rep(PTO, zone="America/New_York")
    assert away_until(in_new_york, FRIDAY, ACME) == datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert away_until(in_new_york, datetime(2026, 11, 27, 4, 59, tzinfo=UTC), ACME) is None
    assert away_until(rep(PTO, calendar=None), FRIDAY, ACME) == datetime(2026, 11, 30, tzinfo=UTC)


def test_the_words_say_when_they_are_at_work_again() -> None:
    assert seen(rep(PTO)).why_not == "absent until Mon 30 Nov 09:00 Europe/Lisbon"
    half = rep(Absence("2026-11-27T11:00", "2026-11-27T14:30", "sick", "dentist"))
    assert seen(half).why_not == "absent until Fri 27 Nov 14:30 Europe/Lisbon"
    assert seen(rep()).why_not == ""


def test_who_is_off_shift_may_have_a_lead() -> None:
    evening = seen(rep(), FRIDAY + timedelta(hours=8))
    assert evening.off_shift == "off shift until Mon 30 Nov 09:00 Europe/Lisbon"
    assert (evening.why_not, evening.away_until) == ("", None)
    assert seen(rep()).off_shift == ""


def test_without_a_calendar_somebody_works_day_and_night_but_not_while_away() -> None:
    assert calendar_of(rep(calendar=None), ACME) is None
    assert calendar_of(rep(calendar="dropped"), ACME) is None
    away = calendar_of(rep(Absence("2026-11-28", "2026-11-28"), calendar=None, zone="Asia/Kathmandu"), ACME)
    assert away is not None
    assert working_time_between(FRIDAY, FRIDAY + timedelta(days=2), away) == timedelta(days=1)


def test_own_shifts_and_holidays_replace_those_of_the_calendar() -> None:
    saturdays = ((), (), (), (), (), ((600, 720),), ())
    mine = calendar_of(rep(shifts=saturdays, holidays="BR"), ACME)
    assert mine is not None
    assert (mine.zone, mine.hours, mine.holidays) == ("Europe/Lisbon", saturdays, "BR")


def test_days_are_read_in_a_row_across_the_weekend() -> None:
    late = ((1080, 120),)
    assert ACME.calendars["late"].week == (late, (), late, (), late, late, late)


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (FRIDAY - timedelta(days=1), datetime(2026, 11, 27, tzinfo=UTC)),
        (FRIDAY, datetime(2026, 11, 30, tzinfo=UTC)),
        (datetime(2026, 11, 30, tzinfo=UTC), None),
    ],
)
def test_the_next_change_is_the_next_beginning_or_end(at: datetime, change: datetime | None) -> None:
    assert next_change(rep(PTO), at, ACME) == change
