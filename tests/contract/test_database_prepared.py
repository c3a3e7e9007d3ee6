"""Prepared statements: the same rows and the same errors as any other statement's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from sqlalchemy import Column, Connection, LargeBinary, MetaData, String, Table, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db.bulk import insert
from shared.db.database import Database, DatabaseUnavailable
from shared.db.dialect import among, choosing, in_binary
from shared.db.prepared import fetch
from shared.db.types import UtcDateTime

metadata = MetaData()
notes = Table(
    "prepared_notes",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", LargeBinary),
    Column("at", UtcDateTime),
)
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
READING: Final = select(notes).where(among(notes.c.name, "names")).order_by(notes.c.name)
ONLY_POSTGRES: Final = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, inline=True)
    database.tx_inline(metadata.create_all)
    yield database
    database.close()


def note(conn: Connection, *names: str) -> None:
    insert(conn, notes, [{"name": name, "value": b"\0\xff", "at": NOON} for name in names])


def names(conn: Connection) -> list[str]:
    return [row.name for row in fetch(conn, READING, {"names": ["ana", "bea"]})]


@pytest.mark.parametrize("statement", [READING, in_binary(READING)], ids=["in text", "in binary"])
def test_a_row_is_what_was_written(database: Database, statement: object) -> None:
    database.tx_inline(lambda conn: note(conn, "ana", "bea"))
    rows = database.tx_inline(lambda conn: fetch(conn, statement, {"names": ["bea"]}))
    assert [(row.name, row.value, row.at, row.at.tzinfo) for row in rows] == [("bea", b"\0\xff", NOON, UTC)]


def test_an_error_is_the_one_that_everybody_catches(database: Database) -> None:
    database.tx_inline(lambda conn: note(conn, "ana"))
    with pytest.raises(IntegrityError):
        database.tx_inline(lambda conn: note(conn, "ana"))
    assert database.tx_inline(names) == ["ana"]


@ONLY_POSTGRES
@pytest.mark.parametrize(("statement", "kept"), [(READING, 1), (choosing(READING), 0)])
def test_what_chooses_from_many_is_planned_each_time(
    database: Database, statement: object, kept: int
) -> None:
    def plans(conn: Connection) -> int:
        for _ in range(10):  # psycopg prepares by itself what comes often.
            fetch(conn, statement, {"names": ["ana"]})
        query = "SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, 'prepared_notes') > 0"
        return int(conn.exec_driver_sql(query).scalar_one())

    assert database.tx_inline(plans) == kept


@ONLY_POSTGRES
def test_a_column_that_a_migration_makes_wider_under_a_kept_plan_disturbs_nobody(database: Database) -> None:
    assert database.tx_inline(names) == []
    other = Database(database.url, inline=True)
    wider = "ALTER TABLE prepared_notes ALTER name TYPE varchar(40)"
    other.tx_inline(lambda conn: conn.exec_driver_sql(wider))
    other.close()
    assert database.tx_inline(names) == []
    assert database.repeats == 1


def test_a_cursor_that_can_not_be_opened_is_an_error_that_everybody_knows(database: Database) -> None:
    known: list[DBAPIError] = []

    def closed(conn: Connection) -> None:
        connection: Any = conn.connection.dbapi_connection
        connection.close()
        try:
            names(conn)
        except DBAPIError as failed:
            known.append(failed)

    with pytest.raises((DBAPIError, DatabaseUnavailable)):  # There is nothing left to commit on.
        database.tx_inline(closed)
    assert "closed" in str(known[0].orig)


@ONLY_POSTGRES
def test_a_connection_that_is_lost_in_a_transaction_is_unavailable_and_not_used_again(
    database: Database,
) -> None:
    def cut(conn: Connection) -> None:
        note(conn, "ana")
        _cut(database, _server_process(conn))
        note(conn, "bea")

    with pytest.raises(DatabaseUnavailable):
        database.tx_inline(cut)
    assert database.tx_inline(names) == []


@ONLY_POSTGRES
def test_connections_that_are_lost_between_two_transactions_are_replaced_and_nobody_notices(
    database: Database,
) -> None:
    with database._writer.connect() as other, other.begin():
        before = [_server_process(other), database.tx_inline(_server_process)]
    for process in before:
        _cut(database, process)
    assert database.tx_inline(names) == []
    assert database.tx_inline(_server_process) not in before


def _server_process(conn: Connection) -> int:
    return int(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def _cut(database: Database, process: int) -> None:
    other = Database(database.url, inline=True)
    other.tx_inline(lambda conn: conn.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 5000)"))
    other.close()
