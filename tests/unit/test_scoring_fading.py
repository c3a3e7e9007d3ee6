"""Points fade from their own instant, by halves, in whole thousandths."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.fading import GONE_AFTER, WHOLE, left_of

HALF_LIFE = timedelta(days=14)
ages = st.timedeltas(timedelta(0), timedelta(days=2000))


def test_after_one_half_life_half_is_left() -> None:
    assert left_of(HALF_LIFE, HALF_LIFE) * 2 == WHOLE


def test_after_two_half_lives_a_quarter_is_left() -> None:
    assert left_of(2 * HALF_LIFE, HALF_LIFE) * 4 == WHOLE


def test_what_is_still_ahead_has_not_faded_and_is_never_worth_more() -> None:
    assert left_of(timedelta(days=-3), HALF_LIFE) == WHOLE


def test_after_so_many_half_lives_nothing_is_left() -> None:
    assert left_of(GONE_AFTER * HALF_LIFE, HALF_LIFE) == 0
    assert left_of((GONE_AFTER - 1) * HALF_LIFE, HALF_LIFE) > 0


@given(ages, ages)
def test_waiting_never_raises_what_is_left(age: timedelta, wait: timedelta) -> None:
    assert left_of(age + wait, HALF_LIFE) <= left_of(age, HALF_LIFE)


@given(ages)
def test_the_table_is_the_power_to_a_thousandth_of_it(age: timedelta) -> None:
    exact = 0.5 ** (age / HALF_LIFE)
    assert abs(left_of(age, HALF_LIFE) / WHOLE - exact) <= exact * 0.001 + 2**-64
