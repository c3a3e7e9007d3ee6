"""What keeps a lead from being an MQL by its score, as the smallest changes that would do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from services.scoring.domain.fading import WHOLE
from services.scoring.domain.given import within_cap
from services.scoring.domain.score import Sum, bounded, weigh, window_of
from shared.agreement import Agreement, Facts, PointsRule

_WAYS_MAX: Final = 3
_KEPT_MAX: Final = 4096


class _Way(NamedTuple):
    """A change, in words, and how far one gets with it alone."""

    words: str
    reaches: int


def missing_of(total: Sum, facts: Facts, agreement: Agreement, now: datetime) -> Iterator[str]:
    """One sentence for each part of the definition that does not hold."""
    mql = agreement.mql
    if total.score < mql.score_at_least:
        yield _points(agreement, total.score, total.fit_points, total.engagement // WHOLE, _spent(total, now))
    if total.grade > mql.grade_at_least:
        known = _asked_of_fit(agreement).intersection(facts)
        yield _fit(agreement, total.grade, total.fit_points, total.fit.rules, known)
    for name in mql.requires:
        if name not in facts:
            yield f"{name} is unknown"


# Sentences are kept by all that they depend on: many leads lack the same.


@lru_cache(maxsize=_KEPT_MAX)
def _points(
    agreement: Agreement, score: int, fit_points: int, engagement: int, spent: tuple[tuple[str, int], ...]
) -> str:
    """How many points are missing. `engagement`: in whole points, before floor and cap."""
    wanted = agreement.mql.score_at_least
    short = wanted - score
    points = "point" if short == 1 else "points"
    said = f"{short} {points}: the score is {score}, an MQL has {wanted}"
    return said + _would_do(_activities(agreement, fit_points, engagement, dict(spent)), score, wanted)


def _activities(
    agreement: Agreement, fit_points: int, engagement: int, spent: Mapping[str, int]
) -> list[_Way]:
    """What one activity more, now, would make of the score: for each rule that still gives points."""
    ways = []
    for rule in agreement.sections.engagement.choices:
        points = within_cap(rule, spent.get(rule.name, 0))
        more = bounded((engagement + points) * WHOLE, agreement)
        ways.append(_Way(f"one '{rule.name}'", weigh(agreement, fit_points, more)))
    return ways


def _spent(total: Sum, now: datetime) -> tuple[tuple[str, int], ...]:
    """What each rule has given in the window of its cap that is now."""
    spent: Counter[str] = Counter()
    for hit in total.hits:
        rule, at = hit.rule, hit.activity.at
        # Most are too old for any window that is now, which is cheaper to see.
        is_near = rule.at_most is not None and abs(now - at) < rule.at_most.per
        if is_near and window_of(rule, at) == window_of(rule, now):
            spent[rule.name] += abs(hit.points)
    return tuple(sorted(spent.items()))


@lru_cache(maxsize=_KEPT_MAX)
def _fit(
    agreement: Agreement, grade: str, fit_points: int, fit: tuple[PointsRule, ...], known: frozenset[str]
) -> str:
    """How far the fit is from the grade. `known`: of the names that its rules ask for."""
    wanted = agreement.mql.grade_at_least
    starts = dict(agreement.sections.grade_from)[wanted]
    said = f"a better fit: the grade is {grade}, an MQL has {wanted}"
    return said + _would_do(_unknown_facts(agreement, fit_points, fit, known), fit_points, starts)


@lru_cache(maxsize=8)
def _asked_of_fit(agreement: Agreement) -> frozenset[str]:
    return frozenset[str]().union(*(rule.condition.names for rule in agreement.sections.fit.choices))


def _unknown_facts(
    agreement: Agreement, fit_points: int, fit: tuple[PointsRule, ...], known: frozenset[str]
) -> list[_Way]:
    """What the rules that ask for nothing but unknown facts would add to the fit."""
    ways = []
    for rule in agreement.sections.fit.choices:
        asked = rule.condition.names
        if rule not in fit and not asked & known:
            unknown = " and ".join(sorted(asked))
            ways.append(_Way(f"'{rule.name}' ({unknown} unknown)", fit_points + rule.points))
    return ways


def _would_do(ways: Sequence[_Way], so_far: int, wanted: int) -> str:
    """The smallest changes that are enough alone; else the fewest of the largest that are together."""
    enough = sorted((way for way in ways if way.reaches >= wanted), key=lambda way: way.reaches)
    if enough:
        return "; " + " or ".join(way.words for way in enough[:_WAYS_MAX]) + " would do"
    together, reached = [], so_far
    for way in sorted(ways, key=lambda way: -way.reaches):
        if reached < wanted and way.reaches > so_far:
            together.append(way.words)
            reached += way.reaches - so_far
    return "; " + " and ".join(together) + " would do" if reached >= wanted else ""
