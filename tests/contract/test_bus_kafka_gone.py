"""What a reader does when a topic of its own is gone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_consumer import KafkaConsumer
from shared.bus.port import BusUnavailable, UnknownTopic
from tests.contract import bus_suite
from tests.contract.bus_suite import PATIENCE_S, letters, values
from tests.contract.kafka_place import DRAIN_S, KafkaPlace

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
async def place(request: pytest.FixtureRequest) -> KafkaPlace:
    return await bus_suite.kafka_place(request)


@pytest.fixture
async def bus(place: KafkaPlace) -> AsyncIterator[KafkaBus]:
    opened = KafkaBus(place.cluster, drain_s=DRAIN_S)
    yield opened
    await opened.close()


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
