"""A process that was told its cluster talks to no other, also when another comes to have the address."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.kafka.broker import Broker
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_topics import create_topics
from shared.bus.port import BusUnavailable, Consumer, WrongCluster
from tests.contract.bus_suite import letters, record, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS
from tests.servers.kafka import QUICK, kafka_broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

OTHERS = [record(f"lead-{n}", n) for n in range(20)]
"""For every partition, so for some that nothing was sent to: of those, a foreign broker asks nothing."""


@pytest.fixture
async def ours(kafka_server: str, tmp_path: Path) -> AsyncIterator[Broker]:
    """The broker of the right cluster. `kafka_server` says whether there can be one at all."""
    with kafka_broker(tmp_path) as own:
        await create_topics(Cluster((own.address,)), ["leads"], SETTINGS)
        yield own


@pytest.fixture
async def bus(ours: Broker) -> AsyncIterator[KafkaBus]:
    cluster = Cluster((ours.address,))
    async with cluster.admin() as admin:
        right = (await admin.describe_cluster())["cluster_id"]
    opened = KafkaBus(Cluster(cluster.servers, cluster_id=right), drain_s=DRAIN_S)
    yield opened
    await opened.close()


@pytest.fixture
def foreign(ours: Broker, tmp_path: Path) -> Broker:
    """A broker of another cluster for the address that the right one has."""
    return Broker(tmp_path / "foreign", port=int(ours.address.partition(":")[2]), java=QUICK)


async def test_who_comes_to_have_the_address_gets_nothing_and_is_not_read(
    ours: Broker, bus: KafkaBus, foreign: Broker
) -> None:
    await bus.publish(letters("a"))
    consumer = await bus.subscribe(["leads"], "scoring")
    assert values(await take(consumer, 1)) == ["a"]
    await consumer.commit()
    ours.kill()
    foreign.start()
    try:
        stranger = KafkaBus(Cluster((foreign.address,)), drain_s=DRAIN_S)
        await create_topics(stranger._cluster, ["leads"], SETTINGS)
        await stranger.publish(letters("xyz"))
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(_publish_in_vain(bus))
            tasks.create_task(_read_nothing(consumer))
        reader = await stranger.subscribe(["leads"], "scoring")
        assert values(await take(reader, 3)) == ["x", "y", "z"]
        await reader.commit()
        assert await reader.lag() == {"leads": 0}
        await stranger.close()
    finally:
        foreign.kill()
    ours.start()
    await _until_published(bus)
    found = await take(await bus.subscribe(["leads"], "routing"), 1 + len(OTHERS))
    assert sorted(values(found)) == sorted(["a", *map(str, range(len(OTHERS)))])


async def _publish_in_vain(bus: KafkaBus) -> None:
    """Until it is named why: a client may first find that nobody is there."""
    while True:
        try:
            await bus.publish(OTHERS)
        except WrongCluster:
            return
        except BusUnavailable:
            continue
        raise AssertionError("a foreign cluster's acknowledgement was taken for one")


async def _read_nothing(consumer: Consumer) -> None:
    for _ in range(10):
        try:
            assert await consumer.poll(max_records=10, timeout_s=1) == []
        except BusUnavailable:
            return


async def _until_published(bus: KafkaBus) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await bus.publish(OTHERS)
                return
            except BusUnavailable:
                await asyncio.sleep(0.2)
