"""The one seam to the database: `await database.tx(work)`, the same on SQLite and PostgreSQL.

`work(conn)` is an ordinary function that holds the whole transaction and runs on a database thread. So a cancelled
request leaves no half-transaction behind, no HTTP or bus call slips into one, and the event loop never waits on SQL.
It may run more than once: a deadlock repeats it whole.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, pool
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

T = TypeVar("T")
Work = Callable[[Connection], T]
Seam = Callable[[str], None]

REPEATS_MAX: Final = 20
_REPEATABLE: Final = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
_POOL_SIZE: Final = 6


class DatabaseUnavailable(Exception):
    """The database can not be reached, is locked or is full. Nothing was written, or nobody knows: try again later."""


def no_seam(_: str) -> None:
    """Nothing happens at a seam, outside of simulation and tests."""


class Database:
    """One service's database. `inline` runs everything in the calling thread (simulation); `seam` is told each step."""

    def __init__(
        self,
        url: str,
        *,
        inline: bool = False,
        seam: Seam = no_seam,
        sqlite_connection: sqlite3.Connection | None = None,
    ) -> None:
        self.url = url
        self.seam = seam
        self.repeats = 0
        self._writer = _engine(url, sqlite_connection)
        self._reader = self._writer if sqlite_connection or not self.is_sqlite else _reader_engine(url)
        threads = 1 if self.is_sqlite else _POOL_SIZE
        self._threads = None if inline else ThreadPoolExecutor(threads, thread_name_prefix="database")
        self._read_threads = (
            ThreadPoolExecutor(2, thread_name_prefix="reader")
            if self._threads and self.is_sqlite
            else self._threads
        )

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    async def tx(self, work: Work[T]) -> T:
        """Run `work` in one durable transaction. Raises what it raises, after a rollback, or DatabaseUnavailable."""
        if self._threads is None:
            return self.tx_inline(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.tx_inline, work)

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which only reads. On SQLite it does not wait for the writer."""
        if self._read_threads is None:
            return self._read_inline(work)
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read_inline, work)

    def tx_inline(self, work: Work[T]) -> T:
        """The same in the calling thread."""
        for left in reversed(range(REPEATS_MAX)):
            try:
                return self._once(work)
            except DBAPIError as failed:
                if _is_repeatable(failed) and left:
                    self.repeats += 1
                    continue
                if isinstance(failed, (OperationalError, InterfaceError)):
                    raise DatabaseUnavailable(str(failed.orig)) from failed
                raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Finish what runs, then let go of every connection."""
        for threads in {self._threads, self._read_threads} - {None}:
            threads.shutdown(wait=True)  # type: ignore[union-attr]  # None is taken out above
        self._writer.dispose()
        self._reader.dispose()

    def _once(self, work: Work[T]) -> T:
        with self._writer.connect() as conn, conn.begin() as transaction:
            self.seam("begin")
            result = work(conn)
            self.seam("commit")
            transaction.commit()
        self.seam("committed")
        return result

    def _read_inline(self, work: Work[T]) -> T:
        try:
            with self._reader.connect() as conn, conn.begin():
                return work(conn)
        except (OperationalError, InterfaceError) as failed:
            raise DatabaseUnavailable(str(failed.orig)) from failed


def _is_repeatable(failed: DBAPIError) -> bool:
    return getattr(failed.orig, "sqlstate", None) in _REPEATABLE


def _engine(url: str, connection: sqlite3.Connection | None) -> Engine:
    if connection is not None:
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=pool.StaticPool)
        connection.isolation_level = None
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=_POOL_SIZE, pool_pre_ping=True, connect_args=_postgres_settings())
    engine = create_engine(url, poolclass=pool.StaticPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _postgres_settings() -> dict[str, Any]:
    return {
        "connect_timeout": 5,
        "options": "-c idle_in_transaction_session_timeout=60000 -c statement_timeout=60000",
    }


def _reader_engine(url: str) -> Engine:
    engine = create_engine(
        url, poolclass=pool.QueuePool, pool_size=2, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", _sqlite_read_only)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves, below.
    for setting in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _sqlite_read_only(connection: sqlite3.Connection, _record: object) -> None:
    for setting in ("busy_timeout=5000", "query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {setting}")


def _sqlite_begin(conn: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a deferred transaction that turns writer fails without waiting.
    conn.exec_driver_sql("BEGIN IMMEDIATE")
