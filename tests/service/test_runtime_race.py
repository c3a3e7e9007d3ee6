"""Eight workers on one PostgreSQL over twenty leads: events, commands, timers, and pauses at every seam."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from shared.baton import Handover
from shared.bus.port import Consumer, Record
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import decode, decode_envelope, encode
from shared.db.database import Database
from shared.runtime.clock import SystemClock
from shared.runtime.consume import consume_once
from shared.runtime.overview import Overview, overview
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.runtime.timers import fire_once
from shared.terms import LeadId
from tests.service import relay_race as race
from tests.service.skipped import Skipped
from tests.service.toy import AGREEMENT

WORKERS: Final = 8
LEADS: Final = [LeadId(f"lead-{n:02}") for n in range(20)]
POKES: Final = 12
TURNS: Final = 45
PAUSE_MAX_S: Final = 0.003
QUICK: Final = "?options=-c%20deadlock_timeout%3D20ms"


@dataclass(slots=True)
class Worker:
    """One process: its own service, database and bad luck."""

    service: Service
    team: race.Team
    relay: Relay
    dice: random.Random
    consumer: Consumer | None = None
    commands: Counter[LeadId] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)

    async def turn(self, number: int) -> None:
        """One thing of those that a process does."""
        assert self.consumer is not None
        deed = self.dice.choices(["hear", "fire", "say", "command", "swap"], [4, 4, 2, 4, 2])[0]
        match deed:
            case "hear":
                few = self.dice.randint(1, 8)
                done = await consume_once(self.service, self.consumer, max_records=few, timeout_s=0)
            case "fire":
                done = await fire_once(self.service, limit=self.dice.randint(1, 6))
            case "say":
                done = await self.relay.relay_once()
            case "command":
                done = await self._command(f"{id(self)}/{number}")
            case _:
                done = await self._swap(f"{id(self)}/{number}")
        self.deeds[deed] += done

    async def finish(self) -> int:
        """Whatever is left to do; returns how much it was."""
        assert self.consumer is not None
        heard = await consume_once(self.service, self.consumer, timeout_s=0)
        return heard + await fire_once(self.service) + await self.relay.relay_once()

    async def _command(self, cause: str) -> int:
        lead = self.dice.choice(LEADS)
        decide = self.dice.choice([race.pass_on, race.pass_on, race.rest])
        await self.service.tx(lambda tx: self.team.command(tx, lead, decide, cause))
        self.commands[lead] += 1
        return 1

    async def _swap(self, cause: str) -> int:
        # Always the same two: so that often two processes have one each, and want the other.
        first, second = self.dice.sample(LEADS[:2], 2)
        await self.service.tx(lambda tx: self.team.swap(tx, first, second, cause))
        self.commands.update([first, second])
        return 1


def start_worker(number: int, url: str, bus: SqliteBus, skipped: Skipped) -> Worker:
    dice, seams = random.Random(number), random.Random(100 + number)

    def pause(_: str = "") -> None:
        time.sleep(seams.random() * PAUSE_MAX_S)

    database = Database(url + QUICK, seam=pause)
    skipped.watch(database._writer)
    team = race.Team(pause)
    contracts = (race.Offered, race.Poked)
    service = Service(
        name="race",
        database=database,
        messaging=race.messaging,
        bus=bus,
        clock=SystemClock(),
        agreements=AGREEMENT,
        hears=(race.HEARS,),
        reads={contract.name(): contract for contract in contracts},
        on_events=team.on_events,
        on_timers=team.on_timers,
        seam=lambda _: time.sleep(seams.random() * PAUSE_MAX_S / 10),
    )
    return Worker(service, team, Relay(service, f"worker {number}"), dice)


@pytest.fixture
async def bus() -> AsyncIterator[SqliteBus]:
    bus = SqliteBus(":memory:", partitions=8)
    yield bus
    await bus.close()


@pytest.fixture
def skipped() -> Skipped:
    return Skipped()


@pytest.fixture
async def workers(database_url: str, bus: SqliteBus, skipped: Skipped) -> AsyncIterator[list[Worker]]:
    workers = [start_worker(number, database_url, bus, skipped) for number in range(WORKERS)]
    await workers[0].service.database.tx(race.metadata.create_all)
    await workers[0].service.tx(race.open_team)
    for number, worker in enumerate(workers):
        # Two groups: everything is delivered to two workers at once, as to a zombie and its successor.
        worker.consumer = await bus.subscribe([race.HEARS], f"race {number % 2}")
    yield workers
    for worker in workers:
        worker.service.database.close()


async def happen(bus: SqliteBus) -> None:
    """The outside world: offers, then signals; each comes twice, the second time by another way."""
    now = SystemClock().now()
    for n in range(POKES):
        records = []
        for lead in LEADS:
            event = race.Poked() if n else race.Offered(handover=Handover(kind="offer", number=1))
            value = encode(f"{lead}/{n}", event, source="ingest", subject=lead, time=now)
            records += [Record(race.HEARS, key, value) for key in (lead, f"again {lead}")]
        await bus.publish(records)
        await asyncio.sleep(0.05)


async def run(worker: Worker) -> None:
    for number in range(TURNS):
        await worker.turn(number)


async def said(bus: SqliteBus) -> dict[str, list[int]]:
    """By lead, the baton's numbers as a reader sees them: repeats dropped by id."""
    consumer = await bus.subscribe(["baton.race"], "reader")
    seen, numbers = set[str](), dict[str, list[int]]()
    while deliveries := await consumer.poll(max_records=1000, timeout_s=0):
        for delivery in deliveries:
            envelope = decode_envelope(delivery.record.value)
            if envelope.id not in seen:
                seen.add(envelope.id)
                handover = decode(envelope, race.Passed).event.handover
                numbers.setdefault(envelope.subject, []).append(handover.number)
    await consumer.close()
    return numbers


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
async def test_eight_workers_lose_double_and_reorder_nothing(
    workers: list[Worker], bus: SqliteBus, skipped: Skipped
) -> None:
    begun = time.monotonic()
    await asyncio.gather(happen(bus), *(run(worker) for worker in workers))
    await _settle(workers)
    service = workers[0].service
    leads = await service.read(lambda tx: race.states.read(tx.conn, LEADS))
    held = await service.read(race.held_by_reps)
    _every_deed_is_in_effect_once(leads, workers)
    _numbers_are_consecutive(leads, await said(bus))
    assert held == sum(race._by_rep(lead) for lead in leads.values()) <= race.MOST
    _nothing_is_left_over(await service.read(overview))
    repeats = sum(worker.service.database.repeats for worker in workers)
    deeds = sum((worker.deeds for worker in workers), Counter[str]())
    moot = sum(lead.clocks_moot for lead in leads.values())
    print(
        f"\n{time.monotonic() - begun:.1f} s, {dict(deeds)}, repeated after a deadlock: {repeats}, ", end=""
    )
    print(f"passed over as locked: {skipped.rows}, moot clocks: {moot}")
    assert repeats > 0
    assert skipped.rows > 0


