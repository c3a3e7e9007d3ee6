"""Scoring whole: a real database, the embedded bus, and a clock that stands still."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from services.scoring.app import create_service
from services.scoring.settings import Settings
from services.scoring.store.leads import lead_states
from shared.agreement import Agreement
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import Event
from shared.db.database import Database
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.relay import Relay
from shared.runtime.service import OneAgreement
from shared.runtime.timers import fire_once, next_due
from shared.runtime.tx import Tx
from shared.testing.buses import everything_said, say
from shared.testing.leads import NOON, lead_id
from tests.tables import make_tables
from tests.unit.scoring_lead import AGREEMENT

T = TypeVar("T")


class Place:
    """One scoring service, turned by hand."""

    def __init__(self, database_url: str, agreement: Agreement = AGREEMENT) -> None:
        self.clock = StillClock(NOON)
        self.bus = SqliteBus(":memory:", inline=True)
        database = Database(database_url, inline=True)
        database.tx_inline(lambda conn: make_tables(conn, "scoring"))
        self.service = create_service(
            Settings(), bus=self.bus, clock=self.clock, agreements=OneAgreement(agreement), database=database
        )
        self._heard = 0

    async def close(self) -> None:
        self.service.database.close()
        await self.bus.close()

    async def hear(self, *events: Event, key: str | None = None, name: str = "ana") -> list[Event]:
        """What it says to these events about a lead, or of another key, heard in one batch."""
        for event in events:
            self._heard += 1
            await say(self.bus, event, key or lead_id(name), id=f"event-{self._heard}", at=self.clock.now())
        return await self.turn()

    async def turn(self) -> list[Event]:
        """Handle what waits, fire what is due, and give what is said then."""
        consumer = await self.bus.subscribe(self.service.hears, "scoring")
        while await consume_once(self.service, consumer, timeout_s=0):
            pass
        await consumer.close()
        while await fire_once(self.service):
            pass
        await Relay(self.service, "test").relay_once()
        return [one.event for one in await everything_said(self.bus, topics=["baton.scoring"])]

    async def at(self, when: datetime) -> list[Event]:
        """What it says once the clock is there."""
        self.clock.at = when
        return await self.turn()

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self.service.read(work)

    async def lead(self, name: str = "ana") -> Any:
        """What scoring knows of a lead."""
        return (await self.read(lambda tx: lead_states.read(tx.conn, [lead_id(name)])))[lead_id(name)]

    async def next_due(self) -> datetime | None:
        return await self.read(next_due)
