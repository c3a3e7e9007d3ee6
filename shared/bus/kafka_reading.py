"""Reads records from a Kafka client, also where it can not decode one, which would stop all reading."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from shared.bus.port import Delivery, Record

Log = logging.LoggerAdapter[logging.Logger]


class Reading:
    """Takes what a client has in memory, one partition at a time."""

    def __init__(self, kafka: Any, log: Log) -> None:
        self._kafka, self._log = kafka, log
        # Where one record is read at a time, because one of the next can not be decoded.
        self._alone: set[TopicPartition] = set()

    async def take(self, lane: TopicPartition, most: int) -> list[Delivery]:
        """What is in memory of one partition, up to `most`; nothing while the group is shared out anew."""
        if self._kafka._subscription.reassignment_in_progress:
            return []  # The client would wait: cut short, it would count this consumer as reading for ever.
        alone = lane in self._alone
        try:
            return await self._read(lane, 1 if alone else most)
        except UnicodeDecodeError as wrong:
            if alone:
                return [await self._pass_over(lane, wrong)]
        # The client does not say which one it was, and none before it is lost: it reads them all again.
        self._alone.add(lane)
        return await self._read(lane, 1)

    async def wait(self, limit_s: float) -> None:
        """Wait until there is more in memory. The client's own way takes it, and loses it with an error."""
        more = self._kafka._fetcher._create_fetch_waiter()
        try:
            with self._kafka._subscription.fetch_context():  # Who waits is not idle.
                await asyncio.wait([more], timeout=limit_s)
            if more.done():
                more.result()
        finally:
            more.cancel()

    def begin_anew(self) -> None:
        """Other partitions are ours from now on."""
        self._alone.clear()

    async def _read(self, lane: TopicPartition, most: int) -> list[Delivery]:
        subscription = self._kafka._subscription
        readers = subscription._fetch_count
        try:
            return _deliveries(await self._kafka.getmany(lane, max_records=most))
        finally:
            # After an error the client would count one who reads for ever, and nobody as idle who hangs.
            subscription._fetch_count = readers

    async def _pass_over(self, lane: TopicPartition, wrong: UnicodeDecodeError) -> Delivery:
        """The next record, without its content: it, or one before it in its batch, has a name of no text."""
        offset = await self._kafka.position(lane)
        self._kafka.seek(lane, offset + 1)
        self._alone.discard(lane)
        place = f"{lane.topic}/{lane.partition}, offset {offset}"
        self._log.error(
            "the record in %s can not be read, because of the name of a header in its batch: %s", place, wrong
        )
        return Delivery(Record(lane.topic, "", b"", ()), lane.partition, offset)


def _deliveries(records: Mapping[TopicPartition, list[Any]]) -> list[Delivery]:
    return [_delivery(record) for some in records.values() for record in some]


def _delivery(record: Any) -> Delivery:
    # Anybody may write to a topic: a key that is no text, or none, must not stop the reading.
    key = (record.key or b"").decode("utf-8", "replace")
    headers = record.headers
    if None in [value for _, value in headers]:
        headers = tuple((name, value or b"") for name, value in headers)
    return Delivery(Record(record.topic, key, record.value or b"", headers), record.partition, record.offset)
