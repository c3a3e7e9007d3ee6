"""A team is open while anybody of it is at work, and a deadline is found whatever the hours are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.clocks.hours import any_of, days_of_work, due, passed
from services.routing.domain.time.calendar import Calendar
from services.routing.domain.time.working_time import is_working

BERLIN = Calendar("Europe/Berlin", (((9 * 60, 17 * 60),),) * 5 + ((), ()))
NEW_YORK = Calendar("America/New_York", (((9 * 60, 12 * 60), (13 * 60, 18 * 60)),) * 5 + ((), ()), "US")
NIGHT = Calendar("Asia/Kathmandu", (((22 * 60, 6 * 60),),) * 7)
NEVER = Calendar("UTC", ((),) * 7)
START = datetime(2026, 10, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

instants = st.integers(0, 20 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
teams = st.sets(st.sampled_from([BERLIN, NEW_YORK, NIGHT, NEVER]), min_size=1)


@given(instants, teams)
def test_a_team_is_open_at_an_instant_if_anybody_works_then(at: datetime, team: set[Calendar]) -> None:
    whole = any_of(team)
    assert whole is not None
    assert is_working(at, whole) == any(is_working(at, one) for one in team)


@given(instants, instants, teams)
def test_a_team_is_open_no_longer_than_all_its_people_together(
    begin: datetime, end: datetime, team: set[Calendar]
) -> None:
    each = [passed(begin, end, one) for one in team]
    assert max(each) <= passed(begin, end, any_of(team)) <= sum(each, timedelta(0))


@given(instants, st.integers(1, 100), teams.filter(lambda team: team != {NEVER}))
def test_what_is_due_after_a_time_is_that_time_away(at: datetime, hours: int, team: set[Calendar]) -> None:
    found, warning = due(at, hours * HOUR, any_of(team))
    assert (passed(at, found, any_of(team)), warning) == (hours * HOUR, "")


def test_one_who_is_always_there_keeps_the_team_open() -> None:
    assert any_of([BERLIN, None]) is None
    assert passed(START, START + HOUR, None) == HOUR


def test_an_empty_team_never_opens_and_the_wall_clock_counts_with_a_warning() -> None:
    at, warning = due(START, HOUR, any_of([]))
    assert (at, warning) == (START + HOUR, "no working time before 2028-10-19: the wall clock counts")


def test_nothing_has_passed_between_an_instant_and_one_before() -> None:
    assert passed(START + HOUR, START, BERLIN) == timedelta(0)


def test_a_day_of_work_is_a_usual_day_of_theirs_and_of_a_team_the_longest() -> None:
    uneven = Calendar("UTC", (((0, 4 * 60),), ((0, 8 * 60), (60, 120)), (), (), (), (), ()))
    each = {name: days_of_work(DAY, hours) for name, hours in (("ny", NEW_YORK), ("uneven", uneven))}
    assert each == {"ny": 8 * HOUR, "uneven": 6 * HOUR}
    assert days_of_work(10 * DAY, NIGHT) == 80 * HOUR
    assert days_of_work(DAY, any_of([uneven, NEW_YORK])) == 8 * HOUR
    assert days_of_work(DAY, NEVER) == days_of_work(DAY, any_of([])) == days_of_work(DAY, None) == DAY
    assert days_of_work(30 * HOUR, NEW_YORK) == 30 * HOUR, "what is no whole number of days"
