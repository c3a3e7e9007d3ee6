"""The statements on which SQLite and PostgreSQL differ. SQLite needs no row locks: it has one writer."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Select, String, bindparam, cast, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from shared.db.arrays import Values
from shared.db.prepared import IN_BINARY, PLANNED_EACH_TIME, fetch


def locked(statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """SELECT … FOR UPDATE on PostgreSQL; SQLite leaves it out. `skip`: pass over what is locked by others."""
    return statement.with_for_update(skip_locked=skip)


def gate(conn: Connection, name: str, *, alone: bool = False) -> None:
    """Pass a gate until the transaction ends: with others, or alone. SQLite has one writer: always alone."""
    if conn.dialect.name == "postgresql":
        fetch(conn, _gate(alone), {"name": name})


@cache
def _gate(alone: bool) -> Select[Any]:
    lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    return select(lock(func.hashtextextended(bindparam("name", type_=String), 0)))


def clock_of(conn: Connection) -> datetime | None:
    """What time it is for the database. None for SQLite: it has no clock but ours."""
    if conn.dialect.name != "postgresql":
        return None
    now: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return now


def in_binary(statement: Select[Any]) -> Select[Any]:
    """A query whose rows hold many bytes: PostgreSQL would send them as twice as many hex digits."""
    return statement.execution_options(**{IN_BINARY: True})


def choosing(statement: Select[Any]) -> Select[Any]:
    """A query that chooses from many: which way is best depends on how full the table is just now."""
    return statement.execution_options(**{PLANNED_EACH_TIME: True})


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column's value, a text or a whole number, is in a list: the parameter `name`.

    One parameter, however long the list is, where IN has one for each value.
    """
    return _Among(column, bindparam(name, type_=Values(column.type)))


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> "_Among":
        return self  # A condition as it stands: SQLite would be asked whether it equals 1, and use no index.


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"


@compiles(_Among, "postgresql")
def _any_of_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    array = compiler.process(cast(values, values.type), **options)
    return f"({compiler.process(column, **options)} = ANY({array}))"
