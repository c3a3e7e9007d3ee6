"""Kinds of leads and of activities: an example of each that the rules of scoring tell apart."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from shared.agreement.agreement import Agreement
from shared.agreement.building.score import PointsRule
from shared.agreement.building.spelled import Spelled, names_in, spelled
from shared.agreement.conditions.examples import (
    EMAIL,
    NOW,
    deed,
    examples,
    is_of_lead,
    plain,
    values_apart,
    whole,
)
from shared.agreement.conditions.generate import each_that_holds, first_that_holds
from shared.agreement.conditions.nodes import Facts, Node, tests_of
from shared.agreement.conditions.possible import TRIED_MAX
from shared.agreement.conditions.vocabulary import ACTIVITY

_LINKED: Final = EMAIL | {"account", "company.domain"}
"""What is known by each other: an account has a domain, and so has an address."""


class Lead(NamedTuple):
    """What is known of a lead by some names, and the rules of fit that it meets by them."""

    facts: Facts
    rules: tuple[PointsRule, ...]

    @property
    def points(self) -> int:
        """What these rules give."""
        return sum(rule.points for rule in self.rules)


class Deed(NamedTuple):
    """The rules that an activity meets, and the fast lane that it takes."""

    rules: tuple[PointsRule, ...]
    lane: str | None

    @property
    def points(self) -> int:
        """What these rules give, without their caps."""
        return sum(rule.points for rule in self.rules)


class Kinds:
    """The kinds of leads that are not set aside and have what an MQL requires, and of what they do.

    `leads`: by groups of names that no condition asks for together, the first with those that are asked for
    together with activities. Of too many kinds there is none.
    """

    def __init__(self, agreement: Agreement) -> None:
        asked = spelled(agreement.written, agreement.conditions)
        self._values = values_apart(asked.tests)
        self._required = frozenset(agreement.mql.requires)
        self._fit = list(zip(agreement.sections.fit.choices, asked.fit, strict=True))
        self._engagement = agreement.sections.engagement.choices
        self._lanes = [lane.name for lane in agreement.fast_lanes]
        self._asides = [node for node in asked.asides if not names_in(node) & ACTIVITY]
        self._by_deed = _by_deed(asked)
        self._gives = each_that_holds(asked.engagement)
        self._takes = first_that_holds(asked.lanes)
        self._sets_aside = first_that_holds([node for node in asked.asides if names_in(node) & ACTIVITY])
        self._deed_values = {
            name: of_name for name, of_name in self._values.items() if name in ACTIVITY - {"activity.at"}
        }
        self.leads = [self._leads(names) for names in _groups(asked, self._required)]

    def deeds(self, lead: Lead) -> list[Deed]:
        """All that a lead of the first group can do without being set aside, each once."""
        found: dict[Deed, None] = {}
        for example in examples(self._deed_values, TRIED_MAX):
            facts = {**lead.facts, **deed(example)}
            if self._sets_aside(facts) < 0:
                lane = self._takes(facts)
                rules = tuple(self._engagement[index] for index in self._gives(facts))
                found[Deed(rules, self._lanes[lane] if lane >= 0 else None)] = None
        return list(found)

    def _leads(self, names: frozenset[str]) -> list[Lead]:
        """A lead of each kind that these names tell apart, the plainest first."""
        fit = [(rule, node) for rule, node in self._fit if names_in(node) & names]
        met = each_that_holds([node for _, node in fit])
        tests = [test for node in self._by_deed for test in tests_of(node) if test.name in names]
        beside = each_that_holds(tests)
        never = first_that_holds([node for node in self._asides if names_in(node) & names])
        found: dict[tuple[object, ...], Lead] = {}
        for example in examples({name: self._values_of(name) for name in sorted(names)}, TRIED_MAX):
            facts = {**whole(example), "now": NOW}
            if never(facts) < 0:
                rules = tuple(fit[index][0] for index in met(facts))
                found.setdefault((rules, beside(facts)), Lead(facts, rules))
        return list(found.values())

    def _values_of(self, name: str) -> Sequence[object]:
        values = self._values.get(name, [])
        if name in self._required:
            values = [plain(name), *(value for value in values if value is not None)]
        return [value for value in values if (name, value) != ("consent", "denied")]


def _groups(asked: Spelled, required: Iterable[str]) -> list[frozenset[str]]:
    """The names of a lead in groups that no condition has in common; first those that go with activities."""
    beside = frozenset(filter(is_of_lead, (name for node in _by_deed(asked) for name in names_in(node))))
    by_lead = [names_in(node) for node in (*asked.fit, *asked.asides) if not names_in(node) & ACTIVITY]
    every = beside.union(*by_lead, required)
    groups: list[frozenset[str]] = []
    for names in (*by_lead, *(frozenset({name}) for name in required), beside):
        joined = names | (every & _LINKED if names & _LINKED else frozenset())
        akin = [group for group in groups if group & joined]
        groups = [joined.union(*akin), *(group for group in groups if group not in akin)]
    return groups


def _by_deed(asked: Spelled) -> list[Node]:
    """The conditions that ask for activities."""
    asides = (node for node in asked.asides if names_in(node) & ACTIVITY)
    return [*asked.engagement, *asked.lanes, *asides]
