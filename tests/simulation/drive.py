"""Runs coroutines without an event loop: in simulation nothing ever really waits."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class PowerCut(BaseException):
    """The process died at this point: nothing after it ran. No handler may catch it."""


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end at once. A coroutine that suspends would need real time, and is a mistake here."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise AssertionError(f"{coroutine!r} waits for something outside the simulation")
