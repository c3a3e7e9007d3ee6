"""The most fit and engagement that a lead can have: every sort of lead, and of what it does, is tried."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.agreement.building.score import PointsRule
from shared.agreement.building.scoring import engagement_rules, fit_rules
from shared.agreement.building.spelled import Spelled, spelled
from shared.agreement.conditions.examples import ALWAYS, EMAIL, is_of_lead
from shared.agreement.conditions.nodes import Node, Test, tests_of
from shared.agreement.conditions.possible import Sort, holds, sorts_of_leads
from shared.agreement.conditions.vocabulary import Kind, canonical
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile
from shared.agreement.written.scoring import Engagement

_DENIED = Test("consent", Kind.TEXT, "is", ("denied",))


class Most(NamedTuple):
    """A sort of lead: the rules of fit that it meets, and its engagement if it does all it can."""

    fit: tuple[PointsRule, ...]
    engagement: int

    @property
    def points(self) -> int:
        """Its points of fit."""
        return sum(rule.points for rule in self.fit)


def most_of(file: AgreementFile, conditions: Mapping[Path, Condition]) -> list[Most]:
    """The best leads of those that are not set aside and have what an MQL requires; several, if one that fits
    better can do less. None if there is no such lead.
    """
    asked = spelled(file, conditions)
    deeds = _Deeds(file.scoring.engagement, engagement_rules(file, conditions), asked.engagement)
    requires = {canonical(name) or name for name in file.definitions.mql.requires}
    known = requires | ALWAYS | (EMAIL if requires & EMAIL else set())
    found = [Most((), 0 if deeds.of_leads else deeds.most(frozenset()))]
    for group in _groups(asked, fit_rules(file, conditions), deeds.of_leads):
        best = list(group.best(known, deeds))
        found = [Most(one.fit + more.fit, one.engagement + more.engagement) for one in found for more in best]
    return found


class _Group(NamedTuple):
    """Conditions that share no name with others. `beside`: what is asked together with activities."""

    fit: Sequence[tuple[PointsRule, Node]] = ()
    never: Sequence[Node] = ()
    beside: Sequence[Test] = ()

    @property
    def tests(self) -> list[Test]:
        """All its comparisons."""
        nodes = (*(node for _, node in self.fit), *self.never, *self.beside)
        return [test for node in nodes for test in tests_of(node)]

    def and_(self, other: "_Group") -> "_Group":
        """Both as one."""
        fit, never, beside = other
        return _Group([*self.fit, *fit], [*self.never, *never], [*self.beside, *beside])

    def best(self, known: Iterable[str], deeds: "_Deeds") -> Iterator[Most]:
        """For each engagement that its leads can have, those who fit best."""
        leads = sorts_of_leads(self.tests, known)
        if leads is None:
            giving = tuple(rule for rule, _ in self.fit if rule.points > 0)
            yield Most(giving, deeds.most(None) if self.beside else 0)
            return
        best: dict[int, Most] = {}
        for lead in leads:
            if not any(holds(node, lead) for node in self.never):
                fit = tuple(rule for rule, node in self.fit if holds(node, lead))
                found = Most(fit, deeds.most(lead) if self.beside else 0)
                best[found.engagement] = max(
                    best.get(found.engagement, found), found, key=lambda one: one.points
                )
        yield from best.values()


def _groups(asked: Spelled, fit: Sequence[PointsRule], beside: Sequence[Test]) -> list[_Group]:
    asides = [node for node in asked.asides if all(is_of_lead(test.name) for test in tests_of(node))]
    parts = [_Group(fit=[(rule, node)]) for rule, node in zip(fit, asked.fit, strict=True)]
    parts += [_Group(never=[node]) for node in (*asides, _DENIED)]
    parts += [_Group(beside=beside)] if beside else []
    groups: list[tuple[set[str], _Group]] = []
    for part in parts:
        names, whole = {test.name for test in part.tests}, part
        for group in [one for one in groups if one[0] & names]:
            groups.remove(group)
            names, whole = names | group[0], group[1].and_(whole)
        groups.append((names, whole))
    return [group for _, group in groups]


class _Deeds:
    """What leads can do, as far as the rules of engagement tell it apart."""

    def __init__(self, written: Engagement, rules: Sequence[PointsRule], nodes: Sequence[Node]) -> None:
        tests = dict.fromkeys(test for node in nodes for test in tests_of(node))
        self.of_leads = [test for test in tests if is_of_lead(test.name)]
        self._sorts = sorts_of_leads([test for test in tests if not is_of_lead(test.name)], ALWAYS)
        self._rules = list(zip(rules, nodes, strict=True))
        self._written = written
        self._kept: dict[Sort | None, int] = {}

    def most(self, lead: Sort | None) -> int:
        """The most engagement that a sort of lead can have; None: that nobody knows of what sort it is."""
        asked = None if lead is None else lead.intersection(self.of_leads)
        if asked not in self._kept:
            self._kept[asked] = self._most(list(self._each(asked)))
        return self._kept[asked]

    def _each(self, lead: Sort | None) -> Iterator[list[PointsRule]]:
        """The rules that give points together, for each sort of activity."""
        if lead is None or self._sorts is None:
            yield from ([rule] for rule, _ in self._rules if rule.points > 0)
            return
        for done in self._sorts:
            yield [rule for rule, node in self._rules if holds(node, lead | done)]

    def _most(self, each: Iterable[Sequence[PointsRule]]) -> int:
        """What has no cap has no end; of what has one counts the share that is left by what goes with it."""
        cap, shares = self._written.cap, dict[PointsRule, float]()
        for rules in each:
            capped = sum(rule.points for rule in rules if rule.at_most is not None and rule.points > 0)
            free = sum(rule.points for rule in rules if rule.at_most is None)
            if free > 0:
                return cap
            for rule in rules:
                if rule.at_most is not None and rule.points > 0:
                    shares[rule] = max(shares.get(rule, 0.0), (capped + free) / capped)
        return min(cap, math.floor(sum(self._full(rule) * share for rule, share in shares.items())))

    def _full(self, rule: PointsRule) -> float:
        """At the opening of a window both it and the one before are full, and older ones have faded."""
        assert rule.at_most is not None
        halvings = rule.at_most.per / self._written.half_life
        return rule.at_most.points * (1 + 1 / (1 - math.pow(0.5, halvings)))
