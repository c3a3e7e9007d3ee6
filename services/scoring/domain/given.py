"""What the agreement says of one activity: the rules that give points for it, and the fast lane it takes.

Every event asks again for all that its lead has done before, and most leads do the same things. So an answer
is kept, and given for all activities that are alike in what the rules ask for.
"""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias, TypeVar

from services.scoring.domain.fading import microseconds
from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.alike import Alike
from shared.agreement.facts import facts_of_activity
from shared.contracts.values import Activity

T = TypeVar("T")
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


_Answers: TypeAlias = Callable[[Facts], Callable[[Activity], T]]


def _answers(
    asked: frozenset[str], of_what: Callable[[Facts], T], of_all: Callable[[Facts], T]
) -> _Answers[T]:
    """Answers a question about a lead's activities. `asked`: the names of the vocabulary that it asks for."""
    if not asked <= _WHAT:
        return lambda facts: lambda activity: of_all({**facts, **facts_of_activity(activity)})
    # Not by when, nor by who the lead is: then activities are alike as long as this is.
    look = attrgetter(*(name.removeprefix(_PREFIX) for name in sorted(asked) or [f"{_PREFIX}type"]))
    answers = Alike(look, lambda activity: of_what(facts_of_activity(activity)))
    return lambda facts: answers.of


@lru_cache(maxsize=8)
def given_by(agreement: Agreement) -> _Answers[tuple[Given, ...]]:
    """For a lead with these facts: which rules give points for an activity."""
    rules = agreement.sections.engagement.choices
    asked = frozenset[str]().union(*(rule.condition.names for rule in rules))

    def of_what(met: Facts) -> tuple[Given, ...]:
        return tuple(_given(rule, rule.sentence(met)) for rule in agreement.engagement_for(met))

    def of_all(met: Facts) -> tuple[Given, ...]:
        return tuple(_given(rule, "") for rule in agreement.engagement_for(met))

    return _answers(asked, of_what, of_all)


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
def fast_lane_by(agreement: Agreement) -> _Answers[str | None]:
    """For a lead with these facts: which fast lane an activity takes."""
    asked = frozenset[str]().union(*(lane.condition.names for lane in agreement.fast_lanes))
    return _answers(asked, agreement.fast_lane_for, agreement.fast_lane_for)
