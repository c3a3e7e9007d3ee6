"""Sections compiled as a whole: one generated function answers for all rules of a section at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.agreement.conditions import Condition
from shared.agreement.generate import each_that_holds, first_that_holds
from shared.agreement.nodes import Facts, Node
from shared.agreement.parts import Matched, Policy, SetAside

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
class Rule:
    """A named condition with points."""

    name: str
    points: int
    condition: Condition

    def matched(self, facts: Facts) -> Matched:
        """The rule as a line of a receipt."""
        return Matched(self.name, self.points, self.condition.sentence(facts))


@dataclass(frozen=True, slots=True, eq=False)
class FitRules:
    """A section of which every rule that holds gives its points."""

    rules: tuple[Rule, ...]
    each: Callable[[Facts], tuple[int, ...]]

    def matched(self, facts: Facts) -> list[Matched]:
        """Every rule that holds, in the order of the agreement."""
        return [self.rules[index].matched(facts) for index in self.each(facts)]


@dataclass(frozen=True, slots=True, eq=False)
class FastLanes:
    """The fast lanes; the first that holds is named on the receipt."""

    rules: tuple[Rule, ...]
    first: Callable[[Facts], int]

    def matched_first(self, facts: Facts) -> Matched | None:
        """The first fast lane that holds, or None."""
        index = self.first(facts)
        return self.rules[index].matched(facts) if index >= 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """The compiled sections of one agreement. `grade_from` goes from the best grade down."""

    segment: Chosen[str]
    set_aside: Chosen[SetAside]
    fit: FitRules
    grade_from: tuple[tuple[str, int], ...]
    fast_lane: FastLanes
    policy: Chosen[Policy]


def chosen(choices: Sequence[tuple[T, Node]]) -> Chosen[T]:
    """A section compiled for "the first that holds"."""
    return Chosen(tuple(choice for choice, _ in choices), first_that_holds([node for _, node in choices]))


def fit_rules(rules: Sequence[Rule]) -> FitRules:
    """A section compiled for "each that holds"."""
    return FitRules(tuple(rules), each_that_holds([rule.condition.node for rule in rules]))


def fast_lanes(rules: Sequence[Rule]) -> FastLanes:
    """The fast lanes, compiled for "the first that holds"."""
    return FastLanes(tuple(rules), first_that_holds([rule.condition.node for rule in rules]))
