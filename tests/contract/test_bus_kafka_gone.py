"""What a reader does when a topic of its own is gone, or what it has not read."""

import asyncio
import logging

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from prometheus_client import REGISTRY

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import partition_of
from shared.bus.kafka_consumer import KafkaConsumer
from shared.bus.port import BusUnavailable, UnknownTopic
from tests.contract import bus_suite
from tests.contract.bus_suite import PATIENCE_S, letters, take, values
from tests.contract.kafka_place import KafkaPlace

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
place = bus_suite.on_kafka
bus = bus_suite.kafka_bus


async def poll_all(consumers: list[KafkaConsumer]) -> set[str]:
    polled = await asyncio.gather(
        *(one.poll(max_records=10, timeout_s=0.2) for one in consumers), return_exceptions=True
    )
    return {value for some in polled if isinstance(some, list) for value in values(some)}


async def lacks_a_topic(consumer: KafkaConsumer) -> bool:
    try:
        await consumer.lag()
    except UnknownTopic:
        return True
    except BusUnavailable:  # Until the client has heard of it.
        return False
    return False


async def test_a_topic_that_is_gone_is_named_and_read_again_soon_after_it_was_made_again(
    place: KafkaPlace, bus: KafkaBus
) -> None:
    leads, reps = place.prefix + "leads", place.prefix + "reps"
    readers = [await bus.subscribe([leads, reps], place.prefix + "scoring") for _ in range(2)]
    async with place.cluster.admin() as admin:
        await admin.delete_topics([leads])
    found: set[str] = set()
    async with asyncio.timeout(2 * PATIENCE_S):
        while not all([await lacks_a_topic(one) for one in readers]):
            found |= await poll_all(readers)
        await bus.publish(letters("r", topic=reps))
        while "r" not in found:
            found |= await poll_all(readers)
    await place.make_topics()
    await bus.publish(letters("l", topic=leads))
    async with asyncio.timeout(2 * PATIENCE_S):
        while "l" not in found:
            found |= await poll_all(readers)
    assert not any([await lacks_a_topic(one) for one in readers])


async def delete(place: KafkaPlace, before: int) -> None:
    """What retention does: the first events of the partition of `letters` are gone."""
    lane = TopicPartition(place.prefix + "leads", partition_of(b"lead-1", 4))
    async with place.cluster.admin() as admin:
        await admin.delete_records({lane: RecordsToDelete(before)})


def counted(place: KafkaPlace) -> float:
    labels = {"service": place.prefix + "scoring", "topic": place.prefix + "leads"}
    return REGISTRY.get_sample_value("baton_events_gone_total", labels) or 0


async def test_what_was_deleted_unread_is_said_and_counted_once(
    place: KafkaPlace, bus: KafkaBus, caplog: pytest.LogCaptureFixture
) -> None:
    leads, group = place.prefix + "leads", place.prefix + "scoring"
    reader = await bus.subscribe([leads], group)
    await bus.publish(letters("ab", topic=leads))
    await take(reader, 2)
    await reader.commit()
    await reader.close()
    await bus.publish(letters("cdefg", topic=leads))
    await delete(place, 5)
    reader = await bus.subscribe([leads], group)
    assert values(await take(reader, 2)) == ["f", "g"]
    assert counted(place) == 3
    [said] = [one for one in caplog.records if one.levelno == logging.ERROR and one.name == "baton.bus"]
    assert said.getMessage().startswith(f"3 events of {leads}/")
    await reader.close()
    reader = await bus.subscribe([leads], group)
    assert values(await take(reader, 2)) == ["f", "g"]
    assert counted(place) == 3


async def test_what_was_deleted_with_nothing_after_it_is_counted_too(
    place: KafkaPlace, bus: KafkaBus
) -> None:
    leads, group = place.prefix + "leads", place.prefix + "scoring"
    await bus.publish(letters("ab", topic=leads))
    reader = await bus.subscribe([leads], group)
    await take(reader, 2)
    await reader.commit()
    await reader.close()
    await bus.publish(letters("cd", topic=leads))
    await delete(place, 4)
    assert await (await bus.subscribe([leads], group)).poll(max_records=10, timeout_s=0.5) == []
    assert counted(place) == 2


async def test_what_is_deleted_while_a_batch_fails_again_and_again_is_counted(
    place: KafkaPlace, bus: KafkaBus
) -> None:
    leads = place.prefix + "leads"
    reader = await bus.subscribe([leads], place.prefix + "scoring")
    await bus.publish(letters("abc", topic=leads))
    await take(reader, 3)
    await reader.commit()
    await bus.publish(letters("defg", topic=leads))
    await take(reader, 4)
    await delete(place, 5)
    await reader.rewind()
    assert values(await take(reader, 2)) == ["f", "g"]
    assert counted(place) == 2


async def test_what_was_deleted_where_kafka_does_not_know_how_far_a_group_was_is_counted(
    place: KafkaPlace, bus: KafkaBus, caplog: pytest.LogCaptureFixture
) -> None:
    """It had read nothing there yet, or it was away for so long that Kafka forgot: that looks the same."""
    leads = place.prefix + "leads"
    reader = await bus.subscribe([leads], place.prefix + "scoring")
    assert await reader.poll(max_records=10, timeout_s=0.5) == []
    await reader.close()
    await bus.publish(letters("abc", topic=leads))
    await delete(place, 2)
    reader = await bus.subscribe([leads], place.prefix + "scoring")
    assert values(await take(reader, 1)) == ["c"]
    assert counted(place) == 2
    [said] = [one for one in caplog.records if one.levelno == logging.ERROR and one.name == "baton.bus"]
    assert said.getMessage().startswith(f"Kafka does not know how far this service was: 2 events of {leads}")
    await reader.close()
    reader = await bus.subscribe([leads], place.prefix + "scoring")
    assert values(await take(reader, 1)) == ["c"]
    assert counted(place) == 2
