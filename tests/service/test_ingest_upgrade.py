"""What ingest knew before its tables changed, it knows afterwards."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, select, text

from services.ingest.tables import identities
from shared.db.database import Database
from shared.db.migrate import Revisions, config_for, upgrade

ROW = text("INSERT INTO ingest_identities (kind, value, interest, lead_id) VALUES (:kind, :value, '', 'ana')")
KNOWN_BY = [("email", "ana@northwind.example"), ("phone", "+351911111111")]
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def as_it_was(conn: Connection) -> None:
    command.upgrade(config_for("ingest", conn), "0005")
    conn.execute(ROW, [{"kind": kind, "value": value} for kind, value in KNOWN_BY])


def test_who_was_known_is_known_by_the_same(database_url: str) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    rows = database.tx_inline(lambda conn: conn.execute(select(identities).order_by(identities.c.kind)).all())
    assert rows == [(kind, value, "", "ana") for kind, value in KNOWN_BY]
    database.close()


@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_whom_others_get_to_know_meanwhile_is_known_too(database_url: str) -> None:
    """Older processes go on while tables change."""
    migrating, older = Database(database_url, inline=True), Database(database_url, inline=True)
    migrating.tx_inline(as_it_was)
    with ThreadPoolExecutor() as threads:

        def gets_to_know(conn: Connection) -> Future[Revisions]:
            conn.execute(ROW, {"kind": "email", "value": "bea@northwind.example"})
            changing = threads.submit(migrating.tx_inline, lambda conn: upgrade(conn, "ingest"))
            while not conn.execute(WAITING).scalar_one():
                assert not changing.done()
            return changing

        older.tx_inline(gets_to_know).result()
    values = older.tx_inline(lambda conn: conn.execute(select(identities.c.value)).scalars().all())
    assert "bea@northwind.example" in values
    migrating.close()
    older.close()


def test_a_value_is_looked_up_before_its_kind(database_url: str) -> None:
    """There are few kinds, and everybody has one: see the table."""
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    key = database.tx_inline(lambda conn: inspect(conn).get_pk_constraint("ingest_identities"))
    assert key["constrained_columns"] == [column.name for column in identities.primary_key]
    assert key["constrained_columns"][0] == "value"
    database.close()
