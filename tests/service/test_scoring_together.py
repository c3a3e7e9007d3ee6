"""Several scoring processes on one PostgreSQL: no lead misses its account, no outcome is lost in a sum."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event as Signal
from typing import Any

import pytest

from services.scoring.app import create_service
from services.scoring.handlers import scores
from services.scoring.handlers.events import on_events
from services.scoring.settings import Settings
from services.scoring.store.leads import lead_states
from shared.contracts.envelope import Heard
from shared.contracts.ingest import AccountUpdated
from shared.contracts.routing import LeadAccepted
from shared.db.database import Database
from shared.runtime.clock import StillClock
from shared.runtime.service import OneAgreement, Service
from shared.runtime.timers import fire_once
from shared.terms import LeadId
from shared.testing.leads import NOON, captured, heard, lead_id
from tests.buses import inline_bus
from tests.tables import make_tables
from tests.unit.scoring_lead import AGREEMENT, assigned

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
NORTHWIND = "northwind.example"
CUSTOMER = Heard(
    id="account",
    lead=LeadId(NORTHWIND),
    source="ingest",
    at=NOON,
    event=AccountUpdated(domain=NORTHWIND, relation="customer"),
)
WORKERS, LEADS = 4, 40


@contextmanager
def process_on(url: str, before_commit: Any = lambda where: None) -> Iterator[Service]:
    """A scoring process: its own connections, and what happens at its seams."""
    given: Any = {"clock": StillClock(NOON), "agreements": OneAgreement(AGREEMENT)}
    with inline_bus() as bus, closing(Database(url, inline=True, seam=before_commit)) as database:
        yield create_service(Settings(), bus=bus, database=database, **given)


@pytest.fixture
def url(database_url: str) -> str:
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: make_tables(conn, "scoring"))
    database.close()
    return database_url


def hear(service: Service, *events: Heard[Any]) -> None:
    asyncio.run(service.tx(lambda tx: on_events(tx, events)))


@pytest.mark.parametrize("who_waits", ["the account", "the lead"])
def test_a_lead_that_comes_while_its_account_changes_knows_it_afterwards(url: str, who_waits: str) -> None:
    """Whoever is first has read, or written, and not committed when the other one comes."""
    reached, go_on = Signal(), Signal()

    def held(where: str) -> None:
        if where == "commit":
            reached.set()
            go_on.wait(10)

    comes, changes = heard(captured(), id="lead"), CUSTOMER
    first, second = (comes, changes) if who_waits == "the account" else (changes, comes)
    with process_on(url, held) as slow, process_on(url) as quick:
        with ThreadPoolExecutor(2) as threads:
            one = threads.submit(hear, slow, first)
            assert reached.wait(10)
            other = threads.submit(hear, quick, second)
            asyncio.run(_a_moment())
            go_on.set()
            one.result()
            other.result()
        asyncio.run(fire_once(quick))
        state = asyncio.run(quick.read(lambda tx: lead_states.read(tx.conn, [lead_id()])))[lead_id()]
    assert state.account is not None
    assert state.account.relation == "customer"


async def _a_moment() -> None:
    await asyncio.sleep(0.3)


def test_outcomes_that_several_processes_count_at_once_add_up(url: str) -> None:
    names = [f"lead {n}" for n in range(WORKERS * LEADS)]
    accepted = LeadAccepted(by="rita@acme.example")

    def work(number: int) -> None:
        with process_on(url) as service:
            for name in names[number::WORKERS]:
                told = [captured(name), assigned(), accepted]
                hear(service, *(heard(event, name, id=f"{name}/{n}") for n, event in enumerate(told)))

    with ThreadPoolExecutor(WORKERS) as threads:
        for done in [threads.submit(work, number) for number in range(WORKERS)]:
            done.result()
    with process_on(url) as service:
        rows, _ = asyncio.run(service.read(scores.calibration))
    assert {row.value: dict(row.outcomes) for row in rows if row.by == "band"} == {
        "50-59": {"accepted": len(names)}
    }
