"""What keeps a lead from being an MQL by its score, as the smallest changes that would do."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """A change, in words, and the points that it adds. `finds`: the facts that it makes known."""

    words: str
    points: int
    finds: frozenset[str] = frozenset()


def missing_of(
    total: Sum, facts: Facts, agreement: Agreement, now: datetime, fast_lane: str | None
) -> Iterator[str]:
    """One sentence for each part of the definition that does not hold; the first names the open fast lanes.

    `fast_lane`: the one it is on.
    """
    lanes = _lanes(agreement) if fast_lane is None else ""
    for lacks, enough in _lacking(total, facts, agreement, now):
        would_do = ", or ".join(filter(None, (enough, lanes)))
        yield f"{lacks}; {would_do} would do" if would_do else lacks
        lanes = ""


def _lacking(total: Sum, facts: Facts, agreement: Agreement, now: datetime) -> Iterator[tuple[str, str]]:
    """What does not hold, and what is enough to make it hold; blank where nothing is."""
    mql = agreement.mql
    if total.score < mql.score_at_least:
        yield _points(agreement, total.fit_points, total.engagement // WHOLE, _spent(total, now))
    if total.grade > mql.grade_at_least:
        known = _asked_of_fit(agreement).intersection(facts)
        yield _fit(agreement, total.grade, total.fit_points, total.fit.rules, known)
    for name in mql.requires:
        if name not in facts:
            yield f"{name} is unknown", ""


# What is said is kept by all that it depends on: many leads lack the same.


@lru_cache(maxsize=_KEPT_MAX)
def _points(
    agreement: Agreement, fit_points: int, engagement: int, spent: tuple[tuple[str, int], ...]
) -> tuple[str, str]:
    """How many points are missing. `engagement`: in whole points, before floor and cap."""

    def reached(more: int) -> int:
        return weigh(agreement, fit_points, bounded((engagement + more) * WHOLE, agreement))

    wanted, score = agreement.mql.score_at_least, reached(0)
    short = wanted - score
    points = "point" if short == 1 else "points"
    said = f"{short} {points}: the score is {score}, an MQL has {wanted}"
    return said, _enough(_activities(agreement, dict(spent)), reached, wanted)


def _activities(agreement: Agreement, spent: Mapping[str, int]) -> list[_Way]:
    """What one activity more, now, would add: for each rule that asks for nothing of the lead itself."""
    return [
        _Way(f"one '{rule.name}'", within_cap(rule, spent.get(rule.name, 0)))
        for rule in agreement.sections.engagement.choices
        if _anybody_can(rule.condition.names)
    ]


@lru_cache(maxsize=8)
def _lanes(agreement: Agreement) -> str:
    """The fast lanes that are open to whoever does what they ask for."""
    open_to_all = [lane.name for lane in agreement.fast_lanes if _anybody_can(lane.condition.names)]
    return " or ".join(f"one '{name}' (fast lane)" for name in open_to_all[:_WAYS_MAX])


def _anybody_can(asked: frozenset[str]) -> bool:
    return all(name.startswith("activity.") for name in asked)


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
) -> tuple[str, str]:
    """How far the fit is from the grade. `known`: of the names that its rules ask for."""
    wanted = agreement.mql.grade_at_least
    starts = agreement.sections.grades.start[wanted]
    said = f"a better fit: the grade is {grade}, an MQL has {wanted}"
    return said, _enough(_unknown_facts(agreement, fit, known), lambda more: fit_points + more, starts)


@lru_cache(maxsize=8)
def _asked_of_fit(agreement: Agreement) -> frozenset[str]:
    return frozenset[str]().union(*(rule.condition.names for rule in agreement.sections.fit.choices))


def _unknown_facts(agreement: Agreement, fit: tuple[PointsRule, ...], known: frozenset[str]) -> list[_Way]:
    """What the rules that ask for nothing but unknown facts would add to the fit."""
    ways = []
    for rule in agreement.sections.fit.choices:
        asked = rule.condition.names
        if rule not in fit and not asked & known:
            unknown = " and ".join(sorted(asked))
            ways.append(_Way(f"'{rule.name}' ({unknown} unknown)", rule.points, asked))
    return ways


def _enough(ways: Sequence[_Way], reached: Callable[[int], int], wanted: int) -> str:
    """The smallest changes that are enough alone; else the fewest of the largest that are together.

    `reached`: how far one gets with so many points more. Of what two changes make known only one can be.
    """
    by_points = sorted((way for way in ways if way.points > 0), key=lambda way: way.points)
    alone = [way.words for way in by_points if reached(way.points) >= wanted]
    if alone:
        return " or ".join(alone[:_WAYS_MAX])
    together: list[_Way] = []
    for way in reversed(by_points):
        if all(way.finds.isdisjoint(other.finds) for other in together):
            together.append(way)
        if reached(sum(one.points for one in together)) >= wanted:
            return " and ".join(one.words for one in together)
    return ""
