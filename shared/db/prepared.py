"""Statements of every round, prepared: compiled here once, and planned by PostgreSQL once a connection.

SQLAlchemy takes 80 to 150 µs to execute a statement that it knows, and PostgreSQL 30 to 100 to plan it; a
round is some forty of them. A plan that is made once must be right however the table grows: here belong
statements that find their rows by keys or write them, not those that choose from many.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

IN_BINARY: Final = "in_binary"
"""The execution option of a query whose rows hold many bytes."""

_KNOWN_MAX: Final = 1000
"""More than there are: a statement that is built anew each time is slow, and fills no memory."""
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as text, and how its parameters go in and its columns come out."""

    sql: str
    constants: Mapping[str, Any]
    into: Mapping[str, Convert]
    out: Sequence[tuple[int, Convert]]
    binary: bool


def fetch(conn: Connection, statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
    """Execute it, and return all its rows, as named tuples. `statement` is one object each time."""
    if conn.dialect.name != "postgresql":
        found = conn.execute(statement, dict(values))
        return found.all() if found.returns_rows else []
    ready = _prepared(statement, conn.dialect)
    given = {**ready.constants, **values}
    for name, convert in ready.into.items():
        given[name] = convert(given[name])
    with _as_sqlalchemy(ready.sql), _cursor(conn) as cursor:
        cursor.execute(ready.sql, given, prepare=True, binary=ready.binary)
        rows = cursor.fetchall() if cursor.description else []
    return [_converted(row, ready.out) for row in rows] if ready.out else rows


def _cursor(conn: Connection) -> psycopg.Cursor[Any]:
    connection: Any = conn.connection.dbapi_connection
    cursor: psycopg.Cursor[Any] = connection.cursor(row_factory=namedtuple_row)
    return cursor


@contextmanager
def _as_sqlalchemy(sql: str) -> Iterator[None]:
    """Errors of psycopg as everybody here knows them. A connection that is lost is found out by its pool."""
    try:
        yield
    except psycopg.Error as failed:
        raise DBAPIError.instance(sql, None, failed, psycopg.Error, hide_parameters=True) from failed


def _converted(row: Any, out: Sequence[tuple[int, Convert]]) -> Any:
    return row._replace(**{row._fields[at]: convert(row[at]) for at, convert in out})


@lru_cache(_KNOWN_MAX)
def _prepared(statement: Any, dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect)
    into = {name: _into(bind.type, dialect) for name, bind in compiled.binds.items()}
    out = [(at, _out(column.type, dialect)) for at, column in enumerate(_columns(statement))]
    return _Prepared(
        str(compiled),
        compiled.params,
        {name: convert for name, convert in into.items() if convert is not None},
        [(at, convert) for at, convert in out if convert is not None],
        bool(statement.get_execution_options().get(IN_BINARY)),
    )


def _columns(statement: Any) -> Sequence[Any]:
    return list(statement.selected_columns if statement.is_select else statement.exported_columns)


def _into(kind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _out(kind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
