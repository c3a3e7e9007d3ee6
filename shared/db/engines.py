"""Opens the two databases: how a connection is set up, how a transaction begins, and which errors pass."""

import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, pool
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from shared.db.postgres import BEGINS, READS, postgres_engine
from shared.db.prepared import as_sqlalchemy
from shared.sqlite import make_durable

READERS: Final = 2
_DRIVERS: Final = frozenset({"sqlite", "postgresql+psycopg"})
_BUSY_TIMEOUT_S: Final = 5.0
"""How long SQLite waits for another writer; an address may say otherwise: `sqlite:///x.db?timeout=1`."""

# deadlock_detected, serialization_failure; the last is what a kept plan gets when a column changes its type.
_REPEATABLE: Final = frozenset({"40P01", "40001", "0A000"})
# What comes from the state of the machine, not from the statement: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT,
# IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB. A missing table is SQLITE_ERROR, and stays an error.
_SQLITE_PASSES: Final = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
# A server that became a standby, and idle_in_transaction_session_timeout: psycopg calls them internal.
_READ_ONLY: Final = "25006"
_POSTGRES_PASSES: Final = frozenset({"25P03", _READ_ONLY})


class Half(Exception):
    """The work went on after a failed statement. PostgreSQL would answer COMMIT with a silent rollback."""


SQLITE_SAFE: Final = (3, 51, 3)


def is_sqlite(url: str) -> bool:
    """Whether this address names an SQLite database."""
    return url.startswith("sqlite")


def is_address(url: str) -> bool:
    """Whether it can be read as the address of a database of a kind that there is."""
    try:
        return make_url(url).drivername in _DRIVERS
    except (ArgumentError, ValueError):  # The latter for a port that is no number.
        return False


def is_memory(url: str) -> bool:
    """Whether the database is gone when its one connection closes."""
    return is_sqlite(url) and make_url(url).database in (None, "", ":memory:")


def old_sqlite() -> str | None:
    """The version of this machine's SQLite, if two checkpoints at once can corrupt a WAL there."""
    return None if sqlite3.sqlite_version_info >= SQLITE_SAFE else sqlite3.sqlite_version


def engine_over(connection: sqlite3.Connection) -> Engine:
    """An engine over a connection of the caller's own: the disk of a simulated machine."""
    connection.isolation_level = None
    engine = create_engine(
        "sqlite://", creator=lambda: connection, poolclass=pool.StaticPool, hide_parameters=True
    )
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def writer_engine(url: str) -> Engine:
    """What writes. On SQLite it is one connection to the file."""
    if not is_sqlite(url):
        return postgres_engine(url)
    engine = create_engine(
        url,
        poolclass=pool.StaticPool,
        connect_args=_sqlite_arguments(url),
        hide_parameters=True,
    )
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def reader_engine(url: str, writer: Engine) -> Engine:
    """What reads: each transaction sees one moment, whatever is committed meanwhile, and can not write."""
    if not is_sqlite(url):
        return writer.execution_options(**{BEGINS: READS})  # The same connections.
    engine = create_engine(
        url,
        poolclass=pool.QueuePool,
        pool_size=READERS,
        connect_args=_sqlite_arguments(url),
        hide_parameters=True,
    )
    event.listen(engine, "connect", _sqlite_read_only)
    event.listen(engine, "begin", _sqlite_begin_reading)
    return engine


def is_repeatable(failed: DBAPIError) -> bool:
    """Whether the transaction lost against another one, and will do on its own."""
    return getattr(failed.orig, "sqlstate", None) in _REPEATABLE


def is_unavailable(failed: DBAPIError) -> bool:
    """Whether the database is gone, locked or full: the same statement may do later."""
    sqlite_code = getattr(failed.orig, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return sqlite_code & 0xFF in _SQLITE_PASSES
    if isinstance(failed.orig, sqlite3.Error):
        return isinstance(failed, InterfaceError)
    state = getattr(failed.orig, "sqlstate", None)
    lost = failed.connection_invalidated or state in _POSTGRES_PASSES
    return lost or isinstance(failed, (OperationalError, InterfaceError))


def is_read_only(failed: DBAPIError) -> bool:
    """Whether PostgreSQL would not let it write."""
    return getattr(failed.orig, "sqlstate", None) == _READ_ONLY


def give_way(conn: Connection, repeats: int) -> None:
    """Before a transaction is repeated, and before it has any lock: let whoever won come to its end.

    At once, it would often take its first lock again before the winner gets it, and lose again.
    """
    if repeats and conn.dialect.name == "postgresql":
        longest_s = min(0.005 * 2**repeats, 0.5)
        conn.exec_driver_sql(f"SELECT pg_sleep({longest_s} * (0.5 + random() / 2))")


def refuse_half(conn: Connection) -> None:
    """Raise Half if a statement of this transaction failed and somebody went on all the same."""
    if conn.dialect.name == "postgresql":
        status: Any = conn.connection.dbapi_connection.info.transaction_status  # type: ignore[union-attr]  # open
        if status.name == "INERROR":
            raise Half("a statement failed and its error was swallowed; let it reach database.tx")


def _sqlite_arguments(url: str) -> dict[str, Any]:
    waits = {} if "timeout" in make_url(url).query else {"timeout": _BUSY_TIMEOUT_S}
    return {"check_same_thread": False, **waits}


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves, below.
    make_durable(connection)
    connection.execute("PRAGMA foreign_keys=ON")


def _sqlite_read_only(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for setting in ("query_only=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {setting}")


def _sqlite_begin(conn: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a deferred transaction that turns writer fails without waiting.
    _sqlite_say(conn, "BEGIN IMMEDIATE")


def _sqlite_begin_reading(conn: Connection) -> None:
    # Without it, each SELECT would see its own moment.
    _sqlite_say(conn, "BEGIN")


def _sqlite_say(conn: Connection, begin: str) -> None:
    connection: Any = conn.connection.dbapi_connection
    try:
        connection.execute(begin)
    except sqlite3.Error as failed:
        raise as_sqlalchemy(begin, failed, sqlite3.Error) from failed
