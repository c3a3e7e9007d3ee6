"""A toy service for tests of the runtime: it counts what it hears, and does what a test tells it to."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import MetaData, Row, Table, select

from shared.agreement import load
from shared.bus.port import Record
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import Event, Heard, encode
from shared.contracts.ingest import LeadErased
from shared.db.database import Database
from shared.db.messaging import messaging_tables
from shared.db.states import States, state_columns
from shared.effects import Effect, FiredTimer, PolicyError
from shared.runtime.clock import Clock, StillClock
from shared.runtime.consume import consume_once
from shared.runtime.parking import list_parked
from shared.runtime.relay import Relay
from shared.runtime.service import Answer, DueErrand, OneAgreement, Service
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from shared.testing.leads import NOON

ANA, BEA, CLEO = LeadId("ana"), LeadId("bea"), LeadId("cleo")
HEARS: Final = "baton.ingest"


class PowerCut(BaseException):
    """The process died here. No handler may catch it."""


class Counted(Event, frozen=True, kw_only=True):
    """Something to count."""

    TYPE: ClassVar[str] = "toy.counted"
    TOPICS: ClassVar[tuple[str, ...]] = (HEARS,)
    n: int
    text: str = ""


class Ended(Event, frozen=True, kw_only=True):
    """The end of a lead."""

    TYPE: ClassVar[str] = "toy.ended"
    TOPICS: ClassVar[tuple[str, ...]] = (HEARS,)
    TOMBSTONE: ClassVar[bool] = True


class Tally(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the toy knows of a lead: all that happened to it, in order."""

    story: tuple[str, ...] = ()


metadata = MetaData()
tallies = Table("toy_tallies", metadata, *state_columns())
messaging = messaging_tables("toy", metadata)
states: Final = States(tallies, Tally)
AGREEMENT: Final = OneAgreement(load(Path("agreements/starter.yaml")))


@dataclass(slots=True)
class Toy:
    """One process of the toy service. `asks` maps a word of the story to the effects that follow it."""

    service: Service
    bus: SqliteBus
    clock: Clock
    asks: dict[str, Sequence[Effect]] = field(default_factory=dict)
    poison: set[str] = field(default_factory=set)
    answers: list[tuple[str, bool, str]] = field(default_factory=list)
    calls: list[DueErrand] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.service.database

    def happen(self, tx: Tx, lead: LeadId, words: Iterable[tuple[str, Cause]]) -> None:
        """Add words to a lead's story, under its lock."""
        before = states.lock(tx.conn, [lead])[lead]
        for word, cause in words:
            if word in self.poison:
                raise PolicyError(f"{word} is poison")
            before = replace(before, story=(*before.story, word))
            tx.carry_out(lead, self.asks.get(word, ()), cause)
        states.save(tx.conn, {lead: before})

    def on_events(self, tx: Tx, events: Sequence[Heard[Any]]) -> None:
        self.batches.append([_word(heard) for heard in events])
        for heard in events:
            self.happen(tx, heard.lead, [(_word(heard), Cause.of(heard))])

    def on_timers(self, tx: Tx, timers: Sequence[FiredTimer]) -> None:
        self.batches.append([timer.purpose for timer in timers])
        for timer in timers:
            self.happen(tx, timer.lead, [(timer.purpose, Cause.of(timer))])

    def on_answer(self, tx: Tx, errand: DueErrand, answer: Answer) -> None:
        self.happen(tx, errand.lead, [(f"answered {errand.key}", Cause(errand.key))])
        self.answers.append((errand.key, answer.delivered, answer.detail))

    async def hear(
        self, n: int, lead: str = ANA, *, id: str = "", key: str | None = None, **more: Any
    ) -> None:
        """Put an event on the bus, as another service would."""
        attributes = {"source": "ingest", "subject": lead, "time": self.clock.now(), **more}
        text = attributes.pop("text", "")
        event_id = id or f"e{n}"
        value = encode(event_id, Counted(n=n, text=text), **attributes)
        await self.publish(value, key or lead, _type_header(Counted))

    async def hear_the_end(self, lead: str = ANA, *, id: str = "end", event: Event | None = None) -> None:
        ended = event or Ended()
        value = encode(id, ended, source="ingest", subject=lead, time=self.clock.now())
        await self.publish(value, lead, _type_header(type(ended)))

    async def publish(self, value: bytes, key: str, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        await self.bus.publish([Record(HEARS, key, value, headers)])

    async def consume(self, max_records: int = 500) -> int:
        """Handle all that waits. A new consumer each time: only what is committed is known to it."""
        consumer = await self.bus.subscribe([HEARS], "toy")
        handled = 0
        try:
            while done := await consume_once(self.service, consumer, max_records=max_records, timeout_s=0):
                handled += done
        finally:
            await consumer.close()
        return handled

    async def do(self, lead: LeadId, *effects: Effect, cause: str = "command/1") -> None:
        """A command: these effects, in one transaction."""
        await self.service.tx(lambda tx: tx.carry_out(lead, effects, Cause(cause)))

    async def story(self, lead: LeadId = ANA) -> list[str]:
        found = await self.service.read(lambda tx: states.read(tx.conn, [lead]))
        return list(found[lead].story) if lead in found else []

    async def parked(self) -> list[tuple[str, str]]:
        """Event ids and reasons of what lies parked, in order."""
        return [(row.event_id, row.reason) for row in await self.service.read(list_parked)]

    async def rows(self, table: str) -> Sequence[Row[Any]]:
        """All rows of a messaging table, by its first column."""
        found = getattr(messaging, table)
        query = select(found).order_by(next(iter(found.c)))
        return await self.service.read(lambda tx: tx.conn.execute(query).all())

    def cut_at(self, seam: str) -> None:
        """The power fails the next time this seam is passed; once."""
        cut = [True]

        def fall(where: str) -> None:
            if where == seam and cut.pop():
                self.database.seam = self.service.seam = lambda _: None
                raise PowerCut(where)

        self.database.seam = self.service.seam = fall

    def relay(self, holder: str = "here") -> Relay:
        return Relay(self.service, holder)

    def pass_time(self, **much: float) -> None:
        assert isinstance(self.clock, StillClock)
        self.clock.advance(timedelta(**much))


def _word(heard: Heard[Any]) -> str:
    return f"{heard.event.n}" if isinstance(heard.event, Counted) else "end"


def _type_header(kind: type[Event]) -> tuple[tuple[str, bytes], ...]:
    return (("ce_type", kind.name().encode()),)


def start_toy(url: str, bus: SqliteBus, clock: Clock, *, inline: bool = True) -> Toy:
    """One process on a database whose tables are there."""
    service = Service(
        name="toy",
        database=Database(url, inline=inline),
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=AGREEMENT,
        hears=(HEARS,),
        reads={kind.name(): kind for kind in (Counted, Ended, LeadErased)},
    )
    toy = Toy(service, bus, clock)
    service.on_events, service.on_timers, service.on_answer = toy.on_events, toy.on_timers, toy.on_answer
    return toy


@asynccontextmanager
async def open_toy(url: str, processes: int = 1) -> AsyncIterator[list[Toy]]:
    """Several processes of the toy on one empty database, one bus and one clock."""
    bus, clock = SqliteBus(":memory:", inline=True), StillClock(NOON)
    toys = [start_toy(url, bus, clock) for _ in range(processes)]
    toys[0].database.tx_inline(metadata.create_all)
    try:
        yield toys
    finally:
        for toy in toys:
            toy.database.close()
        await bus.close()
