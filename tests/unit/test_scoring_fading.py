"""Points fade from their own instant, by halves, in whole thousandths."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.fading import MILLI, worth

HALF_LIFE = timedelta(days=14)
points = st.integers(-1000, 1000)
ages = st.timedeltas(timedelta(0), timedelta(days=2000))


def test_after_one_half_life_half_is_left() -> None:
    assert worth(60, HALF_LIFE, HALF_LIFE) == 30 * MILLI


def test_after_two_half_lives_a_quarter_is_left() -> None:
    assert worth(60, 2 * HALF_LIFE, HALF_LIFE) == 15 * MILLI


def test_an_event_in_the_future_has_its_points_and_never_more() -> None:
    assert worth(60, timedelta(days=-3), HALF_LIFE) == 60 * MILLI


@given(points, ages, ages)
def test_waiting_never_raises_a_worth(value: int, age: timedelta, wait: timedelta) -> None:
    assert abs(worth(value, age + wait, HALF_LIFE)) <= abs(worth(value, age, HALF_LIFE))


@given(points, ages)
def test_negative_points_fade_as_positive_ones_do(value: int, age: timedelta) -> None:
    assert worth(-value, age, HALF_LIFE) == -worth(value, age, HALF_LIFE)


@given(points, ages)
def test_the_table_is_the_power_to_a_thousandth_of_a_point(value: int, age: timedelta) -> None:
    exact = value * MILLI * 0.5 ** (age / HALF_LIFE)
    assert abs(worth(value, age, HALF_LIFE) - exact) <= 1 + abs(exact) * 0.001
