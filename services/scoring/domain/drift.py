"""Does the mix of scores drift? This week's first scores beside those of the four weeks before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import erfc, exp, gamma, log, sqrt
from typing import Final, NamedTuple

from services.scoring.domain.calibration import band_of
from shared.contracts.values import ScoreReceipt

WEEK: Final = 7
KEPT_DAYS: Final = 5 * WEEK
"""This week, and four before it."""
DRIFTED: Final = 0.1
"""From this index on a mix has moved, from 0.25 on it is another one (Siddiqi, Credit Risk Scorecards)."""
_CHANCE: Final = 0.0001
"""How likely chance is to raise an alarm, each time: in a year of weeks, by band and by grade, 1 %."""
_ENOUGH: Final = 100
"""Leads in the week, and before it; with fewer nothing is said."""
_EXPECTED_MIN: Final = 5
"""Leads that a group must expect, or the chi-square distribution would not hold (Cochran 1954)."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Share(NamedTuple):
    """What is counted: leads whose first score, said on a day, had this `value` of what is counted `by`."""

    day: int
    agreement: str
    by: str
    value: str


@dataclass(frozen=True, slots=True)
class Drift:
    """How far this week's mix of bands, or grades, is from that of the four weeks before.

    `index` is the population stability index: 0 for the same mix. `chance`: how likely the same source of
    leads is to differ by so much.
    """

    by: str
    now: Mapping[str, int]
    before: Mapping[str, int]
    index: float
    chance: float

    @property
    def beyond_chance(self) -> float:
        """The index, or 0 if it may be chance."""
        return self.index if self.chance < _CHANCE else 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether the mix has moved, and not by chance."""
        return self.beyond_chance >= DRIFTED

    @property
    def sentence(self) -> str:
        """The value that moved most."""
        moved = max(self.now.keys() | self.before.keys(), key=lambda value: (abs(self._moved(value)), value))
        was, is_now = _part(self.before, moved), _part(self.now, moved)
        return (
            f"the mix of first scores by {self.by} has drifted (index {self.index:.2f}): {moved} has"
            f" {is_now:.0%} of this week's leads, and had {was:.0%} of those of the four weeks before"
        )

    def _moved(self, value: str) -> float:
        return _part(self.now, value) - _part(self.before, value)


def day_of(at: datetime) -> int:
    """The day of an instant, counted from 1970-01-01, in UTC."""
    return (at - _EPOCH) // timedelta(days=1)


def shares_of(receipt: ScoreReceipt) -> list[Share]:
    """Under what a lead's first score is counted."""
    day = day_of(receipt.at)
    values = (("band", band_of(receipt.score)), ("grade", receipt.grade))
    return [Share(day, receipt.agreement, by, value) for by, value in values]


def drifts(counted: Mapping[Share, int], today: int) -> list[Drift]:
    """By band and by grade, as far as there are leads enough to say."""
    found = []
    for by in ("band", "grade"):
        now, before = Counter[str](), Counter[str]()
        for share, leads in counted.items():
            age = today - share.day
            if share.by == by and age < KEPT_DAYS:
                (now if age < WEEK else before)[share.value] += leads
        if min(now.total(), before.total()) >= _ENOUGH:
            found.append(Drift(by, now, before, *_compared(now, before)))
    return found


def _compared(now: Mapping[str, int], before: Mapping[str, int]) -> tuple[float, float]:
    """The index of two mixes, and how likely chance makes them differ by so much: Pearson's chi-square."""
    groups = list(_groups(now, before))
    rows = list(zip(*groups, strict=True))
    sums, whole = [sum(row) for row in rows], sum(map(sum, groups))
    index = square = 0.0
    for group in groups:
        # Half a lead more each, so that none is no division by nothing.
        here, there = ((n + 0.5) / (total + len(groups) / 2) for n, total in zip(group, sums, strict=True))
        index += (here - there) * log(here / there)
        for n, total in zip(group, sums, strict=True):
            expected = sum(group) * total / whole
            square += (n - expected) ** 2 / expected
    return index, chance_of(square, len(groups) - 1)


def _groups(now: Mapping[str, int], before: Mapping[str, int]) -> Sequence[tuple[int, int]]:
    """Both counts of each value; neighbours of which one expects too few are one group."""
    needed = _EXPECTED_MIN * (sum(now.values()) + sum(before.values()))
    fewer = min(sum(now.values()), sum(before.values()))
    groups: list[tuple[int, int]] = []
    here = there = 0
    for value in sorted(now.keys() | before.keys()):
        here, there = here + now.get(value, 0), there + before.get(value, 0)
        if (here + there) * fewer >= needed:
            groups.append((here, there))
            here = there = 0
    if here + there:
        last = groups.pop() if groups else (0, 0)
        groups.append((last[0] + here, last[1] + there))
    return groups


def chance_of(square: float, freedom: int) -> float:
    """How likely a chi-square of so many degrees of freedom is at least this; 1 without any.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5: exact, a finite sum.
    """
    if freedom < 1:
        return 1.0
    half = square / 2
    tail = exp(-half) if freedom % 2 == 0 else erfc(sqrt(half))
    for n in range(2 - freedom % 2, freedom, 2):
        tail += float(half ** (n / 2)) * exp(-half) / gamma(n / 2 + 1)
    return tail


def _part(mix: Mapping[str, int], value: str) -> float:
    return mix.get(value, 0) / max(1, sum(mix.values()))
