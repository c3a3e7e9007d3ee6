"""Which conditions can hold together: tries every sort of lead that their comparisons tell apart.

What is called impossible is impossible. Some of what is called possible is not: whether a text can have two
words, match a pattern or be in a list is not looked into, and names are taken to be independent. A pattern
may see letters and blanks that other comparisons do not, so it may match what they take for the same, or not.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, islice, pairwise, product
from math import prod
from typing import Any, Final, TypeAlias

from shared.agreement.conditions.generate import each_that_holds
from shared.agreement.conditions.nodes import All, Always, AnyOf, Node, Not, Test, entails, tests_of
from shared.agreement.conditions.vocabulary import ALWAYS_KNOWN, GRADES, VOCABULARY, Kind

Sort: TypeAlias = frozenset[Test]
"""The comparisons that hold, for one sort of value or of lead."""

TRIED_MAX: Final = 20_000
"""Sorts of leads that are tried at most."""

_LOOSE_MAX: Final = 12
_LOOSE: Final = ("has_word", "contains", "starts_with", "matches", "in_list")
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ANY_OTHER: Final = "\N{WHITE SQUARE}"


def can_hold(wanted: Sequence[Node], unwanted: Sequence[Node] = ()) -> bool:
    """Whether a lead may fulfil all that is wanted and nothing that is unwanted."""
    names = [test.name for node in (*wanted, *unwanted) for test in tests_of(node)]
    if len(set(names)) == len(names) and not any(VOCABULARY[name].is_bounded for name in names):
        return True  # Names are independent, and each of these comparisons may hold or not.
    leads = sorts_of_leads([*wanted, *unwanted], ALWAYS_KNOWN)
    return leads is None or any(
        all(holds(node, lead) for node in wanted) and not any(holds(node, lead) for node in unwanted)
        for lead in leads
    )


def sorts_of_leads(nodes: Iterable[Node], known: Iterable[str] = ()) -> list[Sort] | None:
    """Every sort of lead that these tell apart, if there are not too many. `known`: names with a value."""
    by_name: dict[str, dict[Test, None]] = {}
    for test in chain.from_iterable(tests_of(node) for node in nodes):
        by_name.setdefault(test.name, {})[test] = None
    if any(sum(test.operator in _LOOSE for test in tests) > _LOOSE_MAX for tests in by_name.values()):
        return None
    given = frozenset(known)
    sorts = [_sorts(name, list(tests), name in given) for name, tests in by_name.items()]
    if prod(len(of_name) for of_name in sorts) > TRIED_MAX:
        return None
    return [frozenset[Test]().union(*chosen) for chosen in product(*sorts)]


def holds(node: Node, lead: Sort) -> bool:
    """Whether a condition holds for a sort of lead."""
    match node:
        case Always():
            return True
        case Test():
            return node in lead
        case All(parts):
            return all(holds(part, lead) for part in parts)
        case AnyOf(parts):
            return any(holds(part, lead) for part in parts)
        case Not(part):
            return not holds(part, lead)


def _sorts(name: str, tests: Sequence[Test], is_known: bool) -> list[Sort]:
    """Every sort of value that these comparisons of one name tell apart."""
    met = each_that_holds(tests)

    def of(value: object) -> Sort:
        return frozenset(tests[index] for index in met({name: value, "now": _NOW}))

    found = [of(value) for value in _values(name, tests)]
    if VOCABULARY[name].kind is Kind.TEXT and not VOCABULARY[name].values:
        loose = [test for test in tests if test.operator in _LOOSE]
        patterns = [test for test in loose if test.operator == "matches"]
        alike = dict.fromkeys(sort.difference(patterns) for sort in found)
        others = of(_ANY_OTHER).difference(loose)
        every = chain(_with_any(alike, patterns), _with_any([others], loose))
        found = list(islice(every, TRIED_MAX + 1))
    if not is_known:
        found.append(of(None))
    return list(dict.fromkeys(found))


def _with_any(sorts: Iterable[Sort], free: Sequence[Test]) -> Iterator[Sort]:
    """Each sort with some, all or none of the comparisons that may hold for it or not."""
    follows = [(one, other) for one in free for other in free if one != other and entails(one, other)]
    for sort in sorts:
        for size in range(len(free) + 1):
            for some in combinations(free, size):
                if all(one not in some or other in some for one, other in follows):
                    yield sort.union(some)


def _values(name: str, tests: Sequence[Test]) -> list[Any]:
    """Values that stand for all that these comparisons can tell apart; texts that are compared as a whole."""
    operands = [one for test in tests if test.operator not in _LOOSE for one in _operands(test)]
    match VOCABULARY[name].kind:
        case Kind.TRUTH:
            return [True, False]
        case Kind.GRADE:
            return list(GRADES)
        case Kind.NUMBER:
            least, most = VOCABULARY[name].least, VOCABULARY[name].most
            tried = numbers_around(operands, whole=VOCABULARY[name].is_whole)
            return [number for number in tried if least <= number <= most]
        case Kind.INSTANT:
            ages = [timedelta(), *operands]
            return [*(_NOW - age for age in ages), _NOW - max(ages) - timedelta(seconds=1)]
        case Kind.TEXT:
            return list(VOCABULARY[name].values) or operands


def numbers_around(operands: Sequence[float], *, whole: bool) -> list[float]:
    """The operands, and numbers below, between and above them."""
    numbers = sorted({0, *operands})
    if whole:
        return sorted({math.floor(number) + step for number in numbers for step in (-1, 0, 1)})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    return [numbers[0] - 1, *numbers, *between, numbers[-1] + 1]


def _operands(test: Test) -> tuple[Any, ...]:
    if isinstance(test.operand, tuple):
        return test.operand
    return () if test.operand is None else (test.operand,)
