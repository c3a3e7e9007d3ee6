"""What the bus on Kafka does when the broker dies, freezes, or when one of its readers does."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from deploy.kafka.broker import Broker, BrokerUnavailable
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_topics import create_topics
from shared.bus.port import BusUnavailable, Consumer, Record
from tests.contract.bus_suite import letters, record, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS, KafkaPlace
from tests.servers.kafka import QUICK, kafka_broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

T = TypeVar("T")
RECORDS = 6_000
BATCH = 100
PATIENCE_S = 90


@pytest.fixture
async def broker(kafka_server: str, tmp_path: Path) -> AsyncIterator[Broker]:
    """A broker that this test may harm. `kafka_server` says whether there can be one at all."""
    with kafka_broker(tmp_path) as own:
        await create_topics(Cluster((own.address,)), ["leads"], SETTINGS)
        yield own


@pytest.fixture
async def bus(broker: Broker) -> AsyncIterator[KafkaBus]:
    opened = KafkaBus(Cluster((broker.address,)), drain_s=DRAIN_S)
    yield opened
    await opened.close()


async def publish_all(bus: KafkaBus) -> int:
    """What the relay does: publish again until it is acknowledged. Returns how often it had to."""
    failures = 0
    for start in range(0, RECORDS, BATCH):
        batch = [record(f"lead-{n % 50}", n) for n in range(start, start + BATCH)]
        while True:
            try:
                assert await bus.publish(batch) == []
                break
            except BusUnavailable:
                failures += 1
                await asyncio.sleep(0.2)
        await asyncio.sleep(0.05)
    return failures


async def read_all(bus: KafkaBus, found: list[Record]) -> None:
    """What the runtime does: a new consumer whenever one fails."""
    consumer: Consumer | None = None
    while len({one.value for one in found}) < RECORDS:
        try:
            consumer = consumer or await bus.subscribe(["leads"], "scoring")
            polled = await consumer.poll(max_records=500, timeout_s=0.5)
            found += [one.record for one in polled]
            await consumer.commit()
        except BusUnavailable:
            if consumer is not None:
                await consumer.close()
            consumer = None
            await asyncio.sleep(0.2)


async def until_it_is_back(work: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await work()
        except BusUnavailable:
            await asyncio.sleep(0.2)


async def test_a_broker_that_is_killed_twice_loses_nothing_and_mixes_nothing_up(
    broker: Broker, bus: KafkaBus
) -> None:
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(publish_all(bus))
        tasks.create_task(read_all(bus, found))
        for _ in range(2):
            await asyncio.sleep(1)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
    firsts: dict[str, list[int]] = {}
    for one in found:
        if int(one.value) not in (numbers := firsts.setdefault(one.key, [])):
            numbers.append(int(one.value))
    assert sum(map(len, firsts.values())) == RECORDS
    assert all(numbers == sorted(numbers) for numbers in firsts.values())


async def test_a_broker_that_freezes_holds_nobody_for_ever(
    broker: Broker, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.kafka_producer.PUBLISH_LIMIT_S", 1.0)
    await bus.publish(letters("a"))
    consumer = await bus.subscribe(["leads"], "scoring")
    await take(consumer, 1)
    broker.pause()
    try:
        async with asyncio.timeout(20):
            with pytest.raises(BusUnavailable, match="did not acknowledge what was published within 1 s"):
                await bus.publish(letters("b"))
            with pytest.raises(BusUnavailable, match="within 5 s"):
                await consumer.commit()
            await consumer.close()
    finally:
        broker.resume()
    async with asyncio.timeout(30):
        await until_it_is_back(lambda: bus.publish(letters("b")))
        again = await until_it_is_back(lambda: bus.subscribe(["leads"], "scoring"))
        found: list[str] = []
        while "b" not in found:
            found += values(await again.poll(max_records=10, timeout_s=0.5))


async def test_closing_a_bus_whose_broker_is_gone_takes_no_longer_than_its_limits(
    broker: Broker, bus: KafkaBus
) -> None:
    await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("a"))
    broker.kill()
    async with asyncio.timeout(15):
        await bus.close()


async def test_a_broker_whose_address_another_has_does_not_say_that_it_listens(
    broker: Broker, tmp_path: Path
) -> None:
    beside = Broker(tmp_path / "beside", port=int(broker.address.partition(":")[2]), java=QUICK)
    try:
        with pytest.raises(BrokerUnavailable, match=f"{broker.address} is taken by something else"):
            beside.start()
        await asyncio.to_thread(broker.kill)
        beside.start()
    finally:
        beside.kill()


READER = """
import asyncio, sys
from shared.bus.open import create_bus

async def main(url, topic, group):
    bus = create_bus(url, member="second")
    consumer = await bus.subscribe([topic], group)
    print("joined", flush=True)
    while True:
        for one in await consumer.poll(max_records=100, timeout_s=1):
            print(one.record.key, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def start_reader(place: KafkaPlace) -> asyncio.subprocess.Process:
    """A second member of the group, in a process of its own, named "second"."""
    url = f"kafka://{place.cluster.servers[0]}"
    command = [sys.executable, "-c", READER, url, place.prefix + "leads", place.prefix + "scoring"]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)


async def said(reader: asyncio.subprocess.Process) -> str:
    assert reader.stdout is not None
    return (await reader.stdout.readline()).decode().strip()


async def test_a_named_member_that_is_killed_and_comes_back_moves_nothing(kafka_server: str) -> None:
    place = KafkaPlace(kafka_server, f"static{os.getpid()}.")
    await place.make_topics()
    leads, group = place.prefix + "leads", place.prefix + "scoring"
    bus = KafkaBus(place.cluster, member="first", drain_s=DRAIN_S)
    first = await bus.subscribe([leads], group)
    async with asyncio.timeout(60):
        second = await start_reader(place)
        assert await said(second) == "joined"
        await bus.publish([record(f"lead-{n}", n, leads) for n in range(100)])
        mine = {one.record.key for one in await first.poll(max_records=100, timeout_s=5)}
        theirs = {await said(second) for _ in range(100 - len(mine))}
        second.send_signal(signal.SIGKILL)
        await second.wait()
        second = await start_reader(place)
        assert await said(second) == "joined"
        assert {await said(second) for _ in range(100 - len(mine))} == theirs
        # Had the group been shared out anew, what the first has not committed would come again.
        assert await first.poll(max_records=100, timeout_s=2) == []
        second.send_signal(signal.SIGKILL)
        await second.wait()
    await bus.close()
