"""The bus between processes: Apache Kafka. Only this module and its neighbours kafka_* know aiokafka."""

import asyncio
from collections.abc import Sequence

from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_consumer import DRAIN_S, KafkaConsumer
from shared.bus.kafka_producer import KafkaProducer
from shared.bus.kafka_watchdog import STUCK_S
from shared.bus.port import BusUnavailable, Record, Refusal, check_subscription, why_never


class KafkaBus:
    """A `Bus` on a Kafka cluster. Nothing is reached before it is needed, and what breaks is made anew.

    `member`: this process's lasting name in its groups (static membership); two processes must not share one.
    `drain_s`: how long a rebalance waits for a batch that is being worked on. `stuck_s`: how long a consumer
    may have something to read and read nothing.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        member: str | None = None,
        drain_s: float = DRAIN_S,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._cluster, self._member = cluster, member
        self._drain_s, self._stuck_s = drain_s, stuck_s
        self._producer: KafkaProducer | None = None
        self._consumers: list[KafkaConsumer] = []
        self._closed = False

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        """See the port. Raises UnknownTopic, PartitionsDiffer, WrongCluster too: kinds of BusUnavailable."""
        self.check_open()
        refused = [Refusal(record, why) for record in records if (why := why_never(record))]
        bad = {id(refusal.record) for refusal in refused}
        good = [record for record in records if id(record) not in bad]
        if good:
            if self._producer is None:
                self._producer = KafkaProducer(self._cluster)
            refused += await self._producer.publish(good)
        return refused

    async def subscribe(self, topics: Sequence[str], group: str) -> KafkaConsumer:
        """See the port. Returns once the group has a place for it. Raises what `publish` does."""
        self.check_open()
        names = check_subscription(topics, group)
        await self._cluster.check(names)
        consumer = KafkaConsumer(
            self, self._cluster, names, group, self._member, drain_s=self._drain_s, stuck_s=self._stuck_s
        )
        self._consumers.append(consumer)
        try:
            await consumer.join()
            self.check_open()
        except BaseException:
            await consumer.close()
            raise
        return consumer

    async def close(self) -> None:
        """Finish what was accepted, give every partition up, let the connections go. Twice is no harm."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(consumer.close() for consumer in list(self._consumers)))
        if self._producer is not None:
            await self._producer.close()

    # ------------------------------------------------------------------------- for the bus's own consumers

    def check_open(self) -> None:
        """Raises BusUnavailable once the bus is closed."""
        if self._closed:
            raise BusUnavailable("This connection to Kafka is closed; open it again.")

    def forget(self, consumer: KafkaConsumer) -> None:
        """This consumer has left."""
        self._consumers.remove(consumer)
