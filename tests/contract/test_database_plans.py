"""How PostgreSQL goes about the tables that fill and empty all day."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Connection, Table, insert, text

from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.db.prepared import fetch
from shared.effects import Say
from shared.runtime import errands, parking, relay, tx
from tests.service.toy import ANA, BEA, Counted, Toy, messaging, open_toy

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
MANY = 5_000
EARLY: Final = datetime(2026, 1, 5, tzinfo=UTC)
SERVICES = ["ingest", "scoring", "routing", "recycle"]
GENERIC_AFTER = 12
"""More often than PostgreSQL would want before it keeps a plan by itself."""


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as toys:
        yield toys[0]


def vacuum(url: str) -> None:
    """As autovacuum does: now PostgreSQL knows that the tables are empty, and assumes nothing."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) toy_outbox, toy_parked, toy_timers, toy_errands")


def read_in_passing(conn: Connection) -> int:
    """Rows that were read by going through a table from its beginning."""
    conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    query = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'toy%'"
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


def timer_of(lead: str, n: int) -> dict[str, Any]:
    return {"lead_id": f"{lead}/{n}", "purpose": "p", "due_at": EARLY, "payload": {}, "hop": 0}


def errand_of(lead: str, n: int) -> dict[str, Any]:
    told = {"lead_id": f"{lead}/{n}", "destination": "d", "action": "a", "key": f"k{n}", "body": {}}
    return {**told, "attempts": 0, "next_at": EARLY, "written_at": EARLY, "hop": 0}


def parked_of(lead: str, n: int) -> dict[str, Any]:
    said = {"event_id": f"e{n}", "topic": "t", "lead_id": f"{lead}/{n}", "type": "t", "value": b""}
    return {**said, "reason": "r", "owner": "o", "parked_at": EARLY, "due_at": EARLY}


@pytest.mark.parametrize(
    ("statement", "given", "table", "row"),
    [
        (parking.queues(messaging.parked), {"leads": ["ana/7"]}, messaging.parked, parked_of),
        (tx.timers_of(messaging.timers), {"leads": ["ana/7"]}, messaging.timers, timer_of),
        (tx.without(messaging.timers), {"ids": [7]}, messaging.timers, timer_of),
        (errands.claimed(messaging.errands), {"errand": 7, "attempt": 3}, messaging.errands, errand_of),
    ],
    ids=[
        "what is parked",
        "timers of leads",
        "timers that are gone",
        "an errand that was claimed",
    ],
)
async def test_what_was_prepared_while_its_table_was_empty_does_not_read_all_of_it_once_it_is_full(
    statement: Any,
    given: dict[str, Any],
    table: Table,
    row: Callable[[str, int], dict[str, Any]],
    toy: Toy,
    database_url: str,
) -> None:
    vacuum(database_url)
    for _ in range(GENERIC_AFTER):
        assert not toy.database.tx_inline(lambda conn: fetch(conn, statement, given))
    rows = [row("ana", n) for n in range(MANY)]
    toy.database.tx_inline(lambda conn: conn.execute(insert(table), rows))
    toy.database.tx_inline(read_in_passing)
    before = toy.database.tx_inline(read_in_passing)
    toy.database.tx_inline(lambda conn: fetch(conn, statement, given))
    toy.database.tx_inline(read_in_passing)
    assert toy.database.tx_inline(read_in_passing) - before < MANY


def options_of(conn: Connection, table: str) -> list[str]:
    query = text("SELECT reloptions FROM pg_class WHERE oid = to_regclass(:table)")
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
