"""When Kafka is told how far a consumer is: not after each batch, and soon enough that little is repeated."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.bus import kafka_consumer
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import group_of
from shared.bus.kafka_consumer import KafkaConsumer
from tests.contract import bus_suite
from tests.contract.bus_suite import letters, nothing_more, take
from tests.contract.kafka_place import KafkaPlace

pytestmark = pytest.mark.kafka
place = bus_suite.on_kafka
AGES_S = 3600.0


@pytest.fixture
async def bus(place: KafkaPlace) -> AsyncIterator[KafkaBus]:
    opened = KafkaBus(place.cluster)
    yield opened
    await opened.close()


async def told(place: KafkaPlace) -> int:
    """How many records the group has said, to the broker, that it is done with."""
    async with place.cluster.admin() as admin:
        offsets = await admin.list_consumer_group_offsets(group_of(place.prefix + "scoring"))
    return sum(max(0, at.offset) for at in offsets.values())


async def work(place: KafkaPlace, bus: KafkaBus, texts: str) -> KafkaConsumer:
    """A consumer that has committed each letter of `texts`, one after the other."""
    topic = place.prefix + "leads"
    consumer = await bus.subscribe([topic], place.prefix + "scoring")
    for letter in texts:
        await bus.publish(letters(letter, topic=topic))
        await take(consumer, 1)
        await consumer.commit()
    return consumer


async def test_while_there_is_more_to_read_the_broker_is_told_now_and_then(
    place: KafkaPlace, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_consumer, "TELL_EVERY_S", AGES_S)
    consumer = await work(place, bus, "abc")
    assert await told(place) <= 1, "the first commit only, or none"
    monkeypatch.setattr(kafka_consumer, "TELL_EVERY_S", 0.1)
    await asyncio.sleep(0.1)
    await consumer.commit()
    assert await told(place) == 3


@pytest.mark.parametrize("then", ["idles", "closes", "shares", "rewinds"])
async def test_whatever_comes_then_the_broker_is_told(
    place: KafkaPlace, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr(kafka_consumer, "TELL_EVERY_S", AGES_S)
    consumer = await work(place, bus, "abc")
    if then == "rewinds":
        await consumer.rewind()
    if then in ("idles", "rewinds"):
        assert await nothing_more(consumer)
    if then == "closes":
        await consumer.close()
    if then == "shares":
        await work(place, bus, "")
    assert await told(place) == 3
