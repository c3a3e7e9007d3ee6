"""Reads YAML 1.2 into mappings and lists that remember the line of everything, and reports YAML's traps.

Every value keeps the place where it was written, so that a later problem can name its line. Numbers are what
they look like; dates, times and durations stay text until a field asks for them.
"""

import math
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shared.agreement.reading.problems import Problem
from shared.agreement.reading.stumbles import stumbled
from shared.unknown import quoted

NODES_MAX = 50_000
"""Values in one file, counted with aliases spread out, so that a small file can not grow into a huge one."""

DEPTH_MAX = 40
"""How deep values may lie inside each other."""

CHARACTERS_MAX = 1_000_000
"""The longest file that is read; the largest real agreement is a hundredth of it."""

NUMBER_MAX = 1e15
"""Larger numbers are slips of the hand; floats above it are not exact either."""

_LOST: Final = object()
"""In place of a number that can not be meant."""

Mark: TypeAlias = tuple[int, int]
Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]


class LocatedMapping(dict[str, object]):
    """A YAML mapping; `marks` says for each key where the key stands and where its value stands.

    `empty` are the keys that were written without a value, or with none that can be meant; they are reported,
    and left out.
    """

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, tuple[Mark, Mark]] = {}
        self.empty: set[str] = set()


class LocatedList(list[object]):
    """A YAML list; `marks` says for each item where it stands."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []


def read_yaml(
    text: str, file: str, *, expected: str = "a mapping that starts with 'agreement: <name>'"
) -> tuple[LocatedMapping | None, list[Problem]]:
    """The file as located mappings, with every problem that YAML itself brings; None if that is all.

    `expected`: what the file should be, for one that is no mapping.
    """
    refused = _refused_as_a_whole(text, file)
    if refused is not None:
        return None, [refused]
    reader = YAML(typ="safe", pure=True)
    reader.composer.warn_double_anchors = False
    try:
        root = reader.compose(text)
    except (YAMLError, RecursionError) as error:
        return None, stumbled(error, text, file)
    if not isinstance(root, MappingNode):
        return None, [Problem(file, 1, 1, f"expected {expected}")]
    builder = _Builder(file)
    return builder.mapping(root, 0), builder.problems


def texts_of(tree: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text, and where it stands."""
    match tree:
        case str():
            yield path, tree
        case dict():
            for key, value in tree.items():
                yield from texts_of(value, (*path, key))
        case list():
            for index, value in enumerate(tree):
                yield from texts_of(value, (*path, index))


def place_of(tree: object, path: Path) -> Mark:
    """Where the value at `path` stands; steps that the tree does not have are passed over."""
    mark: Mark = getattr(tree, "mark", (0, 0))
    for step in path:
        if isinstance(tree, LocatedMapping) and step in tree:
            mark = tree.marks[str(step)][1]
            tree = tree[str(step)]
        elif isinstance(tree, LocatedList) and isinstance(step, int) and 0 <= step < len(tree):
            mark = tree.marks[step]
            tree = tree[step]
    return mark


def place_of_key(tree: object, path: Path) -> Mark:
    """Where the key at `path` stands: the place of a name that should not be there."""
    for step in path[:-1]:
        if isinstance(tree, LocatedMapping) and step in tree:
            tree = tree[str(step)]
        elif isinstance(tree, LocatedList) and isinstance(step, int) and 0 <= step < len(tree):
            tree = tree[step]
    if isinstance(tree, LocatedMapping) and path[-1] in tree:
        return tree.marks[str(path[-1])][0]
    return getattr(tree, "mark", (0, 0))


def _refused_as_a_whole(text: str, file: str) -> Problem | None:
    if len(text) > CHARACTERS_MAX:
        return Problem(
            file, 0, 0, f"the file is longer than {CHARACTERS_MAX:,} characters; move lists to CSV files"
        )
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("%"):
            return Problem(
                file, number, 1, "YAML directives are not used here (the file is YAML 1.2); remove the line"
            )
        if line.strip() and not line.startswith("#"):
            return None
    return None


def _without_value(key: str) -> str:
    if ":" in key:
        return "needs a blank after its colon"
    if re.fullmatch(r"\d{3}", key):
        return "stands after a comma, which ends an entry; write numbers without separators, such as 1000"
    return "has no value; give it one or remove the line"


class _Builder:
    """Turns YAML nodes into located values and collects what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._nodes = 0

    def mapping(self, node: MappingNode, depth: int) -> LocatedMapping:
        result = LocatedMapping(_mark(node))
        for key, value in self._entries(node):
            if key in result:
                first = result.marks[key][0][0]
                self._say(value[0], f"{quoted(key)} stands here twice (first in line {first}); keep one")
                continue
            built = self._value(value[1], depth + 1)
            if built is _LOST:
                result.empty.add(key)
                continue
            if built is None:
                self._say(value[0], f"{quoted(key)} {_without_value(key)}")
                result.empty.add(key.partition(":")[0])
                continue
            result[key] = built
            result.marks[key] = (_mark(value[0]), _mark(value[1]))
        return result

    def _entries(self, node: MappingNode) -> Iterator[tuple[str, tuple[Node, Node]]]:
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or str(key.tag).endswith(":null"):
                self._say(key, "expected a name before the colon")
            elif str(key.tag).endswith(":merge"):
                self._say(key, "'<<' is not used here: an agreement is read by people; write the entries out")
            else:
                yield str(key.value), (key, value)

    def _list(self, node: SequenceNode, depth: int) -> LocatedList:
        result = LocatedList(_mark(node))
        for item in node.value:
            built = self._value(item, depth + 1)
            if built is None:
                self._say(item, "an item of this list is empty; give it a value or remove it")
                continue
            result.append(0 if built is _LOST else built)
            result.marks.append(_mark(item))
        return result

    def _value(self, node: Node, depth: int) -> object:
        self._nodes += 1
        if depth > DEPTH_MAX or self._nodes > NODES_MAX:
            if self._nodes <= NODES_MAX or self._nodes == NODES_MAX + 1:
                self._say(node, f"too deep or too much: at most {DEPTH_MAX} levels and {NODES_MAX:,} values")
            return ""
        if isinstance(node, MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, SequenceNode):
            return self._list(node, depth)
        return self._scalar(node)

    def _scalar(self, node: Node) -> object:
        kind, text = str(node.tag).rpartition(":")[2], str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            return self._number(node, kind, text)
        if kind not in ("str", "timestamp"):
            self._say(node, f"YAML tags are not used here; remove {quoted(str(node.tag))}")
        return text

    def _number(self, node: Node, kind: str, text: str) -> object:
        plain = text.replace("_", "").lower()
        if re.fullmatch(r"[-+]?0\d+", plain):
            self._say(node, f"{text} starts with a zero: write it without, or in quotes if it is text")
        try:
            number: int | float = (
                float(plain) if kind == "float" else int(plain, 0 if "x" in plain or "o" in plain else 10)
            )
        except ValueError:
            number = math.nan
        if not abs(number) <= NUMBER_MAX:  # also true of what is not a number at all
            self._say(node, f"{quoted(text)} is not a number that an agreement can mean")
            return _LOST
        return number

    def _say(self, node: Node, message: str) -> None:
        line, column = _mark(node)
        self.problems.append(Problem(self.file, line, column, message))


def _mark(node: Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1
