"""Group commit: concurrent requests share one durable transaction; if it fails, only the culprit fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from shared.db.database import DatabaseUnavailable

M = TypeVar("M")
R = TypeVar("R")
WriteMany = Callable[[Sequence[M]], Awaitable[Sequence[R]]]

GROUP_MAX: Final = 500
WAITING_MAX: Final = 20_000
GATHER_MAX_S: Final = 0.005
"""How long a group may gather, after more than one came together: no longer than their commit took."""


class GroupFull(Exception):
    """More requests wait for a commit than this process will hold. Nothing was written."""


async def commit_group(write: WriteMany[M, R], members: Sequence[M]) -> list[R | Exception]:
    """Write all in one transaction; if that fails for a member's sake, in halves, down to the one that fails.

    One result a member, in order. DatabaseUnavailable is nobody's fault: all of that transaction get it.
    """
    try:
        results = list(await write(members))
    except DatabaseUnavailable as failed:
        return [failed for _ in members]
    except Exception as failed:
        if len(members) == 1:
            return [failed]
        half = len(members) // 2
        return [*await commit_group(write, members[:half]), *await commit_group(write, members[half:])]
    if len(results) != len(members):
        raise AssertionError(f"{len(members)} were written and {len(results)} results came back")
    return [*results]


class GroupCommit(Generic[M, R]):
    """Gathers what arrives while the last commit runs, and for a moment after it; commits it together."""

    def __init__(self, write: WriteMany[M, R]) -> None:
        self._write = write
        self._waiting: list[tuple[M, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, member: M) -> R:
        """Returns when the member is durable. Raises what made that impossible, or DatabaseUnavailable."""
        if len(self._waiting) >= WAITING_MAX:
            raise GroupFull(f"{WAITING_MAX} requests wait for a commit already")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((member, done))
        if self._running is None:
            self._running = asyncio.create_task(self._commit_all(), name="group commit")
            self._running.add_done_callback(self._over)
        # The caller may go away; its member is committed all the same, so nothing is half-done.
        return await done

    async def drain(self) -> None:
        """Return when everything that was added is committed or has failed."""
        while self._running is not None:
            await asyncio.shield(self._running)

    async def _commit_all(self) -> None:
        group: list[tuple[M, asyncio.Future[R]]] = []
        try:
            while self._waiting:
                began_s = time.monotonic()
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                results = await commit_group(self._write, [member for member, _ in group])
                for (_, done), result in zip(group, results, strict=True):
                    _settle(done, result)
                self._turn_away([result for result in results if isinstance(result, DatabaseUnavailable)])
                if 1 < len(group) < GROUP_MAX:
                    # Who was just answered comes again in a moment: with the others, not after them.
                    await asyncio.sleep(min(time.monotonic() - began_s, GATHER_MAX_S))
        finally:
            self._break_off(group)

    def _turn_away(self, unavailable: Sequence[DatabaseUnavailable]) -> None:
        """When the database is gone, who waits is not made to wait for it again, group after group."""
        if unavailable:
            for _, done in self._waiting:
                _settle(done, DatabaseUnavailable(*unavailable[0].args))
            self._waiting = []

    def _over(self, task: "asyncio.Task[None]") -> None:
        if self._running is task:  # Cancelled before it began.
            self._break_off([])

    def _break_off(self, group: Sequence[tuple[M, "asyncio.Future[R]"]]) -> None:
        """Nobody waits for ever. What ran may be committed or not, which is what the error says."""
        for _, done in (*group, *self._waiting):
            _settle(done, DatabaseUnavailable("the process is stopping; the outcome is unknown"))
        self._waiting, self._running = [], None


def _settle(done: "asyncio.Future[R]", result: R | Exception) -> None:
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
        done.exception()  # Looked at here, so that a caller who went away leaves no warning behind.
    else:
        done.set_result(result)
