"""Examples of what rules ask for, to be tried by the rules themselves.

A value counts as what the comparisons say of it; of a pattern that no text is found for there is no example.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any, Final, TypeAlias

from shared.agreement.conditions.generate import each_that_holds
from shared.agreement.conditions.nodes import Facts, Test
from shared.agreement.conditions.possible import numbers_around
from shared.agreement.conditions.vocabulary import ACTIVITY, JUDGED, VOCABULARY, Kind

Values: TypeAlias = Mapping[str, Sequence[object]]
"""Of each name, a value of each sort; None is none."""

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The present of every example."""

_OTHER: Final = "\N{WHITE SQUARE}"
_SEARCHED: Final = ("has_word", "contains", "starts_with", "matches")
_CATEGORIES: Final = {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}
ALWAYS: Final = frozenset(
    {"captured.at", "captured.via", "consent", "source", "activity.type", "activity.at", "activity.source"}
)
"""What every lead, and all that one does, has."""

EMAIL: Final = frozenset({"email", "email.domain", "email.is_free", "email.is_disposable"})
"""What is known together, or not at all."""


def is_of_lead(name: str) -> bool:
    """Whether a lead itself has it, and neither what it did, nor what is concluded from it."""
    return name not in ACTIVITY | JUDGED and name != "segment"


def values_apart(tests: Iterable[Test]) -> dict[str, list[object]]:
    """Of every name that is compared, a value of each sort that is told apart, plain ones first."""
    by_name: dict[str, dict[Test, None]] = {}
    for test in tests:
        by_name.setdefault(test.name, {})[test] = None
    return {name: _apart(name, list(compared)) for name, compared in by_name.items()}


def examples(values: Values, most: int) -> Iterator[dict[str, object]]:
    """What can be known by these values, the fewest facts first; none if there are more than `most`."""
    choices = [[(name, value) for value in of_name] for name, of_name in values.items()]
    every = list(product(*choices)) if _count(values) <= most else []
    every.sort(key=lambda chosen: sum(value is not None for _, value in chosen))
    for chosen in every:
        yield {name: value for name, value in chosen if value is not None}


def deed(facts: Facts) -> dict[str, object]:
    """The facts of something that a lead does now."""
    return {"activity.type": _OTHER, "activity.source": _OTHER, **facts, "activity.at": NOW, "now": NOW}


def whole(facts: Facts) -> dict[str, object]:
    """The facts with all that goes with them: whoever has an address has a domain, and an account by it."""
    found = dict(facts)
    if not EMAIL.isdisjoint(facts):
        domain = facts.get("email.domain", _OTHER)
        plain = {"email": f"{_OTHER}@{domain}", "email.domain": domain}
        found = {**plain, "email.is_free": False, "email.is_disposable": False, **found}
    is_own = not (found.get("email.is_free") or found.get("email.is_disposable"))
    account = found.get("company.domain", found.get("email.domain") if is_own else None)
    return found if account is None else {"account": account, **found}


def plain(name: str) -> object:
    """A value of a name that nothing asks for."""
    return next(value for value in _candidates(name, ()) if value is not None)


def _count(values: Values) -> int:
    count = 1
    for of_name in values.values():
        count *= len(of_name)
    return count


def _apart(name: str, tests: Sequence[Test]) -> list[object]:
    met = each_that_holds(tests)
    found: dict[tuple[int, ...], object] = {}
    for value in [*([] if name in ALWAYS else [None]), *_candidates(name, tests)]:
        found.setdefault(met({name: value, "now": NOW}), value)
    return list(found.values())


def _candidates(name: str, tests: Sequence[Test]) -> list[Any]:
    word = VOCABULARY[name]
    match word.kind:
        case Kind.TRUTH:
            return [False, True]
        case Kind.NUMBER:
            return sorted(
                numbers_around(_operands(tests), whole=word.is_whole), key=lambda one: (one < 0, one)
            )
        case Kind.INSTANT:
            ages = [timedelta(), *_operands(tests)]
            return [*(NOW - age for age in ages), NOW - max(ages) - timedelta(seconds=1)]
        case Kind.TEXT if word.values:
            return list(word.values)
        case _:
            return [_OTHER, *_texts(tests)]


def _operands(tests: Iterable[Test]) -> list[Any]:
    return [one for test in tests if isinstance(test.operand, tuple) for one in test.operand] + [
        test.operand for test in tests if isinstance(test.operand, timedelta)
    ]


def _texts(tests: Sequence[Test]) -> Iterator[str]:
    """Texts that are compared with, or searched for; and what two, or all, are searched for in."""
    for test in tests:
        if test.operator == "in_list":
            yield from sorted(test.listed)[:1]
        elif test.operator != "matches":
            yield from (one for one in _operands([test]) if isinstance(one, str))
    samples = [sample for test in tests if test.operator in _SEARCHED and (sample := _sample(test))]
    yield from samples
    yield from (" ".join(pair) for pair in combinations(samples, 2))
    yield " ".join(samples)


def _sample(test: Test) -> str:
    operand = str(_operands([test])[0])
    if test.operator != "matches":
        return operand
    try:
        # Private, and all there is: rstr and sre_yield read patterns by it too, greenery knows no \b.
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            return _text_of(re._parser.parse(operand))  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError):
        return ""


def _text_of(parsed: Iterable[tuple[object, Any]]) -> str:
    return "".join(_text_of_part(str(what), given) for what, given in parsed)


def _text_of_part(what: str, given: Any) -> str:
    """The first and shortest that a part of a pattern matches; nothing for what only looks around."""
    match what:
        case "IN":
            return _text_of(given[:1])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _text_of(given[2]) * int(given[0])
        case "BRANCH":
            return _text_of(given[1][0])
        case "SUBPATTERN":
            return _text_of(given[-1])
        case _:
            return _character(what, given)


def _character(what: str, given: Any) -> str:
    match what:
        case "LITERAL":
            return chr(given)
        case "RANGE":
            return chr(given[0])
        case "CATEGORY":
            return _CATEGORIES.get(str(given), _OTHER)
        case "ANY" | "NOT_LITERAL" | "NEGATE":
            return _OTHER
        case _:
            return ""
