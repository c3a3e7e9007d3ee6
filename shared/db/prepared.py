"""Statements of every round, prepared: compiled here once, and planned by PostgreSQL once a connection.

SQLAlchemy takes 80 to 150 µs to execute a statement that it knows, and PostgreSQL 30 to 100 to plan it; a
round is some forty of them. A plan that is made once must be right however the table grows: it is for
statements that find their rows by keys or write them. One that chooses from many, or reads a whole table,
is planned each time: without parameters, a plan made for a reader would serve writers too. A rollback ends
the plans of its connection.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import DBAPIError

IN_BINARY: Final = "in_binary"
"""The execution option of a query whose rows hold many bytes."""
PLANNED_EACH_TIME: Final = "planned_each_time"
"""The execution option of a query that chooses from many."""

_KNOWN_MAX: Final = 1000
"""More than there are: a statement that is built anew each time is slow, and fills no memory."""
_SQLITE: Final = pysqlite.dialect(paramstyle="named")
_POSTGRES: Final = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
Convert = Callable[[Any], Any]
Given = Mapping[str, Any]
"""The parameters of a statement, by name."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as text, and how its parameters go in and its columns come out."""

    sql: str
    constants: Given
    into: Mapping[str, Convert]
    returns: bool
    out: Sequence[tuple[int, Convert]]
    binary: bool
    planned_once: bool

    def given(self, values: Given) -> Given:
        given = {**self.constants, **values}
        for name, convert in self.into.items():
            given[name] = convert(given[name])
        return given


def fetch(conn: Connection, statement: Any, values: Given) -> Sequence[Any]:
    """Execute it, and return all its rows, as named tuples. `statement` is one object each time."""
    if conn.dialect.name != "postgresql":
        return _each(conn, _prepared(statement, _SQLITE, None), [values])
    ready = _prepared(statement, _POSTGRES, None)
    try:
        with _cursor(conn) as cursor:
            cursor.execute(ready.sql, ready.given(values), prepare=ready.planned_once, binary=ready.binary)
            rows = cursor.fetchall() if cursor.description else []
    except psycopg.Error as failed:
        raise as_sqlalchemy(ready.sql, failed, psycopg.Error) from failed
    return _converted(rows, ready.out, type(rows[0])._make) if rows and ready.out else rows


def fetch_each(conn: Connection, statement: Any, rows: Sequence[Given]) -> Sequence[Any]:
    """Execute it for each of the rows, which have the same keys, and return what that returns.

    For SQLite, which is in this process: a statement for many rows would save nothing there.
    """
    return _each(conn, _prepared(statement, _SQLITE, tuple(rows[0])), rows)


def _each(conn: Connection, ready: _Prepared, rows: Sequence[Given]) -> Sequence[Any]:
    connection: Any = conn.connection.dbapi_connection
    found: list[Any] = []
    try:
        with closing(connection.cursor()) as cursor:
            if not ready.returns:
                cursor.executemany(ready.sql, map(ready.given, rows))
                return []
            for row in rows:  # Read at once: a statement that has rows left can not be used again.
                found += cursor.execute(ready.sql, ready.given(row)).fetchall()
            make = _row_of(tuple(column[0] for column in cursor.description))
    except sqlite3.Error as failed:
        raise as_sqlalchemy(ready.sql, failed, sqlite3.Error) from failed
    return _converted(found, ready.out, make)


@cache
def _row_of(names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are the query's
    make: Callable[[Sequence[Any]], Any] = row._make
    return make


def _cursor(conn: Connection) -> psycopg.Cursor[Any]:
    connection: Any = conn.connection.dbapi_connection
    cursor: psycopg.Cursor[Any] = connection.cursor(row_factory=namedtuple_row)
    return cursor


def as_sqlalchemy(sql: str, failed: Exception, kind: type[Exception]) -> BaseException:
    """An error of a driver as everybody here knows it. A connection that is lost is found out by its pool."""
    return DBAPIError.instance(sql, None, failed, kind, hide_parameters=True)


def _converted(
    rows: Sequence[Any], out: Sequence[tuple[int, Convert]], make: Callable[[Sequence[Any]], Any]
) -> Sequence[Any]:
    return [make(_values(row, out)) for row in rows]


def _values(row: Sequence[Any], out: Sequence[tuple[int, Convert]]) -> Sequence[Any]:
    if not out:
        return row
    values = list(row)
    for at, convert in out:
        values[at] = convert(values[at])
    return values


@lru_cache(_KNOWN_MAX)
def _prepared(statement: Any, dialect: Dialect, names: tuple[str, ...] | None) -> _Prepared:
    """`names`: the columns of an INSERT that does not say them itself."""
    compiled = statement.compile(dialect=dialect, column_keys=names, for_executemany=names is not None)
    options = statement.get_execution_options()
    into = {name: _into(bind.type, dialect) for name, bind in compiled.binds.items()}
    columns = _columns(statement)
    out = [(at, _out(column.type, dialect)) for at, column in enumerate(columns)]
    return _Prepared(
        str(compiled),
        compiled.params,
        {name: convert for name, convert in into.items() if convert is not None},
        bool(columns),
        [(at, convert) for at, convert in out if convert is not None],
        bool(options.get(IN_BINARY)),
        not options.get(PLANNED_EACH_TIME),
    )


def _columns(statement: Any) -> Sequence[Any]:
    return list(statement.selected_columns if statement.is_select else statement.exported_columns)


def _into(kind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _out(kind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
