"""Collects the problems of one file, each at the line of the value or name that is wrong."""

import re

from shared.agreement.reading.problems import Problem
from shared.agreement.reading.source import Path, place_of, place_of_key
from shared.unknown import quoted


class Report:
    """Everything that is wrong with one file so far."""

    def __init__(self, file: str, tree: object, text: str = "") -> None:
        self.file = file
        self.tree = tree
        self._text = text.splitlines()
        self.problems: list[Problem] = []
        self.objections: list[Problem] = []
        self.doubts: list[Problem] = []
        self.unreadable = False
        self._wrong: set[Path] = set()

    def is_sound(self, *places: Path) -> bool:
        """Whether all in these places is right so far, so that conclusions from it can be drawn."""
        return not self.unreadable and not any(
            wrong[: len(place)] == place[: len(wrong)] for wrong in self._wrong for place in places
        )

    def add_unreadable(self, problems: list[Problem]) -> None:
        """Add what YAML itself brings; it may have cost any section some of its values."""
        self.problems += problems
        self.unreadable = self.unreadable or bool(problems)

    def value(self, path: Path, message: str) -> None:
        """The value at `path` is wrong."""
        self._add(path, place_of(self.tree, path), message)

    def name(self, path: Path, message: str) -> None:
        """The name at the end of `path` is wrong, not what stands behind it."""
        self._add(path, place_of_key(self.tree, path), message)

    def objection(self, path: Path, message: str) -> None:
        """The value at `path` is refused in what is new, and carried out where it is agreed already."""
        self._wrong.add(path)
        self.objections.append(Problem(self.file, *place_of(self.tree, path), message))

    def doubt(self, path: Path, message: str) -> None:
        """The value at `path` is allowed, and probably not meant."""
        self.doubts.append(Problem(self.file, *place_of(self.tree, path), message))

    def unsound(self, path: Path) -> None:
        """What stands at `path` can not be judged, for a reason that is reported elsewhere."""
        self._wrong.add(path)

    def as_written(self, path: Path, value: object) -> str:
        """A plain value as it stands in the file, which numbers do not show: 1e5, 01234."""
        line, column = place_of(self.tree, path)
        found = re.match(r"[^\s,}\]]+", self._text[line - 1][column - 1 :]) if self._text and line else None
        return found[0] if found is not None else quoted(value)

    def behind(self, path: Path, value: str) -> str:
        """What follows in the line in which a text without quotes stands; nothing behind any other."""
        line, column = place_of(self.tree, path)
        before, _, rest = (self._text[line - 1][column - 1 :] if self._text else "").partition(value)
        return rest if not before else ""

    def _add(self, path: Path, place: tuple[int, int], message: str) -> None:
        self._wrong.add(path)
        self.problems.append(Problem(self.file, *place, message))
