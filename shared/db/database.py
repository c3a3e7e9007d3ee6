"""The one seam to the database: `await database.tx(work)`, the same on SQLite and PostgreSQL.

`work(conn)` is an ordinary function that holds the whole transaction and runs on a database thread. So a
cancelled request leaves no half-transaction behind, no HTTP or bus call slips into one, and the event loop
never waits on SQL. It may run more than once: a deadlock repeats it whole.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NoReturn, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from shared.db.engines import (
    READERS,
    give_way,
    is_memory,
    is_read_only,
    is_repeatable,
    is_sqlite,
    is_unavailable,
    reader_engine,
    refuse_half,
    writer_engine,
)
from shared.db.postgres import POOL_SIZE

T = TypeVar("T")
Work = Callable[[Connection], T]
Seam = Callable[[str], None]

REPEATS_MAX: Final = 10
"""More than a handful in a row is no bad luck: something takes its locks in the wrong order."""
THREAD_WAIT_MAX_S: Final = 10.0
"""How long work may wait for a thread, before it has begun: whoever asked gives up soon after."""


_PINGS: Final = {
    "sqlite": "SELECT 0",
    "postgresql": "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean",
}
"""Whether it can only be read. A transaction that reads says so of itself, so it is no use to ask that."""


class DatabaseUnavailable(Exception):
    """The database is gone, locked or full. Nothing was written, or nobody knows: try again."""


class ReadOnly(DatabaseUnavailable):
    """The database answers but takes nothing: a standby, or one that was set so."""


def no_seam(_: str) -> None:
    """Nothing happens at a seam, outside of simulation and tests."""


def ping(conn: Connection) -> None:
    """Ask the database the least that can be asked. For `database.read`, to see whether it may be used.

    Raises ReadOnly if it takes nothing.
    """
    if conn.exec_driver_sql(_PINGS[conn.dialect.name]).scalar_one():
        raise ReadOnly("the database can only be read now: it is a standby, or set read-only")


class Database:
    """One service's database. `inline`: all in the calling thread (simulation); `seam` is told each step.

    `repeats` counts how often a transaction lost a deadlock and was done again.
    """

    def __init__(
        self,
        url: str,
        *,
        inline: bool = False,
        seam: Seam = no_seam,
        engine: Engine | None = None,
    ) -> None:
        self.url = url
        self.seam = seam
        self.repeats = 0
        self._closed = False
        self._writer = engine or writer_engine(url)
        alone = engine is not None or is_memory(url)
        self._reader = self._writer if alone else reader_engine(url, self._writer)
        # One connection writes to SQLite, so one at a time may use it, whichever thread it comes from.
        self._turn: AbstractContextManager[Any] = threading.RLock() if self.is_sqlite else nullcontext()
        self._threads: Executor | None = None
        self._read_threads: Executor | None = None
        if not inline:
            self._threads, self._read_threads = _threads(self.is_sqlite, alone)

    @property
    def is_sqlite(self) -> bool:
        return is_sqlite(self.url)

    async def tx(self, work: Work[T]) -> T:
        """Run `work` in one durable transaction. Raises what it raises, rolled back, or DatabaseUnavailable.

        If the caller is cancelled, the transaction ends as it would have: it commits, or it fails.
        """
        if self._threads is None:
            return self.tx_inline(work)
        return await self._in_thread(self._threads, self.tx_inline, work)

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which only reads, on one moment of the database. SQLite's writer is not waited for."""
        if self._read_threads is None:
            return self._read_inline(work)
        return await self._in_thread(self._read_threads, self._read_inline, work)

    def tx_inline(self, work: Work[T]) -> T:
        """The same as `tx`, in the calling thread."""
        for repeats in range(REPEATS_MAX + 1):
            try:
                return self._once(work, repeats)
            except DBAPIError as failed:
                if repeats == REPEATS_MAX or not is_repeatable(failed):
                    self._fail(failed)
                self.repeats += 1
        raise AssertionError("the last failure is raised")

    def close(self) -> None:
        """Finish what runs, then let go of every connection."""
        self._closed = True
        for threads in (self._threads, self._read_threads):
            if threads is not None:
                threads.shutdown(wait=True)
        # The writer last: on SQLite, whoever closes last writes the log back into the file.
        self._reader.dispose()
        self._writer.dispose()

    async def _in_thread(self, threads: Executor, run: Callable[[Work[T]], T], work: Work[T]) -> T:
        if self._closed:
            raise DatabaseUnavailable("the database is closed: this process is stopping")
        running = threads.submit(run, work)
        # What runs can not be cancelled, and ends by itself: only what has not begun is given up.
        limit = asyncio.get_running_loop().call_later(THREAD_WAIT_MAX_S, running.cancel)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # we are in one
                raise
            raise DatabaseUnavailable(f"all its threads were busy for {THREAD_WAIT_MAX_S} s") from None
        finally:
            limit.cancel()

    def _once(self, work: Work[T], repeats: int) -> T:
        with self._turn, self._writer.connect() as conn, conn.begin() as transaction:
            give_way(conn, repeats)
            self.seam("begin")
            result = work(conn)
            self.seam("commit")
            refuse_half(conn)
            transaction.commit()
        self.seam("committed")
        return result

    def _read_inline(self, work: Work[T]) -> T:
        turn = self._turn if self._reader is self._writer else nullcontext()
        try:
            with turn, self._reader.connect() as conn, conn.begin():
                return work(conn)
        except ReadOnly:
            self._connect_anew()
            raise
        except DBAPIError as failed:
            self._fail(failed)

    def _fail(self, failed: DBAPIError) -> NoReturn:
        if not is_unavailable(failed):
            raise failed
        if is_read_only(failed):
            self._connect_anew()
        name = self._writer.url.render_as_string(hide_password=True)
        why = str(failed.orig).strip().split("\n")[0]
        raise DatabaseUnavailable(f"the database {name} can not be used now: {why}") from failed

    def _connect_anew(self) -> None:
        """Use no connection of now again: it keeps the setting with which it was opened."""
        self._writer.dispose()


def _threads(sqlite: bool, alone: bool) -> tuple[Executor, Executor]:
    """Who writes and who reads. SQLite has one writer; a database in memory has one connection for all."""
    writers = ThreadPoolExecutor(1 if sqlite else POOL_SIZE, thread_name_prefix="database")
    if alone or not sqlite:
        return writers, writers
    return writers, ThreadPoolExecutor(READERS, thread_name_prefix="reader")
