"""The embedded bus: a durable log in one SQLite file, for one process that needs no server."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from shared.bus.groups import Group, Lane, Member, Stretch
from shared.bus.port import (
    PARTITIONS,
    BusUnavailable,
    Delivery,
    Record,
    Refusal,
    check_subscription,
    why_never,
)
from shared.bus.sqlite_consumer import SqliteConsumer
from shared.bus.sqlite_file import MEMORY, lock_file, open_reader, open_writer
from shared.bus.sqlite_log import Entry, SqliteLog, pack_headers, partition_of
from shared.bus.threads import InlinePlace, InlineWriter, Place, ReaderThread, WriterThread

PARTITIONS_MAX = 1_024
# Pruning leaves this many records in each partition, for those who want to look back, but none that is older:
# who was erased is to be gone from here too.
KEEP_RECORDS = 10_000
KEEP_FOR = timedelta(days=14)
# How long a write waits for another program that has locked the file.
BUSY_TIMEOUT_S = 5.0


class SqliteBus:
    """A `Bus` in the file at `path`, or in memory. One process, one event loop; a second opener is refused.

    `inline` does all work in the calling thread and never suspends a coroutine: `poll` does not wait. With
    `connection` the bus lives in a database that is already open and that `close` leaves open.
    Raises BusUnavailable if the file can not be opened, PartitionsDiffer if its topics have another number.
    """

    def __init__(
        self,
        path: str = MEMORY,
        *,
        partitions: int = PARTITIONS,
        inline: bool = False,
        connection: sqlite3.Connection | None = None,
        keep_records: int = KEEP_RECORDS,
        keep_for: timedelta = KEEP_FOR,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        if not 1 <= partitions <= PARTITIONS_MAX:
            raise ValueError(f"A topic has 1 to {PARTITIONS_MAX} partitions, not {partitions}.")
        if keep_records < 1:
            raise ValueError("keep_records is at least 1: the last record remembers the next offset.")
        if connection is not None and not inline:
            raise ValueError("A bus on an open connection works in the caller's thread: pass inline=True.")
        self.inline = inline
        self._name = "memory" if path == MEMORY else path
        self._partitions = partitions
        self._keep_records, self._keep_for_s = keep_records, int(keep_for.total_seconds())
        self._own_connection = connection is None
        self._lock = None if connection is not None or path == MEMORY else lock_file(path)
        try:
            self._connection = connection or open_writer(path, busy_timeout_s=busy_timeout_s)
            self._open(path)
        except BaseException:
            self._let_go()
            raise
        self._groups: dict[str, Group] = {}
        self._consumers: list[SqliteConsumer] = []
        self._closed = False

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        """See the port. All records that are not refused are written in one transaction, in their order."""
        self.check_open()
        entries: list[Entry] = []
        refused: list[Refusal] = []
        for record in records:
            if why := why_never(record):
                refused.append(Refusal(record, why))
            else:
                entries.append(self._entry(record))
        if entries:
            await self._writer.run(partial(self._log.append, entries))
            self._wake({entry[0] for entry in entries})
        return refused

    async def subscribe(self, topics: Sequence[str], group: str) -> SqliteConsumer:
        """See the port. Raises ValueError for a name that no topic can have, and for no topic or group."""
        self.check_open()
        names = check_subscription(topics, group)
        committed: dict[Lane, int] = await self._writer.run(partial(self._log.register, group, names))
        self.check_open()
        joined = self._groups.setdefault(group, Group(self._partitions))
        member = Member(names)
        joined.join(member, committed)
        consumer = SqliteConsumer(self, group, joined, member)
        self._consumers.append(consumer)
        self._wake(names)
        return consumer

    async def prune(self, now: datetime) -> int:
        """Delete what every group of a topic is done with, but for the last `keep_records` of each partition.

        Those go too once they are older than `keep_for`, by up to a day; the very last one stays. A topic
        that nobody ever subscribed to keeps everything. Returns how many records went.
        """
        pruned, now_s = 0, int(now.timestamp())
        before_s = now_s - self._keep_for_s
        self.check_open()
        while gone := await self._writer.run(
            partial(self._log.prune_some, self._keep_records, before_s, self._held())
        ):
            pruned += gone
            self.check_open()
        await self._writer.run(partial(self._log.mark, now_s, before_s))
        return pruned

    async def close(self) -> None:
        """Close every consumer, finish the writes that were accepted, let the file go. Twice is no harm."""
        if self._closed:
            return
        self._closed = True
        for consumer in list(self._consumers):
            await consumer.close()
        await self._reader.close(self._close_reader)
        await self._writer.close(self._let_go)

    # ------------------------------------------------------------------------- for the bus's own consumers

    def check_open(self) -> None:
        """Raises BusUnavailable once the bus is closed."""
        if self._closed:
            raise BusUnavailable(f"The bus in {self._name} is closed; open it again.")

    def next_stretches(self, member: Member, max_records: int) -> list[Stretch]:
        """What `member` reads next."""
        return member.next_stretches(self._log.ends, max_records)

    def lag(self, group: Group, member: Member) -> dict[str, int]:
        """How far `member` is behind, by topic."""
        return group.lag(member, self._log.ends)

    async def read(self, stretches: Sequence[Stretch]) -> list[Delivery]:
        """These records, from the file."""
        return await self._reader.run(partial(self._log.read, self._read_connection, stretches))

    async def commit(self, group: str, positions: dict[Lane, int]) -> None:
        """`group` is done with all before `positions`; durable on return."""
        await self._writer.run(partial(self._log.commit, group, positions))

    def forget(self, consumer: SqliteConsumer) -> None:
        """This consumer has left; others of its group may have something to read now."""
        self._consumers.remove(consumer)
        self._wake(consumer.topics)

    # ------------------------------------------------------------------------------------------------------

    def _open(self, path: str) -> None:
        try:
            self._log = SqliteLog(self._connection, partitions=self._partitions, name=self._name)
            alone = self.inline or path == MEMORY
            self._read_connection = self._connection if alone else open_reader(path)
        except sqlite3.Error as error:
            raise BusUnavailable(f"The bus file {path} can not be read: {error}. Check the file.") from error
        self._writer: Place
        self._reader: Place
        if self.inline:
            self._writer, self._reader = InlineWriter(self._log.transact), InlinePlace()
        else:
            self._writer, self._reader = WriterThread(self._log.transact), ReaderThread()

    def _entry(self, record: Record) -> Entry:
        partition = partition_of(record.key.encode(), self._partitions)
        return record.topic, partition, record.key, record.value, pack_headers(record.headers)

    def _held(self) -> dict[Lane, int]:
        # A consumer may rewind to what its group knows as committed, which can be behind the file.
        held: dict[Lane, int] = {}
        for group in self._groups.values():
            for lane, at in group.committed.items():
                held[lane] = min(at, held.get(lane, at))
        return held

    def _wake(self, topics: Iterable[str]) -> None:
        for consumer in self._consumers:
            if not consumer.topics.isdisjoint(topics):
                consumer.wake()

    def _close_reader(self) -> None:
        if self._read_connection is not self._connection:
            self._read_connection.close()

    def _let_go(self) -> None:
        if self._own_connection and hasattr(self, "_connection"):
            self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
