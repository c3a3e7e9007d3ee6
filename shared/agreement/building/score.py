"""What makes a score, and what a score makes: small values, as those of `parts.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from shared.agreement.conditions.nodes import Facts
from shared.agreement.conditions.vocabulary import GRADES
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.durations import AtMost

SCORE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class FastLane:
    """Intent that makes an MQL whatever the score."""

    name: str
    condition: Condition


@dataclass(frozen=True, slots=True, eq=False)
class PointsRule:
    """Points for what a lead is, or for one kind of activity: before they fade and before `at_most`."""

    name: str
    points: int
    at_most: AtMost | None
    condition: Condition

    def sentence(self, facts: Facts) -> str:
        """Why it gives them, in words, with the values that it met."""
        return self.condition.sentence(facts)


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """How much fit and engagement count in the score, exactly; together they make 1."""

    fit: Fraction
    engagement: Fraction

    def score_of(self, fit_points: int, engagement_points: int) -> int:
        """The score, 0 to 100: each part within these bounds and weighed, rounded half up."""
        # In whole numbers, which is much faster: as both make 1, they have the same denominator.
        whole = self.fit.denominator
        exact = self.fit.numerator * _bounded(fit_points)
        exact += self.engagement.numerator * _bounded(engagement_points)
        return (2 * exact + whole) // (2 * whole)


@dataclass(frozen=True, slots=True)
class Grades:
    """From how many fit points on a lead has a grade, the best first. Who reaches none has the last."""

    start: Mapping[str, int]

    def grade_of(self, fit_points: int) -> str:
        """The grade that these points reach, A to D."""
        reached = (grade for grade, start in self.start.items() if fit_points >= start)
        return next(reached, GRADES[-1])


@dataclass(frozen=True, slots=True)
class Mql:
    """What must hold before marketing may hand a lead to sales; `requires` are names of the vocabulary."""

    score_at_least: int
    grade_at_least: str
    requires: tuple[str, ...]


def _bounded(points: int) -> int:
    return max(0, min(SCORE_MAX, points))
