"""Collects the problems of one file, each at the line of the value or name that is wrong."""

from shared.agreement.reading.problems import Problem
from shared.agreement.reading.source import Path, Step, place_of, place_of_key


class Report:
    """Everything that is wrong with one file so far."""

    def __init__(self, file: str, tree: object) -> None:
        self.file = file
        self.tree = tree
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        self.unreadable = False
        self._sections: set[Step] = set()

    def is_sound(self, *sections: str) -> bool:
        """Whether these sections are right so far, so that conclusions from them as a whole can be drawn."""
        return not self.unreadable and self._sections.isdisjoint(sections)

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

    def doubt(self, path: Path, message: str) -> None:
        """The value at `path` is allowed, and probably not meant."""
        self.doubts.append(Problem(self.file, *place_of(self.tree, path), message))

    def _add(self, path: Path, place: tuple[int, int], message: str) -> None:
        self._sections.update(path[:1])
        self.problems.append(Problem(self.file, *place, message))
