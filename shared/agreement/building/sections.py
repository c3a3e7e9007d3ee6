"""Sections compiled as a whole: one generated function answers for all rules of a section at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from shared.agreement.building.parts import (
    Policy,
    SetAside,
)
from shared.agreement.building.score import FastLane, Grades, PointsRule
from shared.agreement.conditions.generate import each_that_holds, first_that_holds
from shared.agreement.conditions.nodes import Facts, Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Chosen(Generic[T]):
    """A section of which the first rule that holds decides."""

    choices: tuple[T, ...]
    first: Callable[[Facts], int]

    def choose(self, facts: Facts) -> T | None:
        """What the first rule that holds stands for, or None."""
        index = self.first(facts)
        return self.choices[index] if index >= 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Several(Generic[T]):
    """A section of which every rule that holds counts."""

    choices: tuple[T, ...]
    each: Callable[[Facts], tuple[int, ...]]

    def choose(self, facts: Facts) -> list[T]:
        """What the rules that hold stand for, in the order of the agreement."""
        return [self.choices[index] for index in self.each(facts)]


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """The compiled sections of one agreement.

    `segments_ask` are the names that segments ask for, `scoring_asks` those of anything before and in the
    score; `scoring_withins` are its comparisons with the clock: an instant, and for how long they hold.
    """

    segment: Chosen[str]
    set_aside: Chosen[SetAside]
    fit: Several[PointsRule]
    engagement: Several[PointsRule]
    grades: Grades
    fast_lane: Chosen[FastLane]
    routing: Callable[[Facts], tuple[int, ...]]
    policy: Chosen[Policy]
    segments_ask: frozenset[str]
    scoring_asks: frozenset[str]
    scoring_withins: frozenset[tuple[str, timedelta]]


def chosen(choices: Sequence[tuple[T, Node]]) -> Chosen[T]:
    """A section compiled for "the first that holds"."""
    return Chosen(tuple(choice for choice, _ in choices), first_that_holds([node for _, node in choices]))


def points(rules: Sequence[PointsRule]) -> Several[PointsRule]:
    """A section compiled for "each that holds"."""
    return Several(tuple(rules), each_that_holds([rule.condition.node for rule in rules]))
