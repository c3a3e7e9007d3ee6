"""The statements on which SQLite and PostgreSQL differ. SQLite needs no row locks: it has one writer."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Select, Table, bindparam, cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from shared.db.arrays import Values

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_or_skip(conn: Connection, table: Table) -> Any:
    """INSERT that leaves existing rows alone; with .returning() it names the new ones."""
    return _insert_or_skip(conn.dialect.name, table)


def upsert(conn: Connection, table: Table, *, update: Iterable[Column[Any]]) -> Any:
    """INSERT, or update the named columns of the row with the same primary key."""
    return _upsert(conn.dialect.name, table, tuple(column.name for column in update))


# Statements are values; building one costs as much as running it, so each is built once.


@cache
def _insert_or_skip(dialect: str, table: Table) -> Any:
    return _INSERT[dialect](table).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: Table, update: tuple[str, ...]) -> Any:
    statement = _INSERT[dialect](table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in update},
    )


def locked(statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """SELECT … FOR UPDATE on PostgreSQL; SQLite leaves it out. `skip`: pass over what is locked by others."""
    return statement.with_for_update(skip_locked=skip)


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
