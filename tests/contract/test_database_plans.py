"""How PostgreSQL goes about the tables that fill and empty all day."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import Connection, insert, text

from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.effects import Say
from shared.runtime import relay
from tests.service.toy import ANA, BEA, Counted, Toy, messaging, open_toy

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
MANY = 5_000
SERVICES = ["ingest", "scoring", "routing", "recycle"]
GENERIC_AFTER = 12
"""psycopg prepares a statement at its sixth run, and PostgreSQL thinks of a lasting plan after five more."""


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as toys:
        yield toys[0]


def vacuum(url: str) -> None:
    """As autovacuum does: now PostgreSQL knows that the table is empty, and assumes nothing."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) toy_outbox")


def read_in_passing(conn: Connection) -> int:
    """Rows of the outbox that were read by going through the table from its beginning."""
    conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    query = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'toy_outbox'"
    return int(conn.execute(text(query)).scalar_one())


async def test_a_plan_made_while_the_outbox_was_empty_does_not_read_all_of_it_once_it_is_full(
    toy: Toy, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RELAY_BATCH_MAX", 1)
    here = toy.relay()
    vacuum(database_url)
    for n in range(GENERIC_AFTER):
        await toy.do(ANA, Say(Counted(n=n)), cause=f"say {n}")
        assert await here.relay_once() == 1
    await toy.do(ANA, Say(Counted(n=99)), cause="say 99")
    [row] = await toy.rows("outbox")
    # All at once, as after an hour without a bus, and before any statistics are taken.
    more = [{**row._asdict(), "id": row.id + n, "key": BEA} for n in range(1, MANY)]
    toy.database.tx_inline(lambda conn: conn.execute(insert(messaging.outbox), more))
    toy.database.tx_inline(read_in_passing)
    before = toy.database.tx_inline(read_in_passing)
    for _ in range(3):
        assert await here.relay_once() == 1
    toy.database.tx_inline(read_in_passing)
    assert toy.database.tx_inline(read_in_passing) - before < MANY


def options_of(conn: Connection, table: str) -> list[str]:
    query = text("SELECT reloptions FROM pg_class WHERE relname = :table")
    found: list[str] = conn.execute(query, {"table": table}).scalar_one()
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_a_row_up_to_a_page_is_neither_compressed_nor_cut_up(service: str, database_url: str) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: upgrade(conn, service))
    for table in ("leads", "outbox", *(["story"] if service == "recycle" else [])):
        options = database.tx_inline(lambda conn, name=f"{service}_{table}": options_of(conn, name))
        assert "toast_tuple_target=8160" in (options or [])
    database.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_what_fills_and_empties_all_day_is_cleaned_up_after_some_thousand_rows(
    service: str, database_url: str
) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: upgrade(conn, service))
    for table in ("outbox", "timers", "errands"):
        options = database.tx_inline(lambda conn, name=f"{service}_{table}": options_of(conn, name))
        assert "autovacuum_vacuum_scale_factor=0" in options
        assert "autovacuum_vacuum_threshold=2000" in options
    database.close()
