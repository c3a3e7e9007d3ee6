"""The relay: what is said goes out once in effect, in order, from one process at a time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from shared.bus.port import Bus, BusUnavailable, Consumer, Record, Refusal
from shared.effects import Say
from shared.runtime.leases import give_lease_back, take_lease
from shared.runtime.parking import replay
from shared.runtime.relay import BUSY_S, IDLE_S, LEASE
from shared.testing.buses import everything_said
from tests.service.toy import ANA, BEA, Counted, PowerCut, Toy, open_toy


@pytest.fixture
async def toys(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Toy]]:
    # The toys' own clock, which moves only when told to, stands for the database's: leases go by that.
    monkeypatch.setattr("shared.runtime.leases.clock_of", lambda conn: None)
    async with open_toy(database_url, processes=2) as toys:
        yield toys


@pytest.fixture
async def toy(toys: list[Toy]) -> Toy:
    return toys[0]


class Picky:
    """A bus that refuses what it is told to, is gone when it is told to, and passes the rest on."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.refuses: bytes | None = None
        self.gone = False
        self.pause: Callable[[], Awaitable[None]] | None = None

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        if self.gone:
            raise BusUnavailable("the bus is gone")
        if self.pause is not None:
            await self.pause()
        good = [record for record in records if self.refuses is None or self.refuses not in record.value]
        await self._bus.publish(good)
        return [Refusal(record, "too ugly") for record in records if record not in good]

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:
        return await self._bus.subscribe(topics, group)

    async def close(self) -> None:
        await self._bus.close()


def picky(toy: Toy, *, refuses: bytes | None = None) -> Picky:
    """Put it between the toy and its bus."""
    toy.service.bus = between = Picky(toy.bus)
    between.refuses = refuses
    return between


async def say(toy: Toy, *numbers: int, lead: str = ANA) -> None:
    for n in numbers:
        await toy.do(ANA, Say(Counted(n=n), key=lead), cause=f"say {n}")


async def published(toy: Toy) -> list[int]:
    """What is on the bus, repeats and all, that this test has not seen yet."""
    consumer = await toy.bus.subscribe(["baton.toy"], "raw")
    deliveries = await consumer.poll(max_records=1000, timeout_s=0)
    await consumer.commit()
    await consumer.close()
    return [int(delivery.record.value.split(b'"n":')[1].split(b"}")[0]) for delivery in deliveries]


async def test_what_is_said_is_on_the_bus_and_gone_from_the_outbox(toy: Toy) -> None:
    await say(toy, 1, 2)
    assert await toy.relay().relay_once() == 2
    assert await published(toy) == [1, 2]
    assert await toy.rows("outbox") == []
    assert await toy.relay().relay_once() == 0


async def test_what_a_transaction_said_that_failed_is_never_heard(toy: Toy) -> None:
    toy.cut_at("commit")
    with pytest.raises(PowerCut):
        await say(toy, 1)
    assert await toy.relay().relay_once() == 0
    assert await published(toy) == []


async def test_a_crash_between_publish_and_delete_repeats_and_readers_see_it_once(toy: Toy) -> None:
    await say(toy, 1)
    toy.cut_at("published")
    relay = toy.relay()
    with pytest.raises(PowerCut):
        await relay.relay_once()
    assert await relay.relay_once() == 1
    heard = await everything_said(toy.bus, topics=["baton.toy"], kinds=[Counted])
    assert len(heard) == 2
    assert len({event.id for event in heard}) == 1, "the same event both times: an inbox takes it once"


async def test_a_crash_before_the_bus_has_it_loses_nothing(toy: Toy) -> None:
    await say(toy, 1)
    between = picky(toy)
    between.gone = True
    with pytest.raises(BusUnavailable):
        await toy.relay().relay_once()
    between.gone = False
    await toy.relay().relay_once()
    assert await published(toy) == [1]


async def test_rows_are_deleted_by_id_so_that_one_which_came_meanwhile_stays(toy: Toy) -> None:
    await say(toy, 1, 3)
    late = (await toy.rows("outbox"))[0]
    relay = toy.relay()
    table = toy.service.messaging.outbox
    await toy.service.tx(lambda tx: tx.conn.execute(table.delete().where(table.c.id == late.id)))

    def commits_late(where: str) -> None:
        # On PostgreSQL a lower id may become visible after a higher one was read.
        if where == "published":
            toy.database.tx_inline(lambda conn: conn.execute(table.insert(), [late._asdict()]))

    toy.service.seam = commits_late
    await relay.relay_once()
    assert [row.id for row in await toy.rows("outbox")] == [late.id]


async def test_a_row_that_the_bus_refuses_is_parked_alone(toy: Toy) -> None:
    await say(toy, 1, 666, 3)
    picky(toy, refuses=b"666")
    assert await toy.relay().relay_once() == 3
    assert await published(toy) == [1, 3]
    [(_, reason)] = await toy.parked()
    assert reason == "the bus refuses it: too ugly"
    assert await toy.rows("outbox") == []


async def test_what_the_bus_refused_holds_up_nothing_that_comes_in(toy: Toy) -> None:
    await say(toy, 666)
    picky(toy, refuses=b"666")
    await toy.relay().relay_once()
    await toy.hear(1)
    await toy.consume()
    assert await toy.story() == ["1"]


