"""Fit: what a lead is worth by who it is, with the lines of the receipt that say so."""

from functools import lru_cache
from typing import Any, Final

import msgspec

from shared.agreement import Agreement, Facts, PointsRule
from shared.contracts.values import Point

_KEPT_MAX: Final = 4096


class Fit(msgspec.Struct, frozen=True):
    """The rules that hold, their points together, and the grade and the receipt's lines that these make."""

    rules: tuple[PointsRule, ...]
    points: int
    grade: str
    lines: tuple[Point, ...]


def fit_of(facts: Facts, agreement: Agreement) -> Fit:
    """The fit of a lead with these facts."""
    return _fits(agreement).of(facts)


class _Fits:
    """The fits by one agreement. A lead is asked for again with all that it does, and changes rarely."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        rules = agreement.sections.fit.choices
        asked = frozenset[str]().union(*(rule.condition.names for rule in rules))
        by_the_clock = asked & {name for name, _ in agreement.sections.scoring_withins}
        self._alike = () if by_the_clock else tuple(sorted(asked))
        self._kept: dict[tuple[Any, ...], Fit] = {}

    def of(self, facts: Facts) -> Fit:
        if not self._alike:
            return self._new(facts)
        met = tuple(map(facts.get, self._alike))
        try:
            return self._kept[met]
        except KeyError:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            found = self._kept[met] = self._new(facts)
            return found

    def _new(self, facts: Facts) -> Fit:
        rules = tuple(self._agreement.fit_for(facts))
        points = sum(rule.points for rule in rules)
        lines = (
            Point(name=rule.name, points=rule.points, sentence=rule.sentence(facts), worth=rule.points)
            for rule in rules
        )
        return Fit(rules, points, self._agreement.grade_of(points), tuple(lines))


_fits: Final = lru_cache(maxsize=8)(_Fits)
