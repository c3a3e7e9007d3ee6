"""Runs coroutines without an event loop: on a virtual clock nothing ever really waits."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end at once. A coroutine that suspends would need real time, and is a mistake here."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise AssertionError(f"{coroutine!r} waits for something outside of the virtual world")
