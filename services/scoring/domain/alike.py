"""Answers that are the same for all leads that are alike in what the question asks for."""

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

from shared.agreement import Facts

T = TypeVar("T")
_KEPT_MAX: Final = 4096


class Alike(Generic[T]):
    """Finds an answer once for all facts that agree in the names that it asks for, and keeps it."""

    def __init__(self, asks: Iterable[str], find: Callable[[Facts], T]) -> None:
        self._asks = tuple(sorted(asks))
        self._find = find
        self._kept: dict[Any, T] = {}

    def of(self, facts: Facts) -> T:
        """The answer for these facts."""
        met = tuple(map(facts.get, self._asks))
        try:
            return self._kept[met]
        except KeyError:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            found = self._kept[met] = self._find(facts)
            return found
