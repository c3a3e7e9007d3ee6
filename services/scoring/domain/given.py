"""What the agreement says of one activity: the rules that give points for it, and the fast lane it takes.

Every event asks again for all that its lead has done before, and most leads do the same things. So an answer
is kept, and given for all activities that are alike in what the rules ask for.
"""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

from services.scoring.domain.fading import microseconds
from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.facts import facts_of_activity
from shared.contracts.values import Activity

T = TypeVar("T")
_KEPT_MAX: Final = 4096
_PREFIX: Final = "activity."
_WHAT: Final = frozenset(
    f"{_PREFIX}{name}" for name in ("type", "source", "url", "asset", "campaign", "product")
)


class Given(NamedTuple):
    """A rule that gives points for an activity; `said` is its sentence, if nothing of the lead is in it.

    `points` are what it gives first in a window of its cap; `per_us` is how long that is, 0 without a cap.
    """

    rule: PointsRule
    said: str
    points: int
    per_us: int


class _Answers(Generic[T]):
    """Answers to one question about activities. `asked`: the names of the vocabulary that it asks for."""

    def __init__(self, asked: frozenset[str], of_what: Callable[[Facts], T], of_all: Callable[[Facts], T]):
        # Not by when, nor by who the lead is: then activities are alike as long as this is.
        self._alike = attrgetter(*_fields(asked)) if asked <= _WHAT else None
        self._of_what = of_what
        self._of_all = of_all
        self._kept: dict[Any, T] = {}

    def of(self, activity: Activity, facts: Facts) -> T:
        """The answer for an activity of a lead with these facts."""
        if self._alike is None:
            return self._of_all({**facts, **facts_of_activity(activity)})
        what = self._alike(activity)
        try:
            return self._kept[what]
        except KeyError:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            answer = self._kept[what] = self._of_what(facts_of_activity(activity))
            return answer


def _fields(asked: frozenset[str]) -> list[str]:
    return [name.removeprefix(_PREFIX) for name in sorted(asked)] or ["type"]


@lru_cache(maxsize=8)
def given_by(agreement: Agreement) -> Callable[[Activity, Facts], tuple[Given, ...]]:
    """Which rules give points for an activity of a lead with these facts."""
    rules = agreement.sections.engagement.choices
    asked = frozenset[str]().union(*(rule.condition.names for rule in rules))

    def of_what(met: Facts) -> tuple[Given, ...]:
        return tuple(_given(rule, rule.sentence(met)) for rule in agreement.engagement_for(met))

    def of_all(met: Facts) -> tuple[Given, ...]:
        return tuple(_given(rule, "") for rule in agreement.engagement_for(met))

    return _Answers(asked, of_what, of_all).of


def _given(rule: PointsRule, said: str) -> Given:
    cap = rule.at_most
    return Given(rule, said, within_cap(rule, 0), 0 if cap is None else microseconds(cap.per))


def within_cap(rule: PointsRule, spent: int) -> int:
    """What a rule gives once more when so many points of its window are spent."""
    if rule.at_most is None:
        return rule.points
    left = max(0, rule.at_most.points - spent)
    return min(rule.points, left) if rule.points >= 0 else max(rule.points, -left)


@lru_cache(maxsize=8)
def fast_lane_by(agreement: Agreement) -> Callable[[Activity, Facts], str | None]:
    """Which fast lane an activity of a lead with these facts takes."""
    asked = frozenset[str]().union(*(lane.condition.names for lane in agreement.fast_lanes))
    return _Answers(asked, agreement.fast_lane_for, agreement.fast_lane_for).of
