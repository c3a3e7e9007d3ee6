"""The `when` language: reads what stands in the file, says what is wrong with it, and makes it runnable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.agreement.conditions.generate import whether_it_holds
from shared.agreement.conditions.lists import NamedList
from shared.agreement.conditions.nodes import All, Always, AnyOf, Facts, Node, Not, tests_of
from shared.agreement.conditions.operands import Operands
from shared.agreement.conditions.operators import MEANT, OPERATORS, SUGAR, suiting
from shared.agreement.conditions.sentences import in_words, sentence_of
from shared.agreement.conditions.vocabulary import ALIASES, VOCABULARY, Kind, Word, canonical, names
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import LocatedMapping, Path
from shared.unknown import expected_one_of, quoted

NESTING_MAX = 12
"""How deep `all`, `any` and `not` may lie in each other; deeper ones nobody can read."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition that has been read, found valid and compiled. It never raises, whatever the facts hold."""

    node: Node
    words: str
    holds: Callable[[Facts], bool]
    sentence: Callable[[Facts], str]

    @property
    def names(self) -> frozenset[str]:
        """The names of the vocabulary that it asks for."""
        return frozenset(test.name for test in tests_of(self.node))

    @property
    def matches_everything(self) -> bool:
        """Whether there is no condition at all."""
        return isinstance(self.node, Always)


def condition(node: Node) -> Condition:
    """A valid node as a runnable condition."""
    return Condition(node, in_words(node), whether_it_holds(node), sentence_of(node))


class ConditionReader:
    """Reads the conditions of one file. `lists`: those that could be read; `list_names`: all it names."""

    def __init__(
        self,
        report: Report,
        *,
        segments: frozenset[str] = frozenset(),
        lists: Mapping[str, NamedList] | None = None,
        list_names: frozenset[str] = frozenset(),
    ) -> None:
        self._report = report
        self._operands = Operands(report, segments, lists or {}, list_names)

    def read(self, raw: object, path: Path, not_here: frozenset[str] = frozenset()) -> Node | None:
        """The condition at `path`, or None after every problem in it is reported.

        `not_here` are names that the section can not ask for, because they are not known there.
        """
        return self._mapping(raw, path, not_here, depth=0)

    def _mapping(self, raw: object, path: Path, not_here: frozenset[str], depth: int) -> Node | None:
        if depth > NESTING_MAX:
            self._report.value(
                path, f"conditions lie in each other deeper than {NESTING_MAX} levels; split the rule"
            )
            return None
        if not isinstance(raw, Mapping) or not raw:
            if _is_emptied(raw):
                return None
            hint = "expected a condition such as {country: US}; leave `when` out to match everything"
            several = "{any: [a, b]} if one of several is enough, {all: [a, b]} if each must hold"
            found = f"a list; write {several}" if isinstance(raw, list) else quoted(raw) if raw else "nothing"
            self._report.value(path, f"{hint}; found {found}")
            return None
        parts = [
            self._entry(str(key), value, (*path, str(key)), not_here, depth) for key, value in raw.items()
        ]
        whole = [part for part in parts if part is not None]
        if len(whole) < len(parts):
            return None
        return whole[0] if len(whole) == 1 else All(tuple(whole))

    def _entry(
        self, key: str, value: object, path: Path, not_here: frozenset[str], depth: int
    ) -> Node | None:
        if key in ("all", "any"):
            return self._several(key, value, path, not_here, depth)
        if key == "not":
            part = self._mapping(value, path, not_here, depth + 1)
            return None if part is None else Not(part)
        name, operator = SUGAR.get(key, (canonical(key) or "", None))
        if not name or name in not_here:
            self._unknown_name(key, path, not_here)
            return None
        if operator is not None:
            return self._operands.read(VOCABULARY[name], operator, value, path)
        return self._tests(VOCABULARY[name], value, path)

    def _several(
        self, key: str, value: object, path: Path, not_here: frozenset[str], depth: int
    ) -> Node | None:
        if not isinstance(value, list) or not value:
            found = "an empty one" if value == [] else quoted(value)
            self._report.value(path, f"expected a list of conditions after `{key}`, found {found}")
            return None
        parts = [self._mapping(item, (*path, index), not_here, depth + 1) for index, item in enumerate(value)]
        whole = tuple(part for part in parts if part is not None)
        if len(whole) < len(parts):
            return None
        if len(whole) == 1:
            return whole[0]
        return All(whole) if key == "all" else AnyOf(whole)

    def _unknown_name(self, key: str, path: Path, not_here: frozenset[str]) -> None:
        if canonical(key) is not None or key in SUGAR:
            self._report.name(path, f"'{key}' is not known at this point of the agreement; use another name")
            return
        known = [*names(not_here), *ALIASES, *SUGAR, "all", "any", "not"]
        self._report.name(path, f"expected a name of the vocabulary, {expected_one_of(known, key)}")

    def _tests(self, word: Word, value: object, path: Path) -> Node | None:
        if isinstance(value, str) and value in ("known", "missing"):
            return self._operands.read(word, value, True, path)
        if not isinstance(value, Mapping):
            return self._test(word, "is", value, path)
        if not value:
            if not _is_emptied(value):
                self._report.value(path, f"expected an operator: {', '.join(suiting(word.kind))}")
            return None
        parts = [self._test(word, str(key), inner, (*path, str(key))) for key, inner in value.items()]
        whole = tuple(part for part in parts if part is not None)
        if len(whole) < len(parts):
            return None
        return whole[0] if len(whole) == 1 else All(whole)

    def _test(self, word: Word, operator: str, value: object, path: Path) -> Node | None:
        if operator not in OPERATORS:
            meant = MEANT.get(operator.casefold().replace(" ", "_"))
            found = f"found {quoted(operator)}; did you mean '{meant}'?" if meant else ""
            self._report.name(path, f"expected an operator, {found or expected_one_of(OPERATORS, operator)}")
            return None
        if operator not in suiting(word.kind):
            kind = "text" if word.kind is Kind.TEXT else word.kind.value
            usable = ", ".join(suiting(word.kind))
            message = f"`{operator}` does not suit {word.name}, which is {kind}; use one of: {usable}"
            self._report.name(path, message)
            return None
        return self._operands.read(word, operator, value, path)


def _is_emptied(raw: object) -> bool:
    """Whether what stood in it could not be read, which is reported."""
    return isinstance(raw, LocatedMapping) and bool(raw.empty)
