"""What keeps a lead from being an MQL by its score, and the smallest changes that would do."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Final, TypeAlias

from services.scoring.domain.fading import WHOLE
from services.scoring.domain.given import within_cap
from services.scoring.domain.options import Deed, Find, Options, options_of
from services.scoring.domain.score import Sum, bounded, weigh, window_of
from shared.agreement import Agreement, Facts

_WAYS_MAX: Final = 3
_STEPS_MAX: Final = 8
_KEPT_MAX: Final = 4096
_TIMES: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")

_Step: TypeAlias = Deed | Find
_Spent: TypeAlias = tuple[tuple[str, int], ...]


def missing_of(total: Sum, facts: Facts, agreement: Agreement, now: datetime) -> tuple[str, ...]:
    """One sentence for each part of the definition that does not hold; the last says what would do for all.

    The lead is not set aside, and on no fast lane.
    """
    mql = agreement.mql
    unknown = tuple([name for name in mql.requires if name not in facts])
    if total.score >= mql.score_at_least and total.grade <= mql.grade_at_least and not unknown:
        return ()
    options = options_of(facts, agreement)
    return _said(agreement, options, unknown, total.fit_points, total.engagement // WHOLE, _spent(total, now))


def _spent(total: Sum, now: datetime) -> _Spent:
    """What each rule has given in the window of its cap that is now.

    Of what is taken away nothing: once more it may take the place of one that has faded.
    """
    spent: Counter[str] = Counter()
    for hit in total.hits:
        rule, at = hit.rule, hit.activity.at
        # Most are too old for any window that is now, which is cheaper to see.
        is_near = rule.at_most is not None and abs(now - at) < rule.at_most.per
        if is_near and rule.points > 0 and window_of(rule, at) == window_of(rule, now):
            spent[rule.name] += hit.points
    return tuple(sorted(spent.items()))


# What is said is kept by all that it depends on: many leads lack the same.


@lru_cache(maxsize=_KEPT_MAX)
def _said(
    agreement: Agreement,
    options: Options,
    unknown: tuple[str, ...],
    fit: int,
    engagement: int,
    spent: _Spent,
) -> tuple[str, ...]:
    """`fit` and `engagement` in whole points, before floor and cap."""
    with_required = fit + options.required_points
    known = f" with {' and '.join(unknown)} known" if options.required_points else ""
    lacks = [
        *_lacking(agreement, with_required, engagement, known),
        *(f"{one} is unknown" for one in unknown),
    ]
    enough = "" if options.required is None else _enough(agreement, options, with_required, engagement, spent)
    if would_do := ", or ".join(filter(None, (enough, _lanes(options)))):
        lacks[-1] += f"; {would_do} would do"
    return tuple(lacks)


def _lacking(agreement: Agreement, fit: int, engagement: int, known: str) -> Iterator[str]:
    mql, grade = agreement.mql, agreement.grade_of(fit)
    score = weigh(agreement, fit, bounded(engagement * WHOLE, agreement))
    if short := max(0, mql.score_at_least - score):
        points = "point" if short == 1 else "points"
        yield f"{short} {points}: the score is {score}{known}, an MQL has {mql.score_at_least}"
    if grade > mql.grade_at_least:
        yield f"a better fit: the grade is {grade}{known}, an MQL has {mql.grade_at_least}"


def _lanes(options: Options) -> str:
    return " or ".join(f"one '{lane}' (fast lane)" for lane in options.lanes[:_WAYS_MAX])


@lru_cache(maxsize=_KEPT_MAX)
def _needed(agreement: Agreement, fit: int) -> float:
    """The least engagement with which a lead of this fit is an MQL; infinite if none is enough."""
    mql = agreement.mql
    if agreement.grade_of(fit) > mql.grade_at_least:
        return math.inf
    each = range(agreement.engagement_cap + 1)
    return next((points for points in each if weigh(agreement, fit, points) >= mql.score_at_least), math.inf)


def _enough(agreement: Agreement, options: Options, fit: int, engagement: int, spent: _Spent) -> str:
    """The smallest steps that are enough alone; else the fewest of the largest that are together."""
    needed = _needed(agreement, fit)
    if needed <= max(0, engagement):
        return ""
    alone: list[_Step] = [
        *(find for find in options.finds if _needed(agreement, fit + find.points) <= max(0, engagement)),
        *(deed for deed, more in _gains(options, spent) if needed <= engagement + more),
    ]
    if alone:
        alone.sort(key=attrgetter("points"))
        return " or ".join([_in_words(options, [step]) for step in alone[:_WAYS_MAX]])

    def short(steps: Sequence[_Step]) -> tuple[float, int]:
        """How much engagement is still needed; and the fit, which counts while none is enough."""
        better = fit + sum([step.points for step in steps if isinstance(step, Find)])
        needed = _needed(agreement, better)
        return needed and needed - engagement - _gained(steps, spent), -better

    return _in_words(options, _together([*options.finds, *options.deeds], short))


@lru_cache(maxsize=_KEPT_MAX)
def _gains(options: Options, spent: _Spent) -> list[tuple[Deed, int]]:
    """What each activity gives once."""
    return [(deed, _gained([deed], spent)) for deed in options.deeds]


def _gained(steps: Sequence[_Step], spent: _Spent) -> int:
    """What the activities among these give one after the other; a cap may keep some of it."""
    so_far, gained = dict(spent), 0
    for rule in [rule for step in steps if isinstance(step, Deed) for rule in step.rules]:
        before = so_far.get(rule.name, 0)
        points = within_cap(rule, before)
        so_far[rule.name] = before + abs(points)
        gained += points
    return gained


def _together(steps: Sequence[_Step], short: Callable[[Sequence[_Step]], tuple[float, int]]) -> list[_Step]:
    """The steps that lead furthest, one after the other, the smallest last; without those not needed then."""
    taken: list[_Step] = []
    left = short(taken)
    smallest_first = sorted(steps, key=attrgetter("points"))
    while left[0] > 0:
        ways = [[*taken, step] for step in smallest_first if _goes_with(step, taken)]
        further = [(short(way), way) for way in ways]
        enough = (one for one in further if one[0][0] <= 0)
        best = next(enough, None) or min(further, key=itemgetter(0), default=(left, taken))
        if best[0] >= left or len(taken) == _STEPS_MAX:
            return []
        left, taken = best
    for step in tuple(taken):
        fewer = [one for one in taken if one is not step]
        taken = fewer if short(fewer)[0] <= 0 else taken
    return taken


def _goes_with(step: _Step, taken: Sequence[_Step]) -> bool:
    """Whether both can be, and neither changes what the other is worth."""
    finds = [one for one in taken if isinstance(one, Find)]
    return isinstance(step, Deed) or all(step.facts.isdisjoint(one.beside) for one in finds)


def _in_words(options: Options, way: Sequence[_Step]) -> str:
    """What is to be found out, and what is to be done."""
    words = [step.words for step in way if isinstance(step, Find)]
    done = [step.name for step in way if isinstance(step, Deed)]
    words += [f"{_TIMES[done.count(name)]} '{name}'" for name in dict.fromkeys(done)]
    if words and options.required:
        found = frozenset[str]().union(*(step.facts for step in way if isinstance(step, Find)))
        needed = [name for name in options.required if name not in found]
        words = [f"{' and '.join(needed)} known", *words] if needed else words
    return " and ".join(words)
