"""The time of recovery, on made-up runs: a measure that can not be wrong would measure nothing."""

from datetime import UTC, datetime, timedelta

from tests.chaos.recovery import steady_after_s

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEXT = BEGIN + timedelta(seconds=60)


def after_s(at: datetime) -> float:
    return (at - BEGIN).total_seconds()


def test_who_never_fell_behind_has_recovered_at_once() -> None:
    assert steady_after_s(BEGIN, NEXT, lambda at: True) == 0


def test_it_counts_from_when_it_stays_caught_up_and_not_from_before_it_fell_behind() -> None:
    assert steady_after_s(BEGIN, NEXT, lambda at: after_s(at) < 1 or after_s(at) >= 7) == 7


def test_what_is_behind_when_the_next_fault_begins_has_not_recovered() -> None:
    assert steady_after_s(BEGIN, NEXT, lambda at: after_s(at) < 1) is None
