"""Recycle whole: a real database, the embedded bus, a nurture tool that answers as the test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from services.recycle.app import create_service
from services.recycle.settings import Destination, Settings
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import Event, Heard
from shared.db.database import Database
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.errands import errands_once
from shared.runtime.relay import Relay
from shared.runtime.service import Answer, OneAgreement, Service
from shared.runtime.timers import fire_once
from shared.runtime.tx import Tx
from shared.testing.buses import everything_said, say
from shared.testing.leads import NOON, lead_id
from tests.tables import make_tables
from tests.unit.recycle_lead import AGREEMENT

T = TypeVar("T")
E = TypeVar("E", bound=Event)
GRACE: Final = timedelta(seconds=30)


@dataclass
class Tool:
    """A nurture tool: notes what it is told, and answers as it is set to."""

    answer: Answer = field(default_factory=lambda: Answer(True, "200 OK"))
    heard: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Any] | None = None

    async def post(
        self, url: str, body: bytes, *, key: str, secret: str | None, traceparent: str | None = None
    ) -> Answer:
        self.heard.append(msgspec.json.decode(body))
        self.keys.append(key)
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.answer

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(one["action"], one["number"]) for one in self.heard]


class Place:
    """One recycle service, turned by hand."""

    def __init__(self, database_url: str) -> None:
        self.clock = StillClock(NOON)
        self.tool = Tool()
        self.bus = SqliteBus(":memory:", inline=True)
        self.database = Database(database_url, inline=True)
        self.database.tx_inline(lambda conn: make_tables(conn, "recycle"))
        destination = Destination(url="https://mautic.example/hooks")
        self.settings = Settings(destinations={"mautic": destination}, audit_grace_s=GRACE.total_seconds())
        self.service = self.restarted()
        self._said = 0

    def restarted(self) -> Service:
        """Another process on the same database."""
        return create_service(
            self.settings,
            bus=self.bus,
            clock=self.clock,
            agreements=OneAgreement(AGREEMENT),
            database=self.database,
            outgoing=self.tool,
        )

    async def close(self) -> None:
        self.database.close()
        await self.bus.close()

    async def tell(
        self, *events: Event, name: str = "ana", at: datetime | None = None, topic: str | None = None
    ) -> None:
        """Other services say this."""
        for event in events:
            self._said += 1
            key = getattr(event, "person", None) if event.TYPE == "rep.changed" else lead_id(name)
            said_at = at or self.clock.now()
            await say(self.bus, event, str(key), id=f"said/{self._said}", at=said_at, topic=topic)

    def say_again(self) -> None:
        """What is told from now on has the ids of what was told before."""
        self._said = 0

    async def turn(self) -> None:
        """Handle everything that waits: events, due timers, what is to be said; it is heard again."""
        for _ in range(3):
            consumer = await self.bus.subscribe(self.service.hears, "recycle")
            while await consume_once(self.service, consumer, timeout_s=0):
                pass
            await consumer.close()
            await fire_once(self.service)
            await Relay(self.service, "test").relay_once()

    async def hear(self, *events: Event, name: str = "ana", topic: str | None = None) -> None:
        """Other services say this, and recycle handles it."""
        await self.tell(*events, name=name, topic=topic)
        await self.turn()

    async def call_tools(self) -> int:
        """Carry out what is due, and what follows."""
        done = await errands_once(self.service)
        await self.turn()
        return done

    async def audit(self, *, after: timedelta = GRACE) -> None:
        """Time passes and nothing comes; then the auditor's round."""
        self.clock.advance(after)
        assert self.service.on_idle is not None
        await self.service.tx(self.service.on_idle)
        await self.turn()

    async def said(self, kind: type[E]) -> list[Heard[Any]]:
        """Everything of this kind on recycle's topic."""
        events = await everything_said(self.bus, f"{kind.TYPE}/{self.clock.now()}", topics=["baton.recycle"])
        return [one for one in events if isinstance(one.event, kind)]

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self.service.read(work)
