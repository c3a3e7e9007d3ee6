"""Turns conditions into one Python function per section, so that thirty rules cost little more than one.

Nothing from the agreement becomes source text: the source consists of names made here, and every word, number
and pattern of the file is handed to it as a constant. Each fact is read once per call, whoever asks.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Final, TypeAlias, cast

import re2

from shared.agreement.conditions.lists import folded
from shared.agreement.conditions.nodes import All, Always, AnyOf, Facts, Node, Not, Test
from shared.agreement.conditions.readings import READINGS, age_s, words
from shared.agreement.conditions.vocabulary import GRADES, Kind

First: TypeAlias = Callable[[Facts], int]
Each: TypeAlias = Callable[[Facts], tuple[int, ...]]

_COMPARISONS: Final = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}
_PATTERN_MEMORY_BYTES: Final = 4 << 20


def first_that_holds(nodes: Sequence[Node]) -> First:
    """A function that gives the index of the first condition that holds, or -1."""
    source = _Source()
    checks = [f" if {source.expression(node)}: return {index}" for index, node in enumerate(nodes)]
    return cast(First, source.function([*checks, " return -1"]))


def each_that_holds(nodes: Sequence[Node]) -> Each:
    """A function that gives the indexes of all conditions that hold, in order."""
    source = _Source()
    checks = [f" if {source.expression(node)}: hits.append({index})" for index, node in enumerate(nodes)]
    return cast(Each, source.function([" hits = []", *checks, " return tuple(hits)"]))


def whether_it_holds(node: Node) -> Callable[[Facts], bool]:
    """A function that says whether one condition holds."""
    source = _Source()
    return cast(Callable[[Facts], bool], source.function([f" return bool({source.expression(node)})"]))


def compiled_pattern(pattern: str) -> "re2._Regexp[str]":
    """A regular expression in an engine that cannot backtrack, case ignored. Raises ValueError."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(
            reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        ) from None


@lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    """Conditions that differ in their constants alone have the same source, and most of an agreement's do."""
    return compile(source, "<agreement>", "exec")


class _Source:
    """The source of one function, with the readings and constants that it needs."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], str] = {}
        self._constants: dict[str, object] = {**READINGS, "age_s": age_s, "bool": bool, "tuple": tuple}

    def function(self, body: list[str]) -> Callable[[Facts], object]:
        reads = [self._reading_line(*key, variable) for key, variable in self._read.items()]
        lines = ["def section(facts):", " get = facts.get", *reads, *body]
        namespace: dict[str, object] = {**self._constants, "__builtins__": {}}
        exec(_compiled("\n".join(lines)), namespace)  # no text of the file is in it
        return cast(Callable[[Facts], object], namespace["section"])

    def _reading_line(self, reading: str, name: str, variable: str) -> str:
        asked = self._constant(name)
        if reading == "age_s":
            return f" {variable} = age_s(get({asked}), get({self._constant('now')}))"
        return f" {variable} = {reading}(get({asked}))"

    def expression(self, node: Node) -> str:
        match node:
            case Always():
                return "True"
            case All(parts):
                return "(" + " and ".join(self.expression(part) for part in parts) + ")"
            case AnyOf(parts):
                return "(" + " or ".join(self.expression(part) for part in parts) + ")"
            case Not(part):
                return f"(not {self.expression(part)})"
            case Test():
                return self._test(node)

    def _test(self, test: Test) -> str:
        match test.operator:
            case "known":
                return self._value("known", test)
            case "missing":
                return f"(not {self._value('known', test)})"
            case "within":
                return self._guarded("age_s", test, "<= {}", cast("float", _seconds(test)))
            case "matches":
                search = compiled_pattern(_texts(test)[0]).search
                return self._called("searchable", test, search)
            case "starts_with":
                value = self._value("text", test)
                starts = self._constant(tuple(folded(text) for text in _texts(test)))
                return f"({value} is not None and {value}.startswith({starts}))"
            case "has_word":
                return self._contains("words", test, [str(words(text)) for text in _texts(test)])
            case "contains":
                return self._contains("text", test, [folded(text) for text in _texts(test)])
            case _:
                return self._compared(test)

    def _compared(self, test: Test) -> str:
        if test.kind is Kind.TRUTH:
            return f"({self._value('truth', test)} is {self._constant(test.operand)})"
        if test.kind is Kind.NUMBER:
            operand = cast("tuple[float, ...]", test.operand)
            if test.operator in _COMPARISONS:
                return self._guarded("number", test, _COMPARISONS[test.operator] + " {}", operand[0])
            return f"({self._value('number', test)} in {self._constant(operand)})"
        return f"({self._value('text', test)} in {self._constant(accepted_texts(test))})"

    def _guarded(self, reading: str, test: Test, comparison: str, constant: object) -> str:
        value = self._value(reading, test)
        return f"({value} is not None and {value} {comparison.format(self._constant(constant))})"

    def _called(self, reading: str, test: Test, function: object) -> str:
        value = self._value(reading, test)
        return f"({value} is not None and {self._constant(function)}({value}) is not None)"

    def _contains(self, reading: str, test: Test, parts: list[str]) -> str:
        value = self._value(reading, test)
        found = " or ".join(f"{self._constant(part)} in {value}" for part in parts)
        return f"({value} is not None and ({found}))"

    def _value(self, reading: str, test: Test) -> str:
        return self._read.setdefault((reading, test.name), f"v{len(self._read)}")

    def _constant(self, value: object) -> str:
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name


def accepted_texts(test: Test) -> frozenset[str]:
    """The texts, as they are compared, of which a test on text or a grade accepts one."""
    if test.operator == "in_list":
        return test.listed
    if test.operator in _COMPARISONS:
        return frozenset(grade.casefold() for grade in _grades(test))
    return frozenset(folded(text) for text in _texts(test))


def _grades(test: Test) -> tuple[str, ...]:
    at = GRADES.index(_texts(test)[0])
    ranges = {
        "at_least": GRADES[: at + 1],
        "above": GRADES[:at],
        "at_most": GRADES[at:],
        "below": GRADES[at + 1 :],
    }
    return ranges[test.operator]


def _texts(test: Test) -> tuple[str, ...]:
    return cast("tuple[str, ...]", test.operand)


def _seconds(test: Test) -> object:
    return getattr(test.operand, "total_seconds", lambda: 0.0)()
