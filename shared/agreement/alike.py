"""Answers that are the same for all that are alike in what is asked for: found once, and kept."""

from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, TypeVar

from shared.agreement.conditions.nodes import Facts

K = TypeVar("K")
T = TypeVar("T")
_KEPT_MAX: Final = 4096


class Alike(Generic[K, T]):
    """Finds an answer once for all that look the same, and keeps so many at most."""

    def __init__(
        self, look: Callable[[K], Hashable], find: Callable[[K], T], at_most: int = _KEPT_MAX
    ) -> None:
        self._look = look
        self._find = find
        self._at_most = at_most
        self._kept: dict[Hashable, T] = {}

    def of(self, one: K) -> T:
        """The answer for this one."""
        seen = self._look(one)
        try:
            return self._kept[seen]
        except KeyError:
            if len(self._kept) >= self._at_most:
                self._kept.clear()
            found = self._kept[seen] = self._find(one)
            return found


def by_words(names: Iterable[str]) -> Callable[[Facts], Hashable]:
    """Looks at facts by the names that are asked for."""
    asked = tuple(sorted(names))
    return lambda facts: tuple(map(facts.get, asked))
