"""Durations, percentages, shares, caps and instants as people write them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement.reading.durations import (
    DURATION_MAX,
    AtMost,
    at_most,
    duration,
    instant,
    percentage,
    share,
    written_duration,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("2m", timedelta(minutes=2)),
        ("48h", timedelta(hours=48)),
        ("14d", timedelta(days=14)),
        ("2w", timedelta(days=14)),
        (" 15 m ", timedelta(minutes=15)),
        ("3650d", DURATION_MAX),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "s", "2", "2M", "-2m", "1.5h", "2m30s", "09:00", "0s", "3651d", "999999999w", 5, True, None, []],
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        duration(text)


@given(st.integers(min_value=1, max_value=int(DURATION_MAX.total_seconds())))
def test_a_duration_that_is_written_reads_the_same(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration(written_duration(length)) == length


@pytest.mark.parametrize(
    ("text", "exact"), [("50%", Fraction(1, 2)), ("300%", Fraction(3)), ("12.5 %", Fraction(1, 8))]
)
def test_a_percentage_is_exact(text: str, exact: Fraction) -> None:
    assert percentage(text) == exact


@pytest.mark.parametrize("text", ["50", "half", "-5%", "%", 0.5, 50, None])
def test_what_is_no_percentage_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a percentage"):
        percentage(text)


def test_a_share_is_exactly_what_is_written() -> None:
    assert share(0.1) + share(0.2) + share(0.7) == 1
    assert share(1) == 1


@pytest.mark.parametrize("value", [1.1, -0.1, True, "0.5", None])
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 1"):
        share(value)


def test_a_cap_is_points_per_duration() -> None:
    assert at_most("30 per 7d") == AtMost(30, timedelta(days=7))
    assert str(at_most("30 per 7d")) == "30 per 7d"


@pytest.mark.parametrize("text", ["30", "30/7d", "30 per week", "0 per 7d", "-3 per 7d", "30 per 0d", 30])
def test_what_is_no_cap_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        at_most(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_has_a_zone_and_a_date_means_midnight_utc(text: str, at: datetime) -> None:
    assert instant(text) == at


@pytest.mark.parametrize(
    "text", ["soon", "2026-11-01T00:00:00", "2026-13-01", "0001-01-01T00:00:00+14:00", 2026]
)
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        instant(text)
