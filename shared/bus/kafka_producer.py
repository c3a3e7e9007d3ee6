"""Publishes to Kafka through an idempotent producer, and takes a new one whenever that can not go on."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
)

from shared.bus.kafka_cluster import Cluster, partition_of
from shared.bus.kafka_guard import guard
from shared.bus.port import Record, Refusal

PUBLISH_LIMIT_S: Final = 10.0
"""How long a publish may take: left alone, an idempotent producer waits for its broker for ever."""
DISCARD_LIMIT_S: Final = 2.0
BATCH_BYTES: Final = 512 * 1024
REQUEST_MS: Final = 8_000
REFUSED: Final = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTimestampError,
    PolicyViolationError,
)
"""What a broker answers when it will never take a batch."""


class _Lane:
    """What is still to be published to one partition, in its order."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic, self.partition = topic, partition
        self.left: list[Record] = []
        self.refusals: list[Refusal] = []
        self._singly = 0

    def next_batch(self, producer: Any) -> tuple[Any, int]:
        """A batch of what comes next, and how many records are in it."""
        batch, count = producer.create_batch(), 0
        most = 1 if self._singly else len(self.left)
        for record in self.left[:most]:
            key, headers = record.key.encode(), list(record.headers)
            if batch.append(timestamp=None, key=key, value=record.value, headers=headers) is None:
                break
            count += 1
        batch.close()  # It is complete: no need to linger.
        return batch, count

    def accepted(self, count: int) -> None:
        del self.left[:count]
        self._singly = max(0, self._singly - count)

    def refused(self, count: int, why: str) -> None:
        """Kafka refuses a batch as a whole: its records go one by one, until the culprit is alone."""
        if count == 1:
            self.refusals.append(Refusal(self.left[0], why))
            self.accepted(1)
        else:
            self._singly = count


class KafkaProducer:
    """One publish at a time, so that records of one key never overtake each other."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer: Any = None
        self._checked: set[str] = set()
        self._one_at_a_time = asyncio.Lock()

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        """See the port. Whatever goes wrong, the next publish begins with a new producer."""
        async with self._one_at_a_time:
            try:
                async with self._cluster.reaching("acknowledge what was published", PUBLISH_LIMIT_S):
                    return await self._publish(records)
            except BaseException:
                await self._discard()
                raise

    async def close(self) -> None:
        """Wait for the publish that runs, and let the connections go."""
        async with self._one_at_a_time:
            await self._discard()

    async def _publish(self, records: Sequence[Record]) -> list[Refusal]:
        await self._check({record.topic for record in records})
        lanes: dict[tuple[str, int], _Lane] = {}
        for record in records:
            partition = partition_of(record.key.encode(), self._cluster.partitions)
            lane = lanes.get((record.topic, partition))
            if lane is None:
                lane = lanes[record.topic, partition] = _Lane(record.topic, partition)
            lane.left.append(record)
        while waiting := [lane for lane in lanes.values() if lane.left]:
            producer = await self._ready()
            sent = await asyncio.gather(*(_send(producer, lane) for lane in waiting), return_exceptions=True)
            for failed in sent:
                if isinstance(failed, BaseException):
                    raise failed
            if not all(sent):
                # What was refused has used up its sequence numbers: this producer's next batch would be too.
                await self._discard()
        return [refusal for lane in lanes.values() for refusal in lane.refusals]

    async def _check(self, topics: set[str]) -> None:
        """Only what is as expected may be written to: in a topic with other partitions keys would move."""
        if unchecked := topics - self._checked:
            await self._cluster.check(sorted(unchecked))
            self._checked |= unchecked

    async def _ready(self) -> Any:
        if self._producer is not None and self._producer._sender.sender_task.done():
            await self._discard()  # Without that task, nothing would ever be sent.
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **self._cluster.client(),
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=REQUEST_MS,
            )
            guard(self._producer.client, self._cluster.cluster_id)
            await self._producer.start()
        return self._producer

    async def _discard(self) -> None:
        """Close without a last wait for the broker: `stop` would wait for what it will never get out."""
        producer, self._producer = self._producer, None
        self._checked.clear()
        if producer is None:
            return
        producer._closed = True
        sender = producer._sender.sender_task
        if sender is not None:
            sender.cancel()
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(DISCARD_LIMIT_S):
                await producer.client.close()
                if sender is not None:
                    await asyncio.wait([sender])


async def _send(producer: Any, lane: _Lane) -> bool:
    """Send all that is left of a lane; False if the broker refused some of it."""
    while lane.left:
        batch, count = lane.next_batch(producer)
        try:
            await (await producer.send_batch(batch, lane.topic, partition=lane.partition))
        except REFUSED as error:
            lane.refused(count, f"Kafka refuses it: {type(error).__name__}")
            return False
        lane.accepted(count)
    return True
