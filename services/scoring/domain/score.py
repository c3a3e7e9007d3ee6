"""The score as a sum that anyone can check: fit points, engagement points that fade, weighed together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from services.scoring.domain.facts import activity_facts
from services.scoring.domain.fading import WHOLE, left_of
from shared.agreement import Agreement, Facts, PointsRule
from shared.contracts.values import Activity

SCORE_MAX: Final = 100
_WHAT: Final = frozenset(
    f"activity.{name}" for name in ("type", "source", "url", "asset", "campaign", "product")
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Given = Sequence[tuple[PointsRule, str]]
"""The rules that give points for an activity, each with its sentence, or without if it is not known yet."""


class Hit(NamedTuple):
    """A rule that gives points for an activity: `points` are after its cap and before they fade.

    `facts` are what it met of the lead; `said` its sentence, if it is known already.
    """

    rule: PointsRule
    activity: Activity
    points: int
    facts: Facts
    said: str

    @property
    def sentence(self) -> str:
        """Why it gives them, in words."""
        return self.said or self.rule.sentence({**self.facts, **activity_facts(self.activity)})


@dataclass(frozen=True, slots=True)
class Sum:
    """What a lead is worth at an instant. `engagement`: exact, in parts of fading.WHOLE, before its cap."""

    fit: Sequence[PointsRule]
    hits: Sequence[Hit]
    fit_points: int
    engagement: int
    engagement_points: int
    grade: str
    score: int


def add_up(activities: Iterable[Activity], facts: Facts, agreement: Agreement, now: datetime) -> Sum:
    """Fit and engagement at an instant. Any order of the activities gives the same."""
    fit = agreement.fit_for(facts)
    fit_points = sum(rule.points for rule in fit)
    hits = hits_of(activities, facts, agreement)
    engagement = faded(hits, agreement, now)
    engagement_points = bounded(engagement, agreement)
    return Sum(
        fit=fit,
        hits=hits,
        fit_points=fit_points,
        engagement=engagement,
        engagement_points=engagement_points,
        grade=agreement.grade_of(fit_points),
        score=weigh(agreement, fit_points, engagement_points),
    )


def hits_of(activities: Iterable[Activity], facts: Facts, agreement: Agreement) -> list[Hit]:
    """The points for each activity before they fade: caps hold in their window, the newest count first."""
    newest_first = sorted(activities, key=lambda a: (a.at, a.seq), reverse=True)
    spent: defaultdict[tuple[str, int], int] = defaultdict(int)
    hits = []
    for activity in newest_first:
        for rule, said in _given_for(activity, facts, agreement):
            points = rule.points
            if rule.at_most is not None:
                window = window_of(rule, activity.at)
                points = within_cap(rule, spent[window])
                spent[window] += abs(points)
            hits.append(Hit(rule, activity, points, facts, said))
    return hits


def _given_for(activity: Activity, facts: Facts, agreement: Agreement) -> Given:
    if not _asks_only_what(agreement):
        return [(rule, "") for rule in agreement.engagement_for({**facts, **activity_facts(activity)})]
    what = Activity(
        seq=0,
        at=_EPOCH,
        type=activity.type,
        source=activity.source,
        url=activity.url,
        asset=activity.asset,
        campaign=activity.campaign,
        product=activity.product,
    )
    return _given_for_what(what, agreement)


@lru_cache(maxsize=4096)
def _given_for_what(what: Activity, agreement: Agreement) -> Given:
    # Every event asks again for all that its lead has done before.
    met = activity_facts(what)
    return [(rule, rule.sentence(met)) for rule in agreement.engagement_for(met)]


@lru_cache(maxsize=8)
def _asks_only_what(agreement: Agreement) -> bool:
    """Whether rules give points by what was done alone: not by when, nor by who the lead is."""
    asked = [rule.condition.names for rule in agreement.sections.engagement.choices]
    return frozenset[str]().union(*asked) <= _WHAT


def faded(hits: Iterable[Hit], agreement: Agreement, now: datetime) -> int:
    """What the points are worth at an instant, in parts of fading.WHOLE."""
    half_life = agreement.half_life
    return sum(hit.points * left_of(now - hit.activity.at, half_life) for hit in hits)


def bounded(engagement: int, agreement: Agreement) -> int:
    """Engagement in points: floor and cap hold after fading."""
    return min(max(engagement, 0) // WHOLE, agreement.engagement_cap)


def window_of(rule: PointsRule, at: datetime) -> tuple[str, int]:
    """The window of a rule's cap in which an instant lies: windows are multiples of their length."""
    assert rule.at_most is not None
    return rule.name, (at - _EPOCH) // rule.at_most.per


def within_cap(rule: PointsRule, spent: int) -> int:
    """What a rule gives once more when so many points of its window are spent."""
    if rule.at_most is None:
        return rule.points
    left = max(0, rule.at_most.points - spent)
    return min(rule.points, left) if rule.points >= 0 else max(rule.points, -left)


@lru_cache(maxsize=16_384)
def weigh(agreement: Agreement, fit_points: int, engagement_points: int) -> int:
    """The score: both parts weighed as the agreement says, rounded half up."""
    fit, engagement, whole = _weights(agreement)
    exact = fit * _in_bounds(fit_points) + engagement * _in_bounds(engagement_points)
    return _in_bounds((exact * 2 + whole) // (2 * whole))


@lru_cache(maxsize=8)
def _weights(agreement: Agreement) -> tuple[int, int, int]:
    weights = agreement.score_weights
    whole = weights.fit.denominator * weights.engagement.denominator
    return int(weights.fit * whole), int(weights.engagement * whole), whole


def _in_bounds(points: int) -> int:
    return max(0, min(SCORE_MAX, points))
