"""A real Kafka for the contract tests: each test has topics and groups of its own."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_topics import TopicSettings, create_topics
from shared.bus.port import Consumer, Delivery, Record, Refusal, why_no_topic

TOPICS = ("leads", "reps")
DRAIN_S = 0.5
SETTINGS = TopicSettings(copies=1, copies_in_sync=1, kept=timedelta(days=1))


class KafkaPlace:
    """Topics on a broker, made for one test. `prefix` is what keeps its names from those of other tests."""

    def __init__(self, address: str, prefix: str) -> None:
        self.cluster = Cluster((address,))
        self.prefix = prefix

    async def make_topics(self) -> None:
        await create_topics(self.cluster, [self.prefix + topic for topic in TOPICS], SETTINGS)

    def open(self) -> "PrefixedBus":
        return PrefixedBus(KafkaBus(self.cluster, drain_s=DRAIN_S), self.prefix)


class PrefixedBus:
    """A bus whose names are prefixed on the way in and stripped on the way out."""

    def __init__(self, bus: KafkaBus, prefix: str) -> None:
        self._bus, self._prefix = bus, prefix

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        sent = [replace(record, topic=self._prefixed(record.topic)) for record in records]
        given = dict(zip(map(id, sent), records, strict=True))
        return [
            Refusal(given[id(refusal.record)], refusal.reason) for refusal in await self._bus.publish(sent)
        ]

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:
        names = [self._prefixed(topic) for topic in topics]
        return PrefixedConsumer(
            await self._bus.subscribe(names, group and self._prefix + group), self._prefix
        )

    async def close(self) -> None:
        await self._bus.close()

    def _prefixed(self, topic: str) -> str:
        return topic if why_no_topic(topic) else self._prefix + topic


class PrefixedConsumer:
    """The same for a consumer."""

    def __init__(self, consumer: Consumer, prefix: str) -> None:
        self._consumer, self._prefix = consumer, prefix
        self.commit, self.rewind, self.close = consumer.commit, consumer.rewind, consumer.close

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        found = await self._consumer.poll(max_records=max_records, timeout_s=timeout_s)
        return [
            replace(one, record=replace(one.record, topic=one.record.topic.removeprefix(self._prefix)))
            for one in found
        ]

    async def lag(self) -> Mapping[str, int]:
        lag = await self._consumer.lag()
        return {topic.removeprefix(self._prefix): count for topic, count in lag.items()}
