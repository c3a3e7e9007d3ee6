"""What only Kafka can do to a bus: strange topics, strange records, and a client that breaks."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import REGISTRY

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster, partition_of
from shared.bus.kafka_topics import create_topics
from shared.bus.open import UnknownBus, create_bus
from shared.bus.port import BusUnavailable, ConsumerStuck, PartitionsDiffer, UnknownTopic, WrongCluster
from tests.contract import bus_suite
from tests.contract.bus_suite import letters, record, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS, KafkaPlace

pytestmark = pytest.mark.kafka
place = bus_suite.on_kafka


@pytest.fixture
def leads(place: KafkaPlace) -> str:
    """The name on the broker of the topic that this test has to itself."""
    return place.prefix + "leads"


@pytest.fixture
async def bus(place: KafkaPlace) -> AsyncIterator[KafkaBus]:
    opened = KafkaBus(place.cluster, drain_s=DRAIN_S, stuck_s=1.0)
    yield opened
    await opened.close()


async def test_a_topic_that_is_not_there_is_named_with_the_command_that_makes_it(bus: KafkaBus) -> None:
    for attempt in (bus.publish(letters("a", topic="nobodys")), bus.subscribe(["nobodys"], "scoring")):
        with pytest.raises(UnknownTopic, match="no topic nobodys: run `baton topics`"):
            await attempt


async def test_a_topic_with_other_partitions_is_not_written_to_and_not_read(
    place: KafkaPlace, leads: str
) -> None:
    bus = KafkaBus(Cluster(place.cluster.servers, partitions=6))
    for attempt in (bus.publish(letters("a", topic=leads)), bus.subscribe([leads], "scoring")):
        with pytest.raises(PartitionsDiffer, match=r"has 4 partitions, the setting says 6\. If every"):
            await attempt
    await bus.close()


async def test_topics_that_another_has_just_made_are_made(place: KafkaPlace) -> None:
    names = [place.prefix + name for name in ("new", "newer")]
    await asyncio.gather(*(create_topics(place.cluster, names, SETTINGS) for _ in range(3)))
    await place.cluster.check(names)


async def test_another_cluster_than_expected_is_refused(place: KafkaPlace, leads: str) -> None:
    bus = KafkaBus(Cluster(place.cluster.servers, cluster_id="the-right-one"))
    for attempt in (bus.publish(letters("a", topic=leads)), bus.subscribe([leads], "scoring")):
        with pytest.raises(WrongCluster, match="not the-right-one"):
            await attempt
    await bus.close()


async def test_where_nobody_listens_the_bus_says_so() -> None:
    bus = create_bus("kafka://127.0.0.1:9")
    for attempt in (bus.publish(letters("a")), bus.subscribe(["leads"], "scoring")):
        with pytest.raises(BusUnavailable, match=r"Kafka at 127\.0\.0\.1:9 could not"):
            await attempt
    await bus.close()


@pytest.mark.parametrize(
    "url", ["kafka://", "kafka://host", "kafka://one:9092,two", "kafka://u:geheim@h:9092"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnknownBus, match="write kafka://host:9092") as raised:
        create_bus(url)
    assert "geheim" not in str(raised.value)


async def test_what_the_broker_refuses_is_refused_alone_and_in_its_place(
    place: KafkaPlace, bus: KafkaBus, leads: str
) -> None:
    narrow = place.prefix + "narrow"
    await create_topics(place.cluster, [narrow], SETTINGS, {"max.message.bytes": "2000"})
    sent = [record("lead-1", n, narrow) for n in range(5)]
    sent[2] = record("lead-1", "x" * 3000, narrow)
    refusals = await bus.publish([*sent, *letters("ab", topic=leads)])
    assert [refusal.record for refusal in refusals] == [sent[2]]
    assert "MessageSizeTooLarge" in refusals[0].reason
    consumer = await bus.subscribe([narrow, leads], place.prefix + "scoring")
    found = await take(consumer, 6)
    assert values([one for one in found if one.record.topic == narrow]) == ["0", "1", "3", "4"]
    assert values([one for one in found if one.record.topic == leads]) == ["a", "b"]


async def test_a_strangers_group_with_a_services_name_takes_nothing_away(
    place: KafkaPlace, bus: KafkaBus, leads: str
) -> None:
    name = place.prefix + "scoring"
    async with AIOKafkaConsumer(leads, bootstrap_servers=list(place.cluster.servers), group_id=name):
        consumer = await bus.subscribe([leads], name)
        await bus.publish([record(f"lead-{n}", n, leads) for n in range(20)])
        assert len(await take(consumer, 20)) == 20


async def test_what_strangers_write_is_delivered_and_stops_nobody(
    place: KafkaPlace, bus: KafkaBus, leads: str
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=list(place.cluster.servers)) as stranger:
        await stranger.send_and_wait(leads, b"no key", partition=0)
        await stranger.send_and_wait(leads, b"no text", key=b"\xff\xfe", partition=0)
        await stranger.send_and_wait(leads, None, key=b"no value", partition=0)
        await stranger.send_and_wait(leads, b"no header", key=b"k", headers=[("h", None)], partition=0)
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    found = [one.record for one in await take(consumer, 4)]
    assert [one.value for one in found] == [b"no key", b"no text", b"", b"no header"]
    assert [one.key for one in found] == ["", "\ufffd\ufffd", "no value", "k"]
    assert found[3].headers == (("h", b""),)


@pytest.mark.parametrize(
    ("key", "murmur2"), [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536)]
)
def test_a_key_goes_where_kafkas_own_clients_put_it(key: str, murmur2: int) -> None:
    # The values are from the tests of Kafka's Java client.
    for partitions in (1, 4, 6, 1_000):
        assert partition_of(key.encode(), partitions) == (murmur2 & 0x7FFFFFFF) % partitions


async def test_a_producer_that_lost_its_count_is_replaced(
    bus: KafkaBus, place: KafkaPlace, leads: str
) -> None:
    await bus.publish(letters("a", topic=leads))
    lane = TopicPartition(leads, partition_of(b"lead-1", 4))
    assert bus._producer is not None
    bus._producer._producer._txn_manager.increment_sequence_number(lane, 5)
    with pytest.raises(BusUnavailable, match="OutOfOrderSequenceNumber"):
        await bus.publish(letters("b", topic=leads))
    await bus.publish(letters("bc", topic=leads))
    assert values(await take(await bus.subscribe([leads], place.prefix + "s"), 3)) == ["a", "b", "c"]


async def test_a_producer_whose_sender_has_died_is_replaced(
    bus: KafkaBus, place: KafkaPlace, leads: str
) -> None:
    await bus.publish(letters("a", topic=leads))
    assert bus._producer is not None
    bus._producer._producer._sender.sender_task.cancel()
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await bus.publish(letters("b", topic=leads))
    assert values(await take(await bus.subscribe([leads], place.prefix + "s"), 2)) == ["a", "b"]


async def poll_for(consumer: object, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        await consumer.poll(max_records=10, timeout_s=0.1)  # type: ignore[attr-defined]


async def test_a_consumer_that_reads_nothing_of_what_waits_is_stuck(
    bus: KafkaBus, place: KafkaPlace, leads: str
) -> None:
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    await bus.publish(letters("a", topic=leads))
    consumer._kafka.pause(*consumer._kafka.assignment())
    with pytest.raises(ConsumerStuck, match="1 records to read and none read"):
        await poll_for(consumer, 10)


@pytest.mark.parametrize("task", ["_fetcher._fetch_task", "_coordinator._coordination_task"])
async def test_a_consumer_whose_background_has_died_is_stuck(
    bus: KafkaBus, place: KafkaPlace, leads: str, task: str
) -> None:
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    part, name = task.split(".")
    getattr(getattr(consumer._kafka, part), name).cancel()
    await asyncio.sleep(0.05)
    with pytest.raises(ConsumerStuck, match="task has ended"):
        await poll_for(consumer, 5)


async def test_a_consumer_is_not_stuck_while_another_has_the_partitions_or_all_is_read(
    bus: KafkaBus, place: KafkaPlace
) -> None:
    one_lane = place.prefix + "one"
    single = KafkaBus(Cluster(place.cluster.servers, partitions=1), drain_s=DRAIN_S, stuck_s=1.0)
    await create_topics(single._cluster, [one_lane], SETTINGS)
    busy, idle = [await single.subscribe([one_lane], place.prefix + "scoring") for _ in range(2)]
    await single.publish(letters("abc", topic=one_lane))
    async with asyncio.timeout(20), asyncio.TaskGroup() as polls:
        for consumer in (busy, idle):
            polls.create_task(poll_for(consumer, 3))
    await single.close()


async def test_a_newcomer_waits_for_the_batch_in_work_and_does_not_get_it_again(
    place: KafkaPlace, leads: str
) -> None:
    bus, group = KafkaBus(place.cluster, drain_s=10), place.prefix + "scoring"
    first = await bus.subscribe([leads], group)
    await bus.publish([record(f"lead-{n}", n, leads) for n in range(100)])
    await take(first, 100)
    joining = asyncio.create_task(bus.subscribe([leads], group))
    await asyncio.sleep(1.5)  # Far longer than it takes to join when nobody works.
    assert not joining.done()
    await first.commit()
    async with asyncio.timeout(10):
        second = await joining
    assert await first.poll(max_records=100, timeout_s=1) == []
    assert await second.poll(max_records=100, timeout_s=1) == []
    await bus.close()


async def test_a_named_member_that_closes_gives_its_partitions_up_at_once(
    place: KafkaPlace, leads: str
) -> None:
    named, other = (KafkaBus(place.cluster, member=name, drain_s=DRAIN_S) for name in ("one", "two"))
    group = place.prefix + "scoring"
    await named.subscribe([leads], group)
    staying = await other.subscribe([leads], group)
    await other.publish([record(f"lead-{n}", n, leads) for n in range(100)])
    await named.close()
    keys: set[str] = set()
    async with asyncio.timeout(5):  # Half a session: without leaving, it would take a whole one.
        while len(keys) < 100:
            keys |= {one.record.key for one in await staying.poll(max_records=100, timeout_s=0.5)}
    await other.close()


async def test_a_member_whose_name_another_takes_says_so(
    place: KafkaPlace, leads: str, caplog: pytest.LogCaptureFixture
) -> None:
    buses = [KafkaBus(place.cluster, member="same", drain_s=DRAIN_S) for _ in range(2)]
    first, second = [await bus.subscribe([leads], place.prefix + "scoring") for bus in buses]
    said: list[logging.LogRecord] = []
    async with asyncio.timeout(40):
        while not said:  # The group tells them within a heartbeat or a few.
            await asyncio.gather(poll_for(first, 1), poll_for(second, 1))
            said = [one for one in caplog.records if "same BATON_MEMBER" in one.message]
    assert {one.service for one in said} == {place.prefix + "scoring"}  # type: ignore[attr-defined]
    labels = {"service": place.prefix + "scoring"}
    assert REGISTRY.get_sample_value("baton_consumers_put_out_total", labels)
    for bus in buses:
        await bus.close()


async def test_a_member_without_a_name_does_not_speak_of_names(
    bus: KafkaBus, place: KafkaPlace, leads: str, caplog: pytest.LogCaptureFixture
) -> None:
    consumer = await bus.subscribe([leads], place.prefix + "scoring")
    await poll_for(consumer, 1)
    assert not [one for one in caplog.records if one.name == "baton.bus"]
    consumer._kafka._coordinator.reset_generation()  # What a heartbeat does that comes too late.
    await consumer.on_partitions_revoked(consumer._kafka.assignment())
    [said] = [one.message for one in caplog.records if one.name == "baton.bus"]
    assert said == "it was put out of its group, and joins anew: it was silent for too long"
