"""The empty tables of a service: migrations make them once a process, then what they wrote is repeated.

On PostgreSQL they are made once a database: what a test wrote goes when it gives the database back, and the
tables wait in a schema aside (tests/servers/databases.py).
"""

from typing import Any, Final

from sqlalchemy import Connection, event, inspect

from shared.db.migrate import upgrade

_Written = list[tuple[str, Any]]
_READS: Final = ("SELECT", "PRAGMA")
_written: dict[tuple[str, str], _Written] = {}


def make_tables(conn: Connection, service: str) -> None:
    """Bring an empty database to the newest migration of a service, in the caller's transaction."""
    if conn.dialect.name == "sqlite":
        _make(conn, service)
        return
    aside = f"aside_{service}"
    if inspect(conn).has_schema(aside):
        conn.exec_driver_sql("DROP SCHEMA public")
        conn.exec_driver_sql(f"ALTER SCHEMA {aside} RENAME TO public")
        return
    _make(conn, service)
    conn.exec_driver_sql(f"COMMENT ON SCHEMA public IS '{aside}'")


def _make(conn: Connection, service: str) -> None:
    key = (conn.dialect.name, service)
    if key not in _written:
        _written[key] = _write_down(conn, service)
        return
    for statement, parameters in _written[key]:
        conn.exec_driver_sql(statement, parameters)


def _write_down(conn: Connection, service: str) -> _Written:
    written: _Written = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not statement.lstrip().startswith(_READS):
            written.append((statement, parameters or None))

    event.listen(conn, "before_cursor_execute", note)
    try:
        upgrade(conn, service)
    finally:
        event.remove(conn, "before_cursor_execute", note)
    return written
