"""What stands behind an operator: checked against the name before it, and refused with what was expected."""

import re
from collections.abc import Mapping

from shared.agreement.conditions.countries import MEANT
from shared.agreement.conditions.generate import compiled_pattern
from shared.agreement.conditions.lists import NamedList
from shared.agreement.conditions.nodes import Node, Not, Operand, Test
from shared.agreement.conditions.readings import words
from shared.agreement.conditions.vocabulary import DOMAIN_SHAPE, GRADES, Kind, Word
from shared.agreement.reading.durations import duration
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.unknown import expected_one_of, quoted

PATTERN_MAX = 500
"""Characters of a regular expression; longer ones nobody can review."""

ALTERNATIVES_MAX = 1_000
"""Values behind one operator; more belong in a list beside the agreement."""

MEANT_BY_SIGN = {">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "=": "is", "==": "is"}
_COMPARED = re.compile(r"\s*(>=|<=|==|>|<|=)\s*(\d+(?:\.\d+)?)\s*")

_TYPOGRAPHIC = "“”„‟‘’‚«»"
"""What word processors make of quotes, and YAML takes as it is."""

_WITH_ALTERNATIVES = frozenset({"in", "has_word", "contains", "starts_with"})


class Operands:
    """Reads operands, knowing the segments and lists that the file names."""

    def __init__(
        self,
        report: Report,
        segments: frozenset[str],
        lists: Mapping[str, NamedList],
        list_names: frozenset[str],
    ) -> None:
        self._report = report
        self._segments = segments
        self._lists = lists
        self._list_names = list_names

    def read(self, word: Word, operator: str, raw: object, path: Path) -> Node | None:
        """The comparison, or None after what is wrong with its operand is reported."""
        try:
            return self._read(word, operator, raw, path)
        except ValueError as wrong:
            self._report.value(path, str(wrong))
            return None

    def _read(self, word: Word, operator: str, raw: object, path: Path) -> Node | None:
        match operator:
            case "known" | "missing":
                return _presence(word, operator, raw)
            case "within":
                return Test(word.name, word.kind, operator, duration(raw))
            case "matches":
                return Test(word.name, word.kind, operator, (_pattern(raw),))
            case "in_list":
                return self._in_list(word, raw, path)
            case _ if word.kind is Kind.TRUTH:
                return Test(word.name, word.kind, operator, _truth(word, raw))
            case _:
                return self._alternatives(word, operator, raw, path)

    def _alternatives(self, word: Word, operator: str, raw: object, path: Path) -> Node | None:
        if operator in _WITH_ALTERNATIVES and isinstance(raw, list):
            if not 0 < len(raw) <= ALTERNATIVES_MAX:
                raise ValueError(
                    f"expected 1 to {ALTERNATIVES_MAX:,} values, found {len(raw)}; longer ones go in a list"
                )
            read = [self._one(word, operator, item, (*path, index)) for index, item in enumerate(raw)]
        elif operator == "in":
            raise ValueError(f"expected a list after `in`, such as [a, b], found {quoted(raw)}")
        else:
            read = [self._one(word, operator, raw, path)]
        whole = [value for value in read if value is not None]
        if len(whole) < len(read):
            return None
        return Test(word.name, word.kind, operator, _operand(whole))

    def _one(self, word: Word, operator: str, raw: object, path: Path) -> str | float | None:
        try:
            if word.kind is Kind.NUMBER:
                return _number(word, raw)
            text = _text(word, raw, self._report.as_written(path, raw))
            if word.kind is Kind.GRADE:
                return _grade(text)
            self._check_text(word, operator, text, path)
            return text
        except ValueError as wrong:
            self._report.value(path, str(wrong))
            return None

    def _check_text(self, word: Word, operator: str, text: str, path: Path) -> None:
        if operator == "has_word" and not str(words(text)).strip():
            raise ValueError(f"expected a word of letters or digits, found {quoted(text)}")
        if operator not in ("is", "in"):
            return
        if word.name == "segment" and text not in self._segments:
            raise ValueError(
                f"expected a segment of market.segments, {expected_one_of(self._segments, text)}"
            )
        if not word.suits(text):
            if word.values:
                raise ValueError(
                    f"expected a value that {word.name} can have, {expected_one_of(word.values, text)}"
                )
            meant = MEANT.get(text.upper()) if word.codes else None
            near = f"; did you mean '{meant}'?" if meant else ""
            said = f"expected {word.shape_meaning}, found {quoted(text)}{near}"
            if word.shape != DOMAIN_SHAPE:
                raise ValueError(said)
            self._report.objection(path, said)  # Nobody asked before; it only never holds.

    def _in_list(self, word: Word, raw: object, path: Path) -> Node | None:
        if not isinstance(raw, str) or raw not in self._list_names:
            raise ValueError(
                f"expected the name of a list under `lists`, {expected_one_of(self._list_names, raw)}"
            )
        if raw not in self._lists:
            self._report.unsound(path)  # That the list can not be read is reported where it is named.
            return None
        return Test(word.name, word.kind, "in_list", (raw,), self._lists[raw].values_for(word.name))


def _presence(word: Word, operator: str, raw: object) -> Node:
    if not isinstance(raw, bool):
        raise ValueError(f"expected `{word.name}: {operator}`, found {quoted(raw)}")
    test = Test(word.name, word.kind, operator, None)
    return test if raw else Not(test)


def _pattern(raw: object) -> str:
    if not isinstance(raw, str) or not raw:
        raise ValueError(f"expected a regular expression as text, found {quoted(raw)}")
    if len(raw) > PATTERN_MAX:
        raise ValueError(
            f"a regular expression has at most {PATTERN_MAX} characters, this one has {len(raw)}"
        )
    try:
        compiled_pattern(raw)
    except ValueError as wrong:
        raise ValueError(f"this regular expression is not understood: {wrong}") from None
    return raw


def _truth(word: Word, raw: object) -> bool:
    if not isinstance(raw, bool):
        hint = "; write it without quotes" if raw in ("true", "false") else ""
        raise ValueError(
            f"expected true or false, because {word.name} is {word.kind.value}; found {quoted(raw)}{hint}"
        )
    return raw


def _number(word: Word, raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        found = f"{quoted(raw)}{_compared(raw)}"
        raise ValueError(f"expected a number, because {word.name} is {word.kind.value}; found {found}")
    return raw


def _compared(raw: object) -> str:
    """What stands for a sign of comparison."""
    signs = _COMPARED.fullmatch(raw) if isinstance(raw, str) else None
    return f"; did you mean {{{MEANT_BY_SIGN[signs[1]]}: {signs[2]}}}?" if signs else ""


def _text(word: Word, raw: object, written: str) -> str:
    if isinstance(raw, bool | int | float):
        raise ValueError(
            f"expected text, because {word.name} is text; put {written} in quotes if it is meant so"
        )
    if isinstance(raw, list):
        raise ValueError(f"expected one value; a choice of several is written {_choice(word)}")
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f"expected text, found {quoted(raw)}")
    if raw[0] in _TYPOGRAPHIC and raw[-1] in _TYPOGRAPHIC:
        raise ValueError(f"the quotes around {raw} would be part of it: use straight ones, or none")
    return raw


def _choice(word: Word) -> str:
    in_words = ", or {has_word: [a, b]} where it has more than one word"
    return "{in: [a, b]}" + ("" if word.values or word.shape else in_words)


def _grade(text: str) -> str:
    if text not in GRADES:
        raise ValueError(f"expected a grade, {expected_one_of(GRADES, text)}")
    return text


def _operand(values: list[str | float]) -> Operand:
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if texts else tuple(value for value in values if not isinstance(value, str))
