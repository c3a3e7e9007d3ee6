"""Hears everything that is said to PostgreSQL, by SQLAlchemy or by a prepared statement."""

from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Engine, event

Hear = Callable[[psycopg.Connection[Any], str, Any], None]
"""Is told the connection, the statement and its parameters; may use the connection by `psycopg.Cursor`."""


def before(engine: Engine, hear: Hear) -> None:
    """Hear each statement before it is executed."""

    class Overheard(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            hear(self.connection, query, params)
            return super().execute(query, params, **how)

    _lend(engine, Overheard)


def after(engine: Engine, hear: Hear) -> None:
    """Hear each statement when it has been executed."""

    class Overheard(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            executed = super().execute(query, params, **how)
            hear(self.connection, query, params)
            return executed

    _lend(engine, Overheard)


def _lend(engine: Engine, cursor: type[psycopg.Cursor[Any]]) -> None:
    def use(connection: psycopg.Connection[Any], *_: object) -> None:
        connection.cursor_factory = cursor

    event.listen(engine, "checkout", use)
