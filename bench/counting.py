"""Counts the statements that a database is given, whoever gives them."""

import sqlite3
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from bench.cost import Meter


def count_statements(engine: Engine, meter: Meter) -> None:
    """Count what its connections will execute, but for BEGIN and COMMIT."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", lambda conn, _: setattr(conn, "cursor_factory", _on_postgres(meter)))
    else:
        event.listen(engine, "do_connect", lambda *given: given[-1].update(factory=_on_sqlite(meter)))


def _on_postgres(meter: Meter) -> type[psycopg.Cursor[Any]]:
    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **named: Any) -> Any:
            meter.statements += not query.startswith("BEGIN")
            return super().execute(query, *given, **named)

    return Counting


def _on_sqlite(meter: Meter) -> type[sqlite3.Connection]:
    class Counting(sqlite3.Cursor):
        def execute(self, *given: Any) -> Any:
            meter.statements += 1
            return super().execute(*given)

        def executemany(self, *given: Any) -> Any:
            meter.statements += 1
            return super().executemany(*given)

    class Counted(sqlite3.Connection):
        def cursor(self, factory: Any = Counting) -> Any:
            return super().cursor(factory)

    return Counted
