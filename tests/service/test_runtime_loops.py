"""A service running: its loops start, wake each other, get over failures, and stop when told to."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from shared.bus.port import BusUnavailable, WrongCluster
from shared.bus.sqlite import SqliteBus
from shared.db.database import DatabaseUnavailable
from shared.effects import Errand, Say, SetTimer
from shared.runtime import loops
from shared.runtime.clock import SystemClock
from shared.runtime.inbox import ClockDiffers, claim
from shared.runtime.loops import RunningService
from shared.runtime.service import Answer, DueErrand
from shared.runtime.tx import Tx
from shared.testing.buses import everything_said
from tests.service.toy import ANA, Counted, Toy, metadata, start_toy

pytestmark = pytest.mark.slow

PATIENCE_S = 10.0
"""Far longer than anything here takes: these tests ask whether, and never how fast to the millisecond."""


@asynccontextmanager
async def running(toy: Toy, holder: str = "here", **more: Any) -> AsyncIterator[RunningService]:
    service = RunningService(toy.service, holder, **more)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


class Ahead(SystemClock):
    """The clock of a machine that is wrong by so many days."""

    def __init__(self, days: int) -> None:
        self.days = days

    def now(self) -> datetime:
        return super().now() + timedelta(days=self.days)


@pytest.fixture
async def bus() -> AsyncIterator[SqliteBus]:
    bus = SqliteBus(":memory:")
    yield bus
    await bus.close()


@pytest.fixture
async def toys(database_url: str, bus: SqliteBus) -> AsyncIterator[list[Toy]]:
    """Two processes with threads and a clock of their own, as they are in earnest."""
    toys = [start_toy(database_url, bus, SystemClock(), inline=False) for _ in range(2)]
    toys[0].database.tx_inline(metadata.create_all)
    yield toys
    for toy in toys:
        toy.database.close()


@pytest.fixture
def toy(toys: list[Toy]) -> Toy:
    return toys[0]


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Return as soon as it holds; fail if it never does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110  # it asks a database, which tells nobody
            await asyncio.sleep(0.005)


async def heard_back(toy: Toy, number: int, group: str = "test") -> None:
    """Wait until this many events of the toy are on the bus."""
    seen: list[Any] = []

    async def enough() -> bool:
        seen.extend(await everything_said(toy.bus, group, topics=["baton.toy"], kinds=[Counted]))
        return len(seen) >= number

    await until(enough)


async def test_an_event_goes_in_and_what_it_causes_comes_out(toy: Toy) -> None:
    toy.asks["1"] = [Say(Counted(n=2)), SetTimer("wake", toy.clock.now())]
    toy.asks["wake"] = [Say(Counted(n=3))]
    async with running(toy):
        await toy.hear(1)
        await heard_back(toy, 2)
    assert await toy.story() == ["1", "wake"]


async def test_what_is_committed_is_published_by_a_nudge_and_not_by_the_next_look(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.relay.IDLE_S", 60.0)
    monkeypatch.setattr("shared.runtime.relay.BUSY_S", 60.0)
    async with running(toy):
        await asyncio.sleep(0.1)
        await toy.do(ANA, Say(Counted(n=1)))
        await heard_back(toy, 1)


async def test_what_another_process_says_is_published_while_one_holds_the_lease(toys: list[Toy]) -> None:
    here, there = toys
    async with running(here, "here"), running(there, "there"):
        for n in range(5):
            await here.do(ANA, Say(Counted(n=n)), cause=f"here {n}")
            await there.do(ANA, Say(Counted(n=n)), cause=f"there {n}")
        await heard_back(here, 10)
    assert await here.rows("outbox") == []


async def test_timers_and_errands_are_woken_too(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "POLL_S", 60.0)
    toy.service.hears = ()

    async def run(errand: DueErrand) -> Answer:
        return Answer(True)

    toy.service.run_errand = run
    async with running(toy):
        await asyncio.sleep(0.1)
        await toy.do(ANA, SetTimer("wake", toy.clock.now()), Errand("tool", "start", "k1", {}))

        async def both() -> bool:
            return sorted(await toy.story()) == ["answered k1", "wake"]

        await until(both)


async def test_it_starts_and_stops_within_seconds_even_when_it_sleeps(toy: Toy) -> None:
    toy.service.on_idle = lambda tx: None
    begun = time.monotonic()
    async with running(toy):
        await asyncio.sleep(0.05)
    assert time.monotonic() - begun < 5


async def test_stopping_lets_the_last_words_out_and_gives_the_lease_back(toy: Toy) -> None:
    async with running(toy) as service:
        service._relaying.once = _nothing  # What is said now is left to the very end.
        await asyncio.sleep(0.05)
        await toy.do(ANA, Say(Counted(n=1)))
    await heard_back(toy, 1)
    assert await toy.rows("leases") == []


async def _nothing() -> int:
    return 0


async def test_a_failing_loop_backs_off_is_counted_and_recovers(toy: Toy) -> None:
    works, left = toy.service.on_events, [3]

    def failing(tx: Tx, events: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise DatabaseUnavailable("the disk is full")
        works(tx, events)

    toy.service.on_events = failing
    before = _failures("events")
    async with running(toy):
        await toy.hear(1)

        async def handled() -> bool:
            return await toy.story() == ["1"]

        await until(handled)
    assert _failures("events") == before + 3
    assert await toy.parked() == []


def _failures(loop: str) -> float:
    labels = {"service": "toy", "loop": loop}
    return REGISTRY.get_sample_value("baton_loop_failures_total", labels) or 0.0


async def test_one_loop_that_fails_stops_no_other(toy: Toy) -> None:
    def broken(tx: Tx) -> None:
        raise KeyError("a bug in the audit")

    toy.service.on_idle = broken
    async with running(toy):
        await toy.hear(1)

        async def handled() -> bool:
            return await toy.story() == ["1"] and _failures("audit") > 0

        await until(handled)


async def test_a_bus_that_is_not_there_yet_is_waited_for(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe, left = toy.bus.subscribe, [2]

    async def late(*names: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise WrongCluster("another has its address")
        return await subscribe(*names)

    monkeypatch.setattr(toy.bus, "subscribe", late)
    async with running(toy) as service:
        with pytest.raises(BusUnavailable, match="not reached the bus yet: WrongCluster: another has"):
            await service.lag()
        await toy.hear(1)

        async def handled() -> bool:
            return await toy.story() == ["1"] and await service.lag() == {"baton.ingest": 0}

        await until(handled)


async def test_a_consumer_that_was_lost_is_replaced(toy: Toy) -> None:
    async with running(toy) as service:
        assert service.consumer is not None
        await service.consumer.close()
        await toy.hear(1)

        async def handled() -> bool:
            return await toy.story() == ["1"]

        await until(handled)


async def test_why_a_consumer_was_lost_is_said_until_another_is_there(toy: Toy) -> None:
    service = RunningService(toy.service, "here")
    await service.try_to_subscribe()
    assert service.consumer is not None
    await service.consumer.close()
    with pytest.raises(BusUnavailable):
        await service.consume_once()
    with pytest.raises(BusUnavailable, match=r"not reached the bus yet: BusUnavailable: .*closed"):
        await service.lag()
    await service.stop()


async def test_old_ids_are_forgotten_once_everything_is_read(toy: Toy) -> None:
    await toy.service.tx(lambda tx: claim(tx, ["old"]))
    inbox = toy.service.messaging.inbox
    old = toy.clock.now() - timedelta(days=30)
    await toy.service.tx(lambda tx: tx.conn.execute(inbox.update().values(received_at=old)))

    async def forgotten() -> bool:
        return [row.event_id for row in await toy.rows("inbox")] == ["forgotten before"]

    async with running(toy, inbox_keep=timedelta(days=40)):
        await asyncio.sleep(0.1)
        assert not await forgotten()
    async with running(toy, inbox_keep=timedelta(days=20)):
        await until(forgotten)


async def test_nothing_is_forgotten_while_events_wait_unread(toy: Toy) -> None:
    service = RunningService(toy.service, "here", inbox_keep=timedelta(days=2))
    await service.try_to_subscribe()
    await toy.service.tx(lambda tx: claim(tx, ["old"]))
    inbox = toy.service.messaging.inbox
    old = toy.clock.now() - timedelta(days=30)
    await toy.service.tx(lambda tx: tx.conn.execute(inbox.update().values(received_at=old)))
    await toy.hear(1)
    await service.forget_once()
    assert [row.event_id for row in await toy.rows("inbox")] == ["old"]
    await service.stop()


@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
@pytest.mark.parametrize("days", [20, -20])
async def test_a_process_whose_clock_is_wrong_forgets_nothing(toy: Toy, database_url: str, days: int) -> None:
    clock = Ahead(days)
    wrong = start_toy(database_url, toy.bus, clock, inline=False)
    await wrong.service.tx(lambda tx: claim(tx, ["old"]))
    clock.days += 3
    service = RunningService(wrong.service, "there", inbox_keep=timedelta(days=2))
    await service.try_to_subscribe()
    with pytest.raises(ClockDiffers, match=r"UTC for this process, and .* for the database: set the clock"):
        await service.forget_once()
    assert [row.event_id for row in await toy.rows("inbox")] == ["old"]
    await service.stop()
    wrong.database.close()


async def test_how_long_ids_are_kept_is_a_setting(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RunningService(toy.service, "here").inbox_keep == timedelta(days=14)
    monkeypatch.setenv("BATON_INBOX_KEEP_DAYS", "30")
    assert RunningService(toy.service, "here").inbox_keep == timedelta(days=30)
