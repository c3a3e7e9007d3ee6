"""The statements on which SQLite and PostgreSQL differ. SQLite needs no row locks: it has one writer."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_or_skip(conn: Connection, table: Table) -> Any:
    """INSERT that leaves existing rows alone; with .returning() it names the new ones."""
    return _INSERT[conn.dialect.name](table).on_conflict_do_nothing()


def upsert(conn: Connection, table: Table, *, update: Iterable[Column[Any]]) -> Any:
    """INSERT, or update the named columns of the row with the same primary key."""
    statement = _INSERT[conn.dialect.name](table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column.name: statement.excluded[column.name] for column in update},
    )


def locked(statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """SELECT … FOR UPDATE on PostgreSQL; SQLite leaves it out. `skip`: pass over what is locked by others."""
    return statement.with_for_update(skip_locked=skip)
