"""PostgreSQL: how a connection is opened, and for how long anything on it may take.

The server ends what runs, sits or waits for too long. A server that hangs, or a machine that is gone, ends
nothing, and a paused one goes on acknowledging TCP: so whoever waits for an answer has a limit of its own.
"""

from contextlib import suppress
from typing import Any, Final

from psycopg import Connection as PsycopgConnection
from psycopg import OperationalError
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout  # What `wait` raises: there is no public name for it.
from psycopg.pq import Format
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from shared.db.prepared import IN_BINARY

POOL_SIZE: Final = 6
STATEMENT_MAX_S: Final = 10
"""How long the server lets one statement run, waiting for locks included."""
IDLE_MAX_S: Final = 10
"""How long a transaction may sit between two statements: who is stopped must not keep its locks."""
ANSWER_MAX_S: Final = 12.0
"""How long to wait for the answer to one statement: longer than the server itself lets it run."""
PING_MAX_S: Final = 3.0
"""The same before a transaction: the connection is asked whether it is still there."""
_CONNECT_MAX_S: Final = 5
_NEVER_BY_ITSELF: Final = 2**31 - 1
"""`prepared.fetch` says what is prepared; with None, psycopg would not listen to it either."""

_OPTIONS: Final = (
    f"-c statement_timeout={STATEMENT_MAX_S}s",
    f"-c idle_in_transaction_session_timeout={IDLE_MAX_S}s",
    # What is prepared is planned once. While a table is empty, reading all of it looks best, and would be
    # done again when it is full: so a plan goes by an index if there is one. What only reads plans anew.
    "-c plan_cache_mode=force_generic_plan",
    "-c enable_seqscan=off",
    "-c jit=off",
)
WRITES: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
READS: Final = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
    "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = on"
)
BEGINS: Final = "begins"
"""The execution option that says how a transaction begins."""


class _Bounded(PsycopgConnection[Any]):
    """A connection on which nobody waits for ever. Whatever takes longer than the limit closes it."""

    answer_max_s: float | None = PING_MAX_S

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        limit_s = self.answer_max_s if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit_s)
        except _WaitTimeout:
            self.close()
            raise OperationalError(f"no answer within {limit_s} s; nobody knows what became of it") from None


def postgres_engine(url: str) -> Engine:
    """What reads and writes, with limits on everything."""
    given = make_url(url).query.get("options", "")
    options = [given] if isinstance(given, str) else list(given)
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        isolation_level="AUTOCOMMIT",  # We say BEGIN ourselves, below.
        connect_args={
            "prepare_threshold": _NEVER_BY_ITSELF,
            "connect_timeout": _CONNECT_MAX_S,
            "options": " ".join(filter(None, [*options, *_OPTIONS])),
            # A machine that is gone does not even say that the connection is.
            "tcp_user_timeout": int(ANSWER_MAX_S * 1000),
            "keepalives_idle": 5,
            "keepalives_interval": 3,
            "keepalives_count": 2,
        },
        hide_parameters=True,  # Errors reach logs: what is in the rows stays out of them.
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _only_pings)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "before_cursor_execute", _in_binary)
    return engine


def without_limits(conn: Connection) -> None:
    """Let the statements of this transaction take as long as they take, as a migration must."""
    conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
    _of(conn).answer_max_s = None


def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> _Bounded:
    return _Bounded.connect(*arguments, **named)


def _only_pings(connection: _Bounded | None, _record: object) -> None:
    if connection is not None:
        connection.answer_max_s = PING_MAX_S


def _begin(conn: Connection) -> None:
    # It is the ping too: where the connection is gone nothing has been done yet, and another takes its place.
    begin = conn.get_execution_options().get(BEGINS, WRITES)
    try:
        _of(conn).execute(begin)
    except OperationalError:
        with suppress(DBAPIError):
            conn.exec_driver_sql(begin)  # Fails again, and SQLAlchemy lets go of all that are as old.
        conn.exec_driver_sql(begin)
    _of(conn).answer_max_s = ANSWER_MAX_S


def _in_binary(_conn: Connection, cursor: Any, *rest: Any) -> None:
    *_, context, _many = rest
    if context is not None and context.execution_options.get(IN_BINARY):
        cursor.format = Format.BINARY


def _of(conn: Connection) -> _Bounded:
    connection: Any = conn.connection.driver_connection
    return connection  # type: ignore[no-any-return]  # `_connect` made it
