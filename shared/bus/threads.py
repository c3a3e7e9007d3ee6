"""Where the bus's work on its file runs: on a thread of its own, or inline in the caller, step by step."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Work = Callable[[], Any]
Transact = Callable[[Sequence[Work]], list[Any]]

# How many works of concurrent callers share one transaction.
TOGETHER_MAX = 64


class Place(Protocol):
    """Somewhere to run work that touches the file. Work is done once, whole, and in the order it came."""

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`. If the caller is cancelled, the work may still be done."""

    async def close(self, last: Callable[[], None]) -> None:
        """Finish what was accepted, then do `last`, and end."""


class InlinePlace:
    """Runs work in the caller, without ever suspending it: a simulation may drive the coroutine by hand."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()

    async def close(self, last: Callable[[], None]) -> None:
        last()


class InlineWriter(InlinePlace):
    """The same, each work in a transaction."""

    def __init__(self, transact: Transact) -> None:
        self._transact = transact

    async def run(self, work: Callable[[], T]) -> T:
        result: T = self._transact([work])[0]
        return result


class ReaderThread:
    """One thread that reads."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "bus-reader")

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._thread.submit(work))

    async def close(self, last: Callable[[], None]) -> None:
        await self.run(last)
        self._thread.shutdown()


class WriterThread:
    """One thread that writes. What waits while a transaction is written goes into the next one, together."""

    def __init__(self, transact: Transact) -> None:
        self._transact = transact
        self._thread = ThreadPoolExecutor(1, "bus-writer")
        self._waiting: deque[tuple[Work, Future[Any]]] = deque()

    async def run(self, work: Callable[[], T]) -> T:
        done: Future[T] = Future()
        self._waiting.append((work, done))
        self._thread.submit(self._write_waiting)
        return await asyncio.wrap_future(done)

    async def close(self, last: Callable[[], None]) -> None:
        await asyncio.wrap_future(self._thread.submit(last))
        self._thread.shutdown()

    def _write_waiting(self) -> None:
        taken: list[tuple[Work, Future[Any]]] = []
        while self._waiting and len(taken) < TOGETHER_MAX:
            work, done = self._waiting.popleft()
            if done.set_running_or_notify_cancel():
                taken.append((work, done))
        if not self._write(taken):
            for one in taken:  # One of them spoiled it for all: alone, only that one fails.
                self._write([one], last_try=True)

    def _write(self, taken: Sequence[tuple[Work, Future[Any]]], *, last_try: bool = False) -> bool:
        if not taken:
            return True
        try:
            results = self._transact([work for work, _ in taken])
        except BaseException as error:
            if len(taken) > 1 and not last_try:
                return False
            for _, done in taken:
                done.set_exception(error)
            return True
        for (_, done), result in zip(taken, results, strict=True):
            done.set_result(result)
        return True
