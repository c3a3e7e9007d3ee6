"""What a condition is made of once it has been read and found valid. Equal conditions are equal values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

from shared.agreement.conditions.lists import folded
from shared.agreement.conditions.readings import words
from shared.agreement.conditions.vocabulary import Kind

Facts: TypeAlias = Mapping[str, object]
"""What is known about a lead: names of the vocabulary to values. Absent, None and blank text are missing.

`now`, an instant with a zone, is needed by `within` and by playbooks that end; conditions cannot name it.
"""

Operand: TypeAlias = tuple[str, ...] | tuple[float, ...] | bool | timedelta | None


@dataclass(frozen=True, slots=True)
class Always:
    """No condition at all."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison: a name, an operator, and what the value is compared with.

    `listed` are the values of the list that `in_list` names; the name alone tells two tests apart.
    """

    __test__ = False  # pytest collects classes called Test…

    name: str
    kind: Kind
    operator: str
    operand: Operand
    listed: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part must hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold. Of a missing value no comparison holds, so `not` of one does."""

    part: "Node"


Node: TypeAlias = Always | Test | All | AnyOf | Not


def tests_of(node: Node) -> tuple[Test, ...]:
    """Every comparison in a condition, from left to right."""
    match node:
        case Test():
            return (node,)
        case All(parts) | AnyOf(parts):
            return tuple(test for part in parts for test in tests_of(part))
        case Not(part):
            return tests_of(part)
        case Always():
            return ()


def meaning(node: Node) -> object:
    """What tells a condition from another, but for the order and the letters in which it is written."""
    match node:
        case Test(name, kind, "is" | "in", tuple(operands)):
            return name, "in", frozenset(_compared(kind, "in", one) for one in operands)
        case Test(name, kind, operator, tuple(operands)):
            return name, operator, frozenset(_compared(kind, operator, one) for one in operands)
        case Test(name, _, operator, operand):
            return name, operator, operand
        case All(parts) | AnyOf(parts):
            return type(node), frozenset(meaning(part) for part in parts)
        case Not(part):
            return Not, meaning(part)
        case Always():
            return Always


def _compared(kind: Kind, operator: str, operand: str | float) -> str | float | None:
    """An operand as it is compared with what is met."""
    if not isinstance(operand, str) or kind is not Kind.TEXT or operator in ("matches", "in_list"):
        return operand
    return words(operand) if operator == "has_word" else folded(operand)


def implies(narrow: Node, wide: Node) -> bool:
    """Whether `wide` holds wherever `narrow` does, as far as their shape shows. False means: not known."""
    if isinstance(wide, Always) or narrow == wide:
        return True
    if isinstance(wide, Test) and isinstance(narrow, Test):
        return entails(narrow, wide)
    if isinstance(wide, AnyOf) and any(implies(narrow, part) for part in wide.parts):
        return True
    if isinstance(narrow, AnyOf):
        return all(implies(part, wide) for part in narrow.parts)
    if isinstance(wide, All):
        return all(implies(narrow, part) for part in wide.parts)
    return isinstance(narrow, All) and any(implies(part, wide) for part in narrow.parts)


def may_hold_without(node: Node, names: frozenset[str]) -> bool:
    """Whether it may hold though nothing of these is known, as far as its shape shows."""
    match node:
        case Test(name, _, operator):
            return name not in names or operator == "missing"
        case All(parts):
            return all(may_hold_without(part, names) for part in parts)
        case AnyOf(parts):
            return any(may_hold_without(part, names) for part in parts)
        case _:
            return True


def entails(narrow: Test, wide: Test) -> bool:
    """Whether a text of which one comparison holds is one of which the other, of the same sort, does too."""
    is_within = _WITHIN.get("is" if narrow.operator == "in" else narrow.operator)
    if is_within is None or narrow.kind is not Kind.TEXT or narrow.name != wide.name:
        return False
    if {narrow.operator, wide.operator} not in ({narrow.operator}, {"is", "in"}):
        return False
    wanted = [_compared(Kind.TEXT, wide.operator, one) for one in _operands(wide)]
    found = [_compared(Kind.TEXT, narrow.operator, one) for one in _operands(narrow)]
    return all(any(is_within(str(part), str(one)) for part in wanted) for one in found)


_WITHIN: Final[dict[str, Callable[[str, str], bool]]] = {
    "is": lambda part, text: part == text,
    "has_word": lambda part, text: part in text,
    "contains": lambda part, text: part in text,
    "starts_with": lambda part, text: text.startswith(part),
}
"""Whether what holds of a text by one operand holds by another, by the operator of both."""


def _operands(test: Test) -> tuple[str | float, ...]:
    return test.operand if isinstance(test.operand, tuple) else ()
