"""The indexes of leads hold only those that are there: PostgreSQL must see that no others are asked for."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from services.routing.store import leads
from tests.service.routing_place import RoutingPlace, at_acme, routing_at

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
SCANS = text("SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = :name")


async def scans(place: RoutingPlace, name: str) -> int:
    """How often the index was gone by."""
    await place.tx(lambda tx: tx.conn.exec_driver_sql("SELECT pg_stat_force_next_flush()"))
    given = {"name": f"ix_routing_leads_{name}"}
    return int(await place.tx(lambda tx: tx.conn.execute(SCANS, given).scalar_one()))


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("owner", leads.open_by_stage),
        ("owner", leads.queues),
        ("owner", leads.offers),
        ("owner", leads.count_by_team),
        ("owner", lambda conn: leads.queue_of(conn, "inside", 10)),
        ("owner", lambda conn: leads.count_heaps(conn, ["inside"])),
        ("owner", lambda conn: leads.count_open(conn, [at_acme("bob")])),
        ("asked", lambda conn: leads.count_open(conn, [at_acme("bob")])),
    ],
)
async def test_what_is_asked_of_leads_that_are_there_goes_by_their_index(
    name: str, ask: Callable[[Connection], Any], database_url: str
) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        before = await scans(place, name)
        await place.tx(lambda tx: ask(tx.conn))
        assert await scans(place, name) > before
