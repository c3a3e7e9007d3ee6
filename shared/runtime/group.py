"""Group commit: concurrent requests share one durable transaction; if it fails, only the culprit fails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from shared.db.database import DatabaseUnavailable

M = TypeVar("M")
R = TypeVar("R")
WriteMany = Callable[[Sequence[M]], Awaitable[Sequence[R]]]

GROUP_MAX: Final = 500
WAITING_MAX: Final = 20_000


class GroupFull(Exception):
    """More requests wait for a commit than this process will hold. Nothing was written."""


async def commit_group(write: WriteMany[M, R], members: Sequence[M]) -> list[R | Exception]:
    """Write all in one transaction; if that fails for one member's sake, each alone. One result a member, in order."""
    try:
        return list(await write(members))
    except DatabaseUnavailable as failed:
        return [failed for _ in members]
    except Exception as failed:
        if len(members) == 1:
            return [failed]
    return [(await commit_group(write, [member]))[0] for member in members]


class GroupCommit(Generic[M, R]):
    """Gathers what arrives while the last commit runs, and commits it together."""

    def __init__(self, write: WriteMany[M, R]) -> None:
        self._write = write
        self._waiting: list[tuple[M, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, member: M) -> R:
        """Returns when the member is durable. Raises what made it impossible, DatabaseUnavailable or GroupFull."""
        if len(self._waiting) >= WAITING_MAX:
            raise GroupFull(f"{WAITING_MAX} requests wait for a commit already")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((member, done))
        if self._running is None:
            self._running = asyncio.create_task(self._commit_all(), name="group commit")
        # The caller may go away; its member is committed all the same, so nothing is half-done.
        return await asyncio.shield(done)

    async def drain(self) -> None:
        """Return when everything that was added is committed or has failed."""
        while self._running is not None:
            await asyncio.shield(self._running)

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                results = await commit_group(self._write, [member for member, _ in group])
                for (_, done), result in zip(group, results, strict=True):
                    _settle(done, result)
        finally:
            self._running = None


def _settle(done: "asyncio.Future[R]", result: R | Exception) -> None:
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
        done.exception()  # Looked at here, so that a caller who went away leaves no warning behind.
    else:
        done.set_result(result)