async def _settle(workers: list[Worker]) -> None:
    async with asyncio.timeout(60):
        quiet = 0
        while quiet < 3:
            done = sum(await asyncio.gather(*(worker.finish() for worker in workers)))
            found = await workers[0].service.read(overview)
            quiet = 0 if done or found.outbox or found.clocks else quiet + 1
            await asyncio.sleep(0.05)


def _every_deed_is_in_effect_once(leads: dict[LeadId, race.Runner], workers: list[Worker]) -> None:
    commands = sum((worker.commands for worker in workers), Counter[LeadId]())
    assert {lead: runner.commands for lead, runner in leads.items()} == {
        lead: commands[lead] for lead in LEADS
    }
    assert {runner.pokes for runner in leads.values()} == {POKES - 1}
    for lead, runner in leads.items():
        assert runner.waits_until is None, f"{lead} waits for a clock that nobody will fire"
        assert runner.clocks_set == runner.clocks_fired + runner.clocks_dropped, lead


def _numbers_are_consecutive(leads: dict[LeadId, race.Runner], numbers: dict[str, list[int]]) -> None:
    for lead, runner in leads.items():
        assert runner.custody.standing == "holding"
        assert numbers[lead] == list(range(2, runner.custody.number + 1)), lead


def _nothing_is_left_over(found: Overview) -> None:
    assert (found.outbox, found.parked, found.clocks) == (0, 0, 0)
