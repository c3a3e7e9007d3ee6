"""A mix of first scores that moves raises an alarm; one that differs by chance, or by little, does not."""

from random import Random

import pytest

from services.scoring.domain.drift import Share, chance_of, day_of, drifts, shares_of
from shared.contracts.values import ScoreReceipt
from shared.testing.leads import NOON

TODAY = day_of(NOON)
USUAL = {"30-39": 30, "40-49": 40, "50-59": 20, "60-69": 10}


def mix(weights: dict[str, int], leads: int, days: range, dice: Random) -> dict[Share, int]:
    """So many leads of each of these days (counted back from today), drawn by these weights."""
    counted: dict[Share, int] = {}
    for day in days:
        for value in dice.choices(list(weights), list(weights.values()), k=leads):
            share = Share(TODAY - day, "scored@1", "band", value)
            counted[share] = counted.get(share, 0) + 1
    return counted


def test_a_planted_drift_is_found_and_said() -> None:
    dice, moved = Random(1), {**USUAL, "60-69": 60}
    [found] = drifts(mix(moved, 40, range(7), dice) | mix(USUAL, 40, range(7, 35), dice), TODAY)
    assert found.is_alarming
    assert found.chance < 1e-9
    assert found.sentence == (
        "the mix of first scores by band has drifted (index 0.49): 60-69 has 39% of this week's leads,"
        " and had 10% of those of the four weeks before"
    )


def test_the_same_mix_raises_no_alarm_in_a_thousand_weeks() -> None:
    dice = Random(2)
    weeks = (mix(USUAL, 30, range(7), dice) | mix(USUAL, 30, range(7, 35), dice) for _ in range(1000))
    found = [one for counted in weeks for one in drifts(counted, TODAY)]
    assert len(found) == 1000
    assert sum(one.chance < 0.05 for one in found) == pytest.approx(50, abs=25)
    assert not any(one.is_alarming for one in found)


def test_a_shift_that_is_no_chance_but_small_raises_no_alarm() -> None:
    dice, moved = Random(3), {**USUAL, "60-69": 13}
    [found] = drifts(mix(moved, 5000, range(7), dice) | mix(USUAL, 5000, range(7, 35), dice), TODAY)
    assert 0 < found.beyond_chance < 0.1
    assert not found.is_alarming


def test_few_leads_show_nothing_and_what_is_older_than_five_weeks_does_not_count() -> None:
    dice = Random(4)
    few = mix(USUAL, 14, range(7), dice) | mix(USUAL, 40, range(7, 35), dice)
    long_ago = mix(USUAL, 40, range(7), dice) | mix(USUAL, 40, range(35, 70), dice)
    assert drifts(few, TODAY) == drifts(long_ago, TODAY) == []


def test_values_of_which_one_expects_too_few_are_one_group() -> None:
    rare = {f"{n}0-{n}9": 1 for n in range(1, 9)} | {"90-99": 1000}
    dice = Random(5)
    [found] = drifts(mix(rare, 20, range(7), dice) | mix(rare, 20, range(7, 35), dice), TODAY)
    assert found.chance > 0.001


@pytest.mark.parametrize("moved", [{"90-99": 1}, {"00-09": 1}])
def test_all_leads_in_one_place_is_another_mix_whatever_it_was(moved: dict[str, int]) -> None:
    dice = Random(6)
    [found] = drifts(mix(moved, 40, range(7), dice) | mix(USUAL, 40, range(7, 35), dice), TODAY)
    assert found.is_alarming


def test_one_value_and_no_other_is_no_drift() -> None:
    dice, only = Random(7), {"40-49": 1}
    [found] = drifts(mix(only, 40, range(7), dice) | mix(only, 40, range(7, 35), dice), TODAY)
    assert (found.index, found.chance, found.is_alarming) == (0.0, 1.0, False)


@pytest.mark.parametrize(
    ("square", "freedom", "chance"),
    # Abramowitz and Stegun, table 26.8: percentage points of the chi-square distribution.
    [(3.84146, 1, 0.05), (5.99147, 2, 0.05), (7.81473, 3, 0.05), (16.9190, 9, 0.05), (27.8772, 9, 0.001)],
)
def test_chance_is_that_of_the_tables(square: float, freedom: int, chance: float) -> None:
    assert chance_of(square, freedom) == pytest.approx(chance, rel=1e-4)


def test_a_lead_counts_on_its_day_by_band_and_grade() -> None:
    receipt = ScoreReceipt(agreement="scored@1", at=NOON, score=57, grade="B")
    assert shares_of(receipt) == [
        Share(TODAY, "scored@1", "band", "50-59"),
        Share(TODAY, "scored@1", "grade", "B"),
    ]
