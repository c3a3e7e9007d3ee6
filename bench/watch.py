"""Reads the bus from outside, as one more reader: who has been assigned, and how far everybody has read."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.processes import SERVICES
from shared.bus.kafka_cluster import group_of
from shared.bus.port import PARTITIONS
from shared.bus.sqlite_file import open_reader
from shared.contracts.routing import TOPIC, LeadAssigned

BATCH: Final = 500
_TYPE: Final = "ce_type"
_ASSIGNED: Final = LeadAssigned.name().encode()
_LOOK_EVERY_S: Final = 0.01
_LANES: Final = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]

Rows = Sequence[tuple[str, bytes]]
"""Records as they are on the bus: key and value."""


class Watch(Protocol):
    async def assigned(self) -> Sequence[str]:
        """The leads that `lead.assigned` names since it was last asked; waits a moment for some."""

    async def unread(self) -> int:
        """How many records some service has not read yet."""

    def batches(self) -> AsyncGenerator[Rows, None]:
        """Everything on routing's topic, from the beginning, 500 at a time."""


class KafkaWatch:
    """A reader without a group."""

    def __init__(self, server: str, reader: Any, admin: Any) -> None:
        self._server, self._reader, self._admin = server, reader, admin

    async def assigned(self) -> Sequence[str]:
        found = await self._reader.getmany(timeout_ms=50)
        return [
            record.key.decode()
            for records in found.values()
            for record in records
            if (_TYPE, _ASSIGNED) in record.headers
        ]

    async def unread(self) -> int:
        behind = 0
        for service in SERVICES:
            read = await self._admin.list_consumer_group_offsets(group_of(service))
            ends = await self._reader.end_offsets(list(read))
            behind += sum(ends[lane] - max(0, at.offset) for lane, at in read.items())
        return behind

    async def batches(self) -> AsyncGenerator[Rows, None]:
        async with _kafka_reader(self._server) as reader:
            await reader.seek_to_beginning(*_LANES)
            while True:
                found = await reader.getmany(timeout_ms=1000, max_records=BATCH)
                yield [(one.key.decode(), one.value) for records in found.values() for one in records]


class SqliteWatch:
    """A connection that only reads. It looks every 10 ms, so what it sees it sees up to so much later."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        (self._topic,) = file.execute("SELECT id FROM bus_topics WHERE name = ?", (TOPIC,)).fetchone()
        self._next = [self._end(partition) for partition in range(PARTITIONS)]

    async def assigned(self) -> Sequence[str]:
        await asyncio.sleep(_LOOK_EVERY_S)
        return [
            key
            for partition in range(PARTITIONS)
            for key, headers in self._more(partition)
            if _ASSIGNED in headers
        ]

    async def unread(self) -> int:
        positions = self._file.execute("SELECT topic, partition, next_offset FROM bus_positions").fetchall()
        return sum(max(0, self._end(partition, topic) - at) for topic, partition, at in positions)

    async def batches(self) -> AsyncGenerator[Rows, None]:
        rows = self._file.execute("SELECT key, value FROM bus_records WHERE topic = ?", (self._topic,))
        while found := rows.fetchmany(BATCH):
            yield found

    def _more(self, partition: int) -> list[tuple[str, bytes]]:
        rows = self._file.execute(
            "SELECT offset, key, headers FROM bus_records WHERE topic = ? AND partition = ? AND offset >= ?",
            (self._topic, partition, self._next[partition]),
        ).fetchall()
        if rows:
            self._next[partition] = rows[-1][0] + 1
        return [(key, headers) for _, key, headers in rows]

    def _end(self, partition: int, topic: int | None = None) -> int:
        where = (self._topic if topic is None else topic, partition)
        query = "SELECT max(offset) FROM bus_records WHERE topic = ? AND partition = ?"
        (last,) = self._file.execute(query, where).fetchone()
        return 0 if last is None else last + 1


@asynccontextmanager
async def watch_kafka(server: str) -> AsyncIterator[Watch]:
    """From what comes next on, at host:port."""
    admin = AIOKafkaAdminClient(bootstrap_servers=server)
    await admin.start()
    try:
        async with _kafka_reader(server) as reader:
            await reader.seek_to_end(*_LANES)
            for lane in _LANES:
                await reader.position(lane)
            yield KafkaWatch(server, reader, admin)
    finally:
        await admin.close()


@asynccontextmanager
async def watch_sqlite(bus: Path) -> AsyncIterator[Watch]:
    """From what comes next on, in the file of the embedded bus."""
    with closing(open_reader(str(bus))) as file:
        yield SqliteWatch(file)


@asynccontextmanager
async def _kafka_reader(server: str) -> AsyncIterator[Any]:
    reader = AIOKafkaConsumer(bootstrap_servers=server, group_id=None, enable_auto_commit=False)
    reader.assign(_LANES)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()
