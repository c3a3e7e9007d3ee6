"""What ingest knew before its tables changed, it knows afterwards."""

from alembic import command
from sqlalchemy import Connection, inspect, select, text

from services.ingest.tables import identities
from shared.db.database import Database
from shared.db.migrate import config_for, upgrade

ROW = text("INSERT INTO ingest_identities (kind, value, interest, lead_id) VALUES (:kind, :value, '', 'ana')")
KNOWN_BY = [("email", "ana@northwind.example"), ("phone", "+351911111111")]


def test_who_was_known_is_known_by_the_same(database_url: str) -> None:
    def as_it_was(conn: Connection) -> None:
        command.upgrade(config_for("ingest", conn), "0005")
        conn.execute(ROW, [{"kind": kind, "value": value} for kind, value in KNOWN_BY])

    database = Database(database_url, inline=True)
    database.tx_inline(as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    rows = database.tx_inline(lambda conn: conn.execute(select(identities).order_by(identities.c.kind)).all())
    assert rows == [(kind, value, "", "ana") for kind, value in KNOWN_BY]
    database.close()


def test_a_value_is_looked_up_before_its_kind(database_url: str) -> None:
    """There are few kinds, and everybody has one: see the table."""
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    key = database.tx_inline(lambda conn: inspect(conn).get_pk_constraint("ingest_identities"))
    assert key["constrained_columns"] == [column.name for column in identities.primary_key]
    assert key["constrained_columns"][0] == "value"
    database.close()
