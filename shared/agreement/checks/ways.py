"""The shortest ways to an MQL: the fewest things that must be true of a lead, or that it must do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, combinations_with_replacement, islice
from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.score import PointsRule
from shared.agreement.conditions.nodes import implies
from shared.agreement.conditions.possible import can_hold
from shared.agreement.conditions.vocabulary import GRADES

STEPS_MAX: Final = 8
"""Nobody calls more than this a way."""

_RULES_MAX: Final = 10
_CHOSEN_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A fast lane; or fit rules that hold together and activities, by their rules, all at one instant."""

    fast_lane: str = ""
    fit: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    score: int = 0
    grade: str = ""

    @property
    def steps(self) -> int:
        """How many things it takes."""
        return 1 if self.fast_lane else len(self.fit) + len(self.activities)

    def __str__(self) -> str:
        if self.fast_lane:
            return f"{self.fast_lane} (fast lane, whatever the score)"
        often = Counter(self.activities).items()
        done = [name if times == 1 else f"{times} × {name}" for name, times in often]
        return f"{' + '.join([*self.fit, *done])}: score {self.score}, grade {self.grade}"


def shortest_ways(agreement: Agreement, count: int = 3) -> list[Way]:
    """The `count` ways with the fewest steps; of equal ones, the highest scores. None is part of another."""
    lanes = (Way(fast_lane=lane.name) for lane in agreement.fast_lanes)
    return list(islice(chain(lanes, _scored_ways(agreement)), count))


def _scored_ways(agreement: Agreement) -> Iterator[Way]:
    fit = _most_points(agreement.sections.fit.choices)
    slow = [rule for rule in agreement.sections.engagement.choices if not _is_fast(agreement, rule)]
    acts = _most_points(slow)
    found: list[Way] = []
    for steps in range(STEPS_MAX + 1):
        new = [
            way
            for of_fit in range(steps + 1)
            for facts in combinations(fit, of_fit)
            for way in _with_activities(agreement, facts, acts, steps - of_fit)
            if not any(_contains(way, shorter) for shorter in found)
        ]
        new.sort(key=lambda way: -way.score)
        found += new
        yield from new


def _with_activities(
    agreement: Agreement, facts: Sequence[PointsRule], acts: Sequence[PointsRule], count: int
) -> Iterator[Way]:
    """The ways with these facts and so many activities, if there are any."""
    mql, fit = agreement.mql, sum(rule.points for rule in facts)
    grade = agreement.grade_of(fit)
    if GRADES.index(grade) > GRADES.index(mql.grade_at_least) or not _fit_together(agreement, facts):
        return
    for done in _choices(acts, count):
        score = agreement.score_weights.score_of(fit, min(agreement.engagement_cap, _points(done)))
        if score >= mql.score_at_least:
            names = tuple(rule.name for rule in facts), tuple(rule.name for rule in done)
            yield Way(fit=names[0], activities=names[1], score=score, grade=grade)


def _fit_together(agreement: Agreement, facts: Sequence[PointsRule]) -> bool:
    """Whether these can hold together without one that takes points away."""
    against = [rule.condition.node for rule in agreement.sections.fit.choices if rule.points < 0]
    return can_hold([rule.condition.node for rule in facts], against)


def _choices(acts: Sequence[PointsRule], count: int) -> Iterator[tuple[PointsRule, ...]]:
    """Few activities in every way; of many, only those that give the most."""
    if count <= _CHOSEN_MAX:
        yield from combinations_with_replacement(acts, count)
        return
    done: list[PointsRule] = []
    for _ in range(count if acts else 0):
        done.append(max(acts, key=lambda rule: _points([*done, rule])))
    yield tuple(done)


def _points(done: Sequence[PointsRule]) -> int:
    times = Counter(done)
    return sum(
        min(rule.points * often, rule.at_most.points) if rule.at_most is not None else rule.points * often
        for rule, often in times.items()
    )


def _is_fast(agreement: Agreement, rule: PointsRule) -> bool:
    """Whether what the rule asks for takes a fast lane, and so needs no points."""
    return any(implies(rule.condition.node, lane.condition.node) for lane in agreement.fast_lanes)


def _most_points(rules: Sequence[PointsRule]) -> list[PointsRule]:
    giving = sorted((rule for rule in rules if rule.points > 0), key=lambda rule: -rule.points)
    return giving[:_RULES_MAX]


def _contains(way: Way, shorter: Way) -> bool:
    return set(shorter.fit) <= set(way.fit) and Counter(shorter.activities) <= Counter(way.activities)
