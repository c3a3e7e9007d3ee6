"""What any bus promises to a reader that waits: it sleeps until there is something, or its time is over."""

import asyncio

import pytest

from shared.bus.port import Bus, BusUnavailable, Consumer, Delivery
from tests.contract import bus_suite
from tests.contract.bus_suite import PATIENCE_S, letters, record, take, values

bus = bus_suite.waiting_bus
LONG_S = 60.0
SOON_S = 5.0
"""Far from how long a poll waits, and from how long a broker takes that others keep busy."""


async def take_all(consumer: Consumer) -> list[Delivery]:
    found: list[Delivery] = []
    while batch := await consumer.poll(max_records=500, timeout_s=0.2):
        found += batch
    return found


async def test_a_publish_wakes_a_waiting_reader(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    waiting = asyncio.create_task(consumer.poll(max_records=10, timeout_s=LONG_S))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await bus.publish(letters("a"))
    assert values(await asyncio.wait_for(waiting, timeout=SOON_S)) == ["a"]


async def test_a_poll_with_nothing_to_read_ends_in_time(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await consumer.poll(max_records=10, timeout_s=0.3) == []
    assert 0.25 < loop.time() - began < 2


async def test_a_poll_without_time_does_not_wait(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("a"))
    assert values(await take(consumer, 1)) == ["a"]  # It has begun: only to do so it may have to ask.
    assert await asyncio.wait_for(consumer.poll(max_records=10, timeout_s=0), timeout=SOON_S) == []
    await bus.publish(letters("b"))
    assert values(await take(consumer, 1)) == ["b"]


async def test_other_topics_do_not_end_the_wait(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    waiting = asyncio.create_task(consumer.poll(max_records=10, timeout_s=LONG_S))
    await asyncio.sleep(0.05)
    await bus.publish([record("rep-1", 1, "reps")])
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await bus.publish(letters("a"))
    assert values(await asyncio.wait_for(waiting, timeout=SOON_S)) == ["a"]


async def test_closing_the_consumer_ends_its_poll_empty(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    waiting = asyncio.create_task(consumer.poll(max_records=10, timeout_s=LONG_S))
    await asyncio.sleep(0.05)
    await consumer.close()
    assert await asyncio.wait_for(waiting, timeout=SOON_S) == []


async def test_closing_the_bus_ends_every_poll(bus: Bus) -> None:
    consumers = [await bus.subscribe(["leads"], group) for group in ("scoring", "routing")]
    waiting = [asyncio.create_task(one.poll(max_records=10, timeout_s=LONG_S)) for one in consumers]
    await asyncio.sleep(0.05)
    await bus.close()
    assert await asyncio.wait_for(asyncio.gather(*waiting), timeout=SOON_S) == [[], []]


async def test_a_waiting_reader_takes_over_what_another_leaves(bus: Bus) -> None:
    one, other = [await bus.subscribe(["leads"], "scoring") for _ in range(2)]
    await bus.publish([record(f"lead-{n}", n) for n in range(100)])
    kept = await take_all(other)
    await other.commit()
    waiting = asyncio.create_task(other.poll(max_records=500, timeout_s=LONG_S))
    await asyncio.sleep(0.05)
    await one.close()
    assert len(await asyncio.wait_for(waiting, timeout=SOON_S)) + len(kept) == 100


async def test_a_waiting_reader_wakes_when_a_newcomer_makes_it_rewind(bus: Bus) -> None:
    first = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(f"lead-{n}", n) for n in range(100)])
    await take(first, 100)
    waiting = asyncio.create_task(first.poll(max_records=500, timeout_s=LONG_S))
    await asyncio.sleep(0.05)
    await bus.subscribe(["leads"], "scoring")
    assert 0 < len(await asyncio.wait_for(waiting, timeout=SOON_S)) < 100


async def test_a_consumer_closed_in_the_middle_of_a_read_gets_nothing(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abc"))
    polling = asyncio.create_task(consumer.poll(max_records=100, timeout_s=1))
    await asyncio.sleep(0)
    await consumer.close()
    assert await polling == []


async def test_a_rewind_during_a_poll_wins(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record("lead-1", number) for number in range(200)])
    await consumer.poll(max_records=100, timeout_s=1)
    polling = asyncio.create_task(consumer.poll(max_records=100, timeout_s=1))
    await asyncio.sleep(0)
    await consumer.rewind()
    assert values(await polling) == [str(number) for number in range(100)]


async def test_nobody_misses_a_wake_up_while_many_publish(bus: Bus) -> None:
    groups = ["scoring", "routing", "recycle"]
    consumers = [await bus.subscribe(["leads"], group) for group in groups]

    async def publish(writer: int) -> None:
        for number in range(50):
            await bus.publish([record(f"writer-{writer}", number)])

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(take(consumer, 200)) for consumer in consumers]
        for writer in range(4):
            tasks.create_task(publish(writer))
    for reader in readers:
        for writer in range(4):
            mine = [d for d in reader.result() if d.record.key == f"writer-{writer}"]
            assert values(mine) == [str(number) for number in range(50)]


async def test_a_cancelled_poll_and_a_rewind_lose_nothing(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(f"lead-{n}", n) for n in range(100)])
    for _ in range(20):
        polling = asyncio.create_task(consumer.poll(max_records=100, timeout_s=1))
        await asyncio.sleep(0)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await consumer.rewind()
    assert len(await take(consumer, 100)) == 100


async def test_closing_finishes_what_was_accepted(bus: Bus) -> None:
    publishing = [asyncio.create_task(bus.publish(letters(letter))) for letter in "abcdef"]
    await asyncio.sleep(0)
    await bus.close()
    assert await asyncio.gather(*publishing) == [[]] * 6
    with pytest.raises(BusUnavailable):
        await bus.publish(letters("g"))
