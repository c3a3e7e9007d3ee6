"""Two processes on one PostgreSQL, one of them held up in the middle: what the other may do meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from deploy.virtual.drive import drive
from shared.contracts.envelope import Heard
from shared.effects import CancelTimer, Errand, FiredTimer, SetTimer
from shared.runtime.consume import consume_once
from shared.runtime.errands import claim_errands
from shared.runtime.inbox import claim
from shared.runtime.leases import take_turn
from shared.runtime.parking import replay
from shared.runtime.service import DueErrand
from shared.runtime.timers import fire_once
from shared.runtime.tx import Tx
from shared.testing.leads import NOON
from tests.service import overhear
from tests.service.toy import ANA, BEA, HEARS, Toy, open_toy, start_toy

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
SOON_S = 0.3
"""Long enough for whoever is not held up to be done."""


@pytest.fixture
async def toys(database_url: str) -> AsyncIterator[list[Toy]]:
    async with open_toy(database_url, processes=2) as toys:
        yield toys


def at(minutes: float, purpose: str = "wake") -> SetTimer:
    return SetTimer(purpose, NOON + timedelta(minutes=minutes))


def while_firing(toy: Toy, deed: Callable[[], None]) -> None:
    """Do something when this process has claimed its timers and has not committed yet."""
    fire = toy.service.on_timers

    def pausing(tx: Tx, timers: Sequence[FiredTimer]) -> None:
        toy.service.on_timers = fire
        deed()
        fire(tx, timers)

    toy.service.on_timers = pausing


async def test_cancelling_a_timer_that_is_being_fired_passes_over_it_and_waits_for_nobody(
    toys: list[Toy],
) -> None:
    here, there = toys
    await here.do(ANA, at(0), at(60, "later"))
    while_firing(here, lambda: drive(there.do(ANA, CancelTimer("wake"), CancelTimer("later"))))
    assert await fire_once(here.service) == 1
    assert await here.rows("timers") == []
    assert await here.story() == ["wake"], "the toy does not ask whether it is moot; a service must"


async def test_a_lead_whose_first_timer_is_being_fired_is_passed_over_whole(toys: list[Toy]) -> None:
    here, there = toys
    await here.do(ANA, at(1, "first"), at(2, "second"))
    await here.do(BEA, at(3))
    here.pass_time(minutes=5)

    async def fire_there() -> None:
        assert await fire_once(there.service) == 1

    while_firing(here, lambda: drive(fire_there()))
    assert await fire_once(here.service, limit=1) == 2
    assert here.batches == [["first", "second"]]
    assert there.batches == [["wake"]]


async def test_the_second_timer_of_a_lead_is_nobodys_while_the_first_is_just_locked(toys: list[Toy]) -> None:
    here, there = toys
    await here.do(ANA, at(1, "first"), at(2, "second"))
    here.pass_time(minutes=5)
    between = [True]

    def look_there(_connection: object, statement: str, _given: object) -> None:
        if "SKIP LOCKED" in statement and between:
            between.clear()
            assert drive(fire_once(there.service)) == 0

    overhear.after(here.database._writer, look_there)
    assert await fire_once(here.service, limit=1) == 2
    assert not between
    assert await here.story() == ["first", "second"]


async def test_a_poison_timer_elsewhere_does_not_change_the_order_of_a_lead(toys: list[Toy]) -> None:
    here, there = toys
    here.poison = {"poison"}
    await here.do(ANA, at(1, "poison"), at(2, "second"))
    here.pass_time(minutes=5)
    taken: list[int] = []

    async def fire_there() -> None:
        taken.append(await fire_once(there.service))

    while_firing(here, lambda: drive(fire_there()))
    assert await fire_once(here.service) == 2
    assert taken == [0]
    assert await here.story() == ["second"]


async def test_a_timer_that_is_just_being_cancelled_is_waited_for_and_does_not_fire(toys: list[Toy]) -> None:
    here, there = toys
    await here.do(ANA, at(0, "first"), at(1, "second"))
    here.pass_time(minutes=5)
    entered, go, between = threading.Event(), threading.Event(), [True]

    def hold(where: str) -> None:
        if where == "commit":
            entered.set()
            assert go.wait(10)

    def cancel_there(_connection: object, statement: str, _given: object) -> None:
        if "SKIP LOCKED" in statement and between:
            between.clear()
            threading.Thread(target=lambda: drive(there.do(ANA, CancelTimer("second")))).start()
            assert entered.wait(10)
            threading.Timer(SOON_S, go.set).start()

    there.database.seam = hold
    overhear.after(here.database._writer, cancel_there)
    assert await fire_once(here.service) == 1
    assert await here.story() == ["first"]
    assert await here.rows("timers") == []


# ---- held up in a thread


class Held:
    """A handler that stops in the middle of its transaction until it is let go."""

    def __init__(self, toy: Toy) -> None:
        self._handle = toy.service.on_events
        self.entered, self._go = threading.Event(), threading.Event()
        toy.service.on_events = self._stop

    def _stop(self, tx: Tx, events: Sequence[Heard[Any]]) -> None:
        self._handle(tx, events)
        self.entered.set()
        assert self._go.wait(10)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 10)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
async def threads(toys: list[Toy], database_url: str) -> AsyncIterator[list[Toy]]:
    """The same two, each with database threads, so that one can wait while the other goes on."""
    threaded = [start_toy(database_url, toy.bus, toy.clock, inline=False) for toy in toys]
    yield threaded
    for toy in threaded:
        toy.database.close()


async def test_what_comes_while_its_lead_is_replayed_is_handled_after_it_and_not_left_parked(
    threads: list[Toy],
) -> None:
    here, there = threads
    here.poison = {"1"}
    await here.hear(1)
    await here.consume()
    here.poison = set()
    held = Held(here)
    replaying = asyncio.create_task(replay(here.service, ANA))
    await held.reached()
    await there.hear(2)
    consuming = asyncio.create_task(there.consume())
    await asyncio.wait([consuming], timeout=SOON_S)
    held.let_go()
    assert await replaying == (1, None)
    await consuming
    assert await here.story() == ["1", "2"]
    assert await here.parked() == []


async def test_a_zombie_that_still_holds_an_event_makes_its_successor_wait_and_then_do_nothing(
    threads: list[Toy],
) -> None:
    zombie, successor = threads
    await zombie.hear(1)
    held = Held(zombie)
    late = asyncio.create_task(zombie.consume())
    await held.reached()
    consumer_of_another_group = asyncio.create_task(_consume_as(successor, "again"))
    done, _ = await asyncio.wait([consumer_of_another_group], timeout=SOON_S)
    assert not done, "nobody knows yet whether the zombie commits"
    held.let_go()
    await asyncio.gather(late, consumer_of_another_group)
    assert await zombie.story() == ["1"]
    assert successor.batches == []


async def test_a_turn_is_waited_for_until_whoever_has_it_has_committed(threads: list[Toy]) -> None:
    here, there = threads
    await here.service.tx(lambda tx: take_turn(tx, "turn"))
    entered, go = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        take_turn(tx, "turn")
        entered.set()
        assert go.wait(10)

    first = asyncio.create_task(here.service.tx(hold))
    assert await asyncio.to_thread(entered.wait, 10)
    second = asyncio.create_task(there.service.tx(lambda tx: take_turn(tx, "turn")))
    done, _ = await asyncio.wait([second], timeout=SOON_S)
    assert not done
    go.set()
    await asyncio.gather(first, second)


async def _consume_as(toy: Toy, group: str) -> None:
    consumer = await toy.bus.subscribe([HEARS], group)
    await consume_once(toy.service, consumer, timeout_s=0)
    await consumer.close()


async def test_errands_that_another_is_claiming_are_passed_over(toys: list[Toy]) -> None:
    here, there = toys
    for n in range(4):
        await here.do(ANA, Errand("tool", "start", f"k{n}", {}))
    taken: list[DueErrand] = []

    async def claim_there() -> None:
        taken.extend(await claim_errands(there.service))

    between = [True]

    def look_there(_connection: object, statement: str, _given: object) -> None:
        if "SKIP LOCKED" in statement and between:
            between.clear()
            drive(claim_there())

    overhear.after(here.database._writer, look_there)
    assert [errand.key for errand in await claim_errands(here.service, limit=2)] == ["k0", "k1"]
    assert [errand.key for errand in taken] == ["k2", "k3"]


async def test_ids_claimed_in_any_order_by_two_never_deadlock(threads: list[Toy]) -> None:
    ids = [f"e{n}" for n in range(40)]

    async def claims(toy: Toy, order: list[str]) -> int:
        return len(await toy.service.tx(lambda tx: claim(tx, order)))

    for turn in range(10):
        mine = [f"{turn}/{i}" for i in ids]
        new = await asyncio.gather(claims(threads[0], mine), claims(threads[1], mine[::-1]))
        assert sum(new) == len(ids)
    assert [toy.database.repeats for toy in threads] == [0, 0]
