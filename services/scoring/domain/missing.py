"""What keeps a lead from being an MQL by its score, as the smallest changes that would do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from services.scoring.domain.fading import WHOLE
from services.scoring.domain.score import Sum, bounded, weigh, window_of, within_cap
from shared.agreement import Agreement, Facts

_WAYS_MAX: Final = 3


class _Way(NamedTuple):
    """A change, in words, and how far one gets with it alone."""

    words: str
    reaches: int


def missing_of(total: Sum, facts: Facts, agreement: Agreement, now: datetime) -> Iterator[str]:
    """One sentence for each part of the definition that does not hold."""
    mql = agreement.mql
    if total.score < mql.score_at_least:
        short = mql.score_at_least - total.score
        points = "point" if short == 1 else "points"
        said = f"{short} {points}: the score is {total.score}, an MQL has {mql.score_at_least}"
        yield said + _would_do(_activities(total, agreement, now), total.score, mql.score_at_least)
    if total.grade > mql.grade_at_least:
        starts = dict(agreement.sections.grade_from)[mql.grade_at_least]
        said = f"a better fit: the grade is {total.grade}, an MQL has {mql.grade_at_least}"
        yield said + _would_do(_unknown_facts(total, facts, agreement), total.fit_points, starts)
    for name in mql.requires:
        if name not in facts:
            yield f"{name} is unknown"


def _activities(total: Sum, agreement: Agreement, now: datetime) -> list[_Way]:
    """What one activity more, now, would make of the score: for each rule that still gives points."""
    ways, spent = [], _spent(total, now)
    for rule in agreement.sections.engagement.choices:
        points = within_cap(rule, spent[rule.name])
        engagement = bounded(total.engagement + points * WHOLE, agreement)
        ways.append(_Way(f"one '{rule.name}'", weigh(agreement, total.fit_points, engagement)))
    return ways


def _spent(total: Sum, now: datetime) -> Counter[str]:
    """What each rule has given in the window of its cap that is now."""
    spent: Counter[str] = Counter()
    for hit in total.hits:
        rule = hit.rule
        if rule.at_most is not None and window_of(rule, hit.activity.at) == window_of(rule, now):
            spent[rule.name] += abs(hit.points)
    return spent


def _unknown_facts(total: Sum, facts: Facts, agreement: Agreement) -> list[_Way]:
    """What the rules that ask for nothing but unknown facts would add to the fit."""
    ways = []
    for rule in agreement.sections.fit.choices:
        asked = rule.condition.names
        if rule not in total.fit and not asked & facts.keys():
            unknown = " and ".join(sorted(asked))
            ways.append(_Way(f"'{rule.name}' ({unknown} unknown)", total.fit_points + rule.points))
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
