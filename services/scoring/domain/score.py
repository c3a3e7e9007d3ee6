"""The score as a sum that anyone can check: fit points, engagement points that fade, weighed together."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec

from services.scoring.domain.fading import WHOLE, left_after, microseconds
from services.scoring.domain.fit import Fit, fit_of
from services.scoring.domain.given import given_by, within_cap
from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.facts import facts_of_activity
from shared.contracts.values import Activity

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_by_age: Final = attrgetter("at", "seq")


class Hit(msgspec.Struct, frozen=True):
    """A rule that gives points for an activity: `points` are after its cap and before they fade.

    `facts` are what it met of the lead; `said` its sentence, if it is known already; `at_us` the instant of
    the activity, in microseconds since 1970.
    """

    rule: PointsRule
    activity: Activity
    points: int
    facts: Facts
    said: str
    at_us: int

    @property
    def sentence(self) -> str:
        """Why it gives them, in words."""
        return self.said or self.rule.sentence({**self.facts, **facts_of_activity(self.activity)})


class Sum(msgspec.Struct, frozen=True):
    """What a lead is worth at an instant. `engagement`: exact, in parts of fading.WHOLE, before its cap.

    `left`: of each hit, what is left of one of its points, in the same parts.
    """

    fit: Fit
    hits: Sequence[Hit]
    left: Sequence[int]
    fit_points: int
    engagement: int
    engagement_points: int
    grade: str
    score: int


def add_up(activities: Iterable[Activity], facts: Facts, agreement: Agreement, now: datetime) -> Sum:
    """Fit and engagement at an instant. Any order of the activities gives the same."""
    fit = fit_of(facts, agreement)
    hits = hits_of(activities, facts, agreement)
    left = _left_of_each(hits, agreement, now)
    engagement = sum([hit.points * of_one for hit, of_one in zip(hits, left, strict=True)])
    engagement_points = bounded(engagement, agreement)
    return Sum(
        fit=fit,
        hits=hits,
        left=left,
        fit_points=fit.points,
        engagement=engagement,
        engagement_points=engagement_points,
        grade=fit.grade,
        score=weigh(agreement, fit.points, engagement_points),
    )


def hits_of(activities: Iterable[Activity], facts: Facts, agreement: Agreement) -> list[Hit]:
    """The points for each activity before they fade: caps hold in their window, the newest count first."""
    given_for = given_by(agreement)(facts)
    spent: dict[tuple[str, int], int] = {}
    hits = []
    for activity in sorted(activities, key=_by_age, reverse=True):
        at_us = microseconds(activity.at - _EPOCH)
        for rule, said, points, per_us in given_for(activity):
            if per_us:
                window = rule.name, at_us // per_us
                so_far = spent.get(window, 0)
                points = within_cap(rule, so_far) if so_far else points
                spent[window] = so_far + abs(points)
            hits.append(Hit(rule, activity, points, facts, said, at_us))
    return hits


def _left_of_each(hits: Iterable[Hit], agreement: Agreement, now: datetime) -> list[int]:
    now_us, half_life_us = microseconds(now - _EPOCH), microseconds(agreement.half_life)
    return [left_after(now_us - hit.at_us, half_life_us) for hit in hits]


def bounded(engagement: int, agreement: Agreement) -> int:
    """Engagement in points: floor and cap hold after fading."""
    return min(max(engagement, 0) // WHOLE, agreement.engagement_cap)


def window_of(rule: PointsRule, at: datetime) -> tuple[str, int]:
    """The window of a rule's cap in which an instant lies: windows are multiples of their length."""
    assert rule.at_most is not None
    return rule.name, (at - _EPOCH) // rule.at_most.per


@lru_cache(maxsize=16_384)
def weigh(agreement: Agreement, fit_points: int, engagement_points: int) -> int:
    """The score; most leads have the points that another one had."""
    return agreement.score_weights.score_of(fit_points, engagement_points)
