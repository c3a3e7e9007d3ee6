"""Fit: what a lead is worth by who it is, with the lines of the receipt that say so."""

from collections.abc import Callable
from functools import lru_cache, partial

import msgspec

from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.alike import Alike, by_words
from shared.contracts.values import Point


class Fit(msgspec.Struct, frozen=True):
    """The rules that hold, their points together, and the grade and the receipt's lines that these make."""

    rules: tuple[PointsRule, ...]
    points: int
    grade: str
    lines: tuple[Point, ...]


def fit_of(facts: Facts, agreement: Agreement) -> Fit:
    """The fit of a lead with these facts."""
    return _fit_by(agreement)(facts)


@lru_cache(maxsize=8)
def _fit_by(agreement: Agreement) -> Callable[[Facts], Fit]:
    """What finds the fit. A lead is asked for again with all that it does, and changes rarely."""
    rules = agreement.sections.fit.choices
    asked = frozenset[str]().union(*(rule.condition.names for rule in rules))
    find = partial(_fit, agreement)
    by_the_clock = asked & {name for name, _ in agreement.sections.scoring_withins}
    return find if by_the_clock else Alike(by_words(asked), find).of


def _fit(agreement: Agreement, facts: Facts) -> Fit:
    rules = tuple(agreement.fit_for(facts))
    points = sum(rule.points for rule in rules)
    lines = (
        Point(name=rule.name, points=rule.points, sentence=rule.sentence(facts), worth=rule.points)
        for rule in rules
    )
    return Fit(rules, points, agreement.grade_of(points), tuple(lines))
