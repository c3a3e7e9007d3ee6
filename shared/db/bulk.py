"""Many rows in one statement, whatever the database. Rows are written in the order they are given in."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, bindparam, cast, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from shared.db.arrays import Values
from shared.db.prepared import fetch, fetch_each

Rows = Sequence[Mapping[str, Any]]
"""All with the same keys, names of columns. None of them empty."""


def insert(conn: Connection, table: Table, rows: Rows) -> None:
    """Write new rows."""
    _execute(conn, _inserting(conn.dialect.name, table, tuple(rows[0])), rows)


def insert_or_skip(
    conn: Connection, table: Table, rows: Rows, *, returning: Sequence[Column[Any]] = ()
) -> Sequence[Row[Any]]:
    """Write new rows and leave existing ones alone; `returning` names the new ones, in no certain order."""
    statement = _skipping(conn.dialect.name, table, tuple(rows[0]), tuple(returning))
    return _execute(conn, statement, rows)


def upsert(conn: Connection, table: Table, rows: Rows, *, update: Iterable[Column[Any]]) -> None:
    """Write new rows; where there is one with the same primary key, update the named columns of it."""
    names = tuple(column.name for column in update)
    _execute(conn, _updating(conn.dialect.name, table, tuple(rows[0]), names), rows)


def add(conn: Connection, table: Table, rows: Rows, *, to: Iterable[Column[Any]]) -> None:
    """Write new rows; where there is one with the same primary key, add to the named columns of it."""
    names = tuple(column.name for column in to)
    _execute(conn, _adding(conn.dialect.name, table, tuple(rows[0]), names), rows)


def delete_rows(conn: Connection, table: Table, keys: Rows) -> None:
    """Delete the rows that have these primary keys."""
    _execute(conn, _deleting(conn.dialect.name, table), keys)


def _execute(conn: Connection, statement: Any, rows: Rows) -> Sequence[Row[Any]]:
    if conn.dialect.name == "postgresql":
        return fetch(conn, statement, {f"all_{name}": [row[name] for row in rows] for name in rows[0]})
    return fetch_each(conn, statement, rows)


def inserting_or_skipping(table: Table, names: tuple[str, ...], returning: tuple[Column[Any], ...]) -> Any:
    """What `insert_or_skip` executes on PostgreSQL, to be part of another statement: column x is `all_x`."""
    return _skipping("postgresql", table, names, returning)


# Statements are values; building one costs as much as running it, so each is built once.


@cache
def _inserting(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    return _new(dialect, table, names)


def _new(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    # A new one for each that is made of it: one that was compiled remembers that it returns nothing.
    if dialect != "postgresql":
        return sqlite.insert(table)
    # A function in FROM gives its rows in order, and INSERT … SELECT takes them in order.
    columns = [table.c[name] for name in names]
    return postgresql.insert(table).from_select(columns, _given_rows(columns))


def _given_rows(columns: Sequence[Column[Any]]) -> Select[Any]:
    names = [column.name for column in columns]
    unnested = func.unnest(*map(_array, columns)).table_valued(*names, name="rows").render_derived()
    return select(*unnested.c)


@cache
def _skipping(dialect: str, table: Table, names: tuple[str, ...], returning: tuple[Column[Any], ...]) -> Any:
    statement = _new(dialect, table, names).on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement


@cache
def _updating(dialect: str, table: Table, names: tuple[str, ...], update: tuple[str, ...]) -> Any:
    statement = _new(dialect, table, names)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in update},
    )


@cache
def _adding(dialect: str, table: Table, names: tuple[str, ...], to: tuple[str, ...]) -> Any:
    statement = _new(dialect, table, names)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: table.c[name] + statement.excluded[name] for name in to},
    )


@cache
def _deleting(dialect: str, table: Table) -> Any:
    key = tuple(table.primary_key.columns)
    if dialect == "postgresql":
        return delete(table).where(tuple_(*key).in_(_given_rows(key)))
    return delete(table).where(*(column == bindparam(column.name, type_=column.type) for column in key))


def _array(column: Column[Any]) -> Any:
    kind = Values(column.type)
    return cast(bindparam(f"all_{column.name}", type_=kind), kind)