async def test_what_the_bus_refused_is_said_again_by_a_replay(toy: Toy) -> None:
    await say(toy, 666)
    said = (await toy.rows("outbox"))[0]
    between = picky(toy, refuses=b"666")
    await toy.relay().relay_once()
    between.refuses = None
    assert await replay(toy.service, ANA) == (1, None)
    [again] = await toy.rows("outbox")
    assert (again.event_id, again.value, again.topic) == (said.event_id, said.value, "baton.toy")
    await toy.relay().relay_once()
    assert await published(toy) == [666]


# ---- the lease


async def test_a_second_process_publishes_nothing_until_the_lease_is_over(toys: list[Toy]) -> None:
    here, there = toys
    await say(here, 1)
    relay, other = here.relay("here"), there.relay("there")
    assert await relay.relay_once() == 1
    await say(here, 2)
    assert await other.relay_once() == 0
    here.pass_time(seconds=LEASE.total_seconds())
    assert await other.relay_once() == 0, "the last instant is still the lease's"
    here.pass_time(milliseconds=1)
    assert await other.relay_once() == 1
    assert await published(here) == [1, 2]


async def test_who_has_lost_the_lease_does_not_publish_beside_the_other(toys: list[Toy]) -> None:
    here, there = toys
    relay, other = here.relay("here"), there.relay("there")
    await say(here, 1)
    await relay.relay_once()
    here.pass_time(seconds=3)
    await say(here, 2)
    await other.relay_once()
    await say(here, 3)
    assert await relay.relay_once() == 0
    assert await published(here) == [1, 2]


async def test_a_holder_that_goes_on_keeps_the_lease(toys: list[Toy]) -> None:
    here, there = toys
    relay, other = here.relay("here"), there.relay("there")
    for n in range(8):
        await say(here, n)
        assert await relay.relay_once() == 1
        await say(here, 100 + n)
        assert await other.relay_once() == 0
        assert await relay.relay_once() == 1
        here.pass_time(seconds=0.7)


async def test_a_lease_that_was_given_back_is_free_at_once(toys: list[Toy]) -> None:
    here, there = toys
    relay, other = here.relay("here"), there.relay("there")
    await say(here, 1)
    await relay.relay_once()
    await relay.release()
    await say(here, 2)
    assert await other.relay_once() == 1


async def test_one_may_give_back_only_what_is_ones_own(toys: list[Toy]) -> None:
    here, there = toys
    second = timedelta(seconds=1)
    assert await here.service.tx(lambda tx: take_lease(tx, "relay", "here", second))
    await there.service.tx(lambda tx: give_lease_back(tx, "relay", "there"))
    assert not await there.service.tx(lambda tx: take_lease(tx, "relay", "there", second))


async def test_a_lease_from_a_clock_that_was_wrong_is_free(toys: list[Toy]) -> None:
    here, there = toys
    here.pass_time(hours=1)
    await say(here, 1)
    await here.relay("here").relay_once()
    here.pass_time(hours=-1)
    await say(here, 2)
    assert await there.relay("there").relay_once() == 1


async def test_clocks_that_differ_a_little_do_not_take_the_lease_away(toys: list[Toy]) -> None:
    here, there = toys
    here.pass_time(seconds=1)
    await say(here, 1)
    await here.relay("here").relay_once()
    here.pass_time(seconds=-1)
    await say(here, 2)
    assert await there.relay("there").relay_once() == 0


async def test_a_process_without_anything_to_say_takes_no_lease_and_writes_nothing(toy: Toy) -> None:
    assert await toy.relay().relay_once() == 0
    assert await toy.rows("leases") == []


# ---- order


async def test_a_relay_that_stalls_past_its_lease_repeats_but_never_reorders(toys: list[Toy]) -> None:
    here, there = toys
    await say(here, 1, 2)

    async def wakes_late() -> None:
        # Between reading and publishing: another takes over, says more, and is done with it.
        here.pass_time(seconds=3)
        await there.relay("there").relay_once()
        await say(there, 3)
        await there.relay("there").relay_once()

    picky(here).pause = wakes_late
    await here.relay("here").relay_once()
    seen = await published(here)
    assert seen == [1, 2, 3, 1, 2]
    assert sorted(set(seen), key=seen.index) == [1, 2, 3], "first times are in order; readers drop the rest"


async def test_the_order_of_a_lead_is_the_order_of_its_transactions(toy: Toy) -> None:
    for n in range(30):
        await say(toy, n, lead=[ANA, BEA][n % 2])
    await toy.relay().relay_once()
    numbers = await published(toy)
    assert [n for n in numbers if n % 2] == list(range(1, 30, 2))
    assert [n for n in numbers if not n % 2] == list(range(0, 30, 2))


async def test_who_must_look_often_looks_often(toys: list[Toy], database_url: str) -> None:
    here, there = toys
    often = IDLE_S if database_url.startswith("sqlite") else BUSY_S  # An SQLite file is one process's own.
    relay, other = here.relay("here"), there.relay("there")
    await relay.relay_once()
    assert relay.pause_s == IDLE_S, "there is nothing to say: whoever says something nudges its own relay"
    await say(here, 1)
    await relay.relay_once()
    assert relay.pause_s == often, "another process may say something, and can not publish it"
    await say(there, 2)
    assert await other.relay_once() == 0
    assert other.pause_s == often, "the holder may die before it publishes this"
    here.pass_time(seconds=3)
    assert relay.pause_s == IDLE_S
