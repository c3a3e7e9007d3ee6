"""How a consumer reads what strangers have written, and what it counts as while there is nothing to read."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_consumer import KafkaConsumer
from shared.bus.kafka_topics import create_topics
from tests.contract import bus_suite
from tests.contract.bus_suite import PATIENCE_S, letters, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS, KafkaPlace

pytestmark = pytest.mark.kafka
place = bus_suite.on_kafka
bus = bus_suite.kafka_bus


class NoText(str):
    """What a stranger may call a header: these bytes are no UTF-8."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


async def write_at_once(stranger: AIOKafkaProducer, topic: str, partition: int, values: list[bytes]) -> None:
    """In one batch; a value of `odd` has a header whose name is no text."""
    batch = stranger.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 16_384)  # The other one is stricter.
    for value in values:
        headers = [(NoText("h"), b"x")] if value == b"odd" else []
        batch.append(key=None, value=value, timestamp=None, headers=headers)
    await (await stranger.send_batch(batch, topic, partition=partition))


async def test_a_header_whose_name_is_no_text_stops_nothing_and_loses_no_other_record(
    place: KafkaPlace, bus: KafkaBus, caplog: pytest.LogCaptureFixture
) -> None:
    leads = place.prefix + "leads"
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    assert isinstance(consumer, KafkaConsumer)
    waiting = asyncio.create_task(take(consumer, 13))
    async with AIOKafkaProducer(bootstrap_servers=list(place.cluster.servers)) as stranger:
        for partition in (0, 2, 3):
            await write_at_once(stranger, leads, partition, [b"0", b"1", b"2"])
        for at_once in ([b"0", b"odd", b"behind"], [b"3"]):
            await write_at_once(stranger, leads, 1, at_once)
    found = await waiting
    read = {n: [(one.offset, one.record.value) for one in found if one.partition == n] for n in range(4)}
    # What comes after it in its batch is by the same stranger; the client can not read that either.
    assert read.pop(1) == [(0, b"0"), (1, b""), (2, b""), (3, b"3")]
    assert read == {n: [*enumerate([b"0", b"1", b"2"])] for n in (0, 2, 3)}
    said = [one.message for one in caplog.records if "can not be read" in one.message]
    assert [f"{leads}/1, offset {n} " in one for n, one in enumerate(said, 1)] == [True, True]
    await consumer.commit()
    assert set((await consumer.lag()).values()) == {0}
    await asyncio.sleep(0.01)  # Whoever hangs from now on gives its partitions up, as others do.
    assert consumer._kafka._subscription.fetcher_idle_time > 0


async def test_whoever_gets_partitions_anew_reads_many_of_their_records_at_a_time(
    place: KafkaPlace, bus: KafkaBus
) -> None:
    leads = place.prefix + "leads"
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    await bus.publish(letters("a", topic=leads))
    await take(consumer, 1)
    # What could not be decoded was another's to pass over meanwhile.
    consumer._reading._alone |= consumer._kafka.assignment()
    consumer.on_partitions_assigned(consumer._kafka.assignment())
    await bus.publish(letters("bcdef", topic=leads))
    assert values(await consumer.poll(max_records=100, timeout_s=PATIENCE_S)) == list("bcdef")


async def poll_until(consumer: KafkaConsumer, over: asyncio.Event) -> None:
    while not over.is_set():
        await consumer.poll(max_records=1, timeout_s=0.05)


async def test_who_polled_while_the_group_was_shared_out_anew_is_idle_again_afterwards(
    place: KafkaPlace, bus: KafkaBus
) -> None:
    leads, group, over = place.prefix + "leads", place.prefix + "scoring", asyncio.Event()
    polling, working = [await bus.subscribe([leads], group) for _ in range(2)]
    polls = asyncio.create_task(poll_until(polling, over))
    working._idle.clear()  # The group waits for its batch, for longer than a poll takes.
    await bus.subscribe([leads], group)
    over.set()
    await polls
    # A handler that hangs gives its partitions up by that, after five minutes.
    await asyncio.sleep(0.01)
    assert polling._kafka._subscription.fetcher_idle_time > 0


async def test_who_waits_for_something_to_read_is_not_idle_also_without_a_partition(
    place: KafkaPlace,
) -> None:
    one_lane, bus = (
        place.prefix + "one",
        KafkaBus(Cluster(place.cluster.servers, partitions=1), drain_s=DRAIN_S),
    )
    await create_topics(bus._cluster, [one_lane], SETTINGS)
    consumers = [await bus.subscribe([one_lane], place.prefix + "scoring") for _ in range(2)]
    polls = [asyncio.create_task(one.poll(max_records=1, timeout_s=PATIENCE_S)) for one in consumers]
    async with asyncio.timeout(PATIENCE_S):
        # Whoever is idle for five minutes is put out of the group.
        while any(one._kafka._subscription.fetcher_idle_time for one in consumers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await bus.close()
    await asyncio.gather(*polls)
