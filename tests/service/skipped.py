"""Counts the rows that SKIP LOCKED really passed over, by asking in the same transaction what was there."""

import re
import threading
from typing import Any, Final

import psycopg
from sqlalchemy import Engine

from tests.service import overhear

_LOCKING: Final = re.compile(r"\s+FOR UPDATE( OF \w+)? SKIP LOCKED")


class Skipped:
    """How many rows were there before and after, and still not to be had: somebody else was at them."""

    def __init__(self) -> None:
        self.rows = 0
        self._lock = threading.Lock()

    def watch(self, engine: Engine) -> None:
        """Look over the shoulder of everything that this engine runs."""
        overhear.before(engine, self._before)

    def _before(self, connection: psycopg.Connection[Any], statement: str, parameters: Any) -> None:
        if not _LOCKING.search(statement):
            return
        plain = _LOCKING.sub("", statement)
        seen = self._ids(connection, plain, parameters)
        had = self._ids(connection, statement, parameters)
        seen &= self._ids(connection, plain, parameters)
        with self._lock:
            self.rows += len(seen - had)

    def _ids(self, connection: psycopg.Connection[Any], statement: str, parameters: Any) -> set[Any]:
        with psycopg.Cursor(connection) as cursor:
            cursor.execute(statement, parameters)
            return {row[0] for row in cursor.fetchall()}
