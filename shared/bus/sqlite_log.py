"""The log inside the bus's file: its tables, and every statement that reads or writes them."""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import msgspec

from shared.bus.groups import Lane, Stretch
from shared.bus.port import BusUnavailable, Delivery, PartitionsDiffer, Record

T = TypeVar("T")

Entry = tuple[str, int, str, bytes, bytes | None]
"""A record ready to be written: topic, partition, key, value, packed headers."""

# How often pruning marks where each lane ends: so much longer than asked for may a record be kept.
MARK_EVERY_S = 24 * 3600
# How many records one transaction of pruning deletes, of all lanes together: publishers wait behind it.
PRUNE_MAX = 1_000

TABLES = """
CREATE TABLE IF NOT EXISTS bus_settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bus_topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS bus_records (
    topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
    key TEXT NOT NULL, value BLOB NOT NULL, headers BLOB,
    PRIMARY KEY (topic, partition, offset)
);
CREATE TABLE IF NOT EXISTS bus_positions (
    reader TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (reader, topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bus_marks (
    at_s INTEGER NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (at_s, topic, partition)
) WITHOUT ROWID;
"""
INSERT = "INSERT INTO bus_records (topic, partition, offset, key, value, headers) VALUES (?, ?, ?, ?, ?, ?)"
READ = (
    "SELECT offset, key, value, headers FROM bus_records "
    "WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset"
)
# A new reader starts at the oldest record that is left.
REGISTER = (
    "INSERT INTO bus_positions (reader, topic, partition, next_offset) "
    "SELECT :reader, :topic, :partition, coalesce(min(offset), 0) FROM bus_records "
    "WHERE topic = :topic AND partition = :partition ON CONFLICT DO NOTHING"
)
# Never goes back: a consumer that lost the partition may still commit.
COMMIT = (
    "UPDATE bus_positions SET next_offset = max(next_offset, ?) "
    "WHERE reader = ? AND topic = ? AND partition = ?"
)
# Only topics that somebody registered for: of the others, nobody has read anything yet.
NEEDED = "SELECT topic, partition, min(next_offset) FROM bus_positions GROUP BY topic, partition"
# What was written before an instant, by the marks that pruning left.
WRITTEN_BEFORE = (
    "SELECT topic, partition, max(next_offset) FROM bus_marks WHERE at_s <= ? GROUP BY topic, partition"
)

_headers_encoder = msgspec.msgpack.Encoder()
_headers_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


def partition_of(key: bytes, partitions: int) -> int:
    """Where a key's records go: the same in every process and every version of Python."""
    return zlib.crc32(key) % partitions


def pack_headers(headers: tuple[tuple[str, bytes], ...]) -> bytes | None:
    """Headers as they lie in the file."""
    return _headers_encoder.encode(headers) if headers else None


class SqliteLog:
    """Writes the log through one connection. Changes happen in `transact`, for one thread at a time.

    `ends` holds, for each lane, the offset that the next record gets; it changes only after a commit.
    """

    def __init__(self, connection: sqlite3.Connection, *, partitions: int, name: str) -> None:
        self._connection = connection
        self._partitions = partitions
        self._name = name
        self.ends: dict[Lane, int] = {}
        self._topic_ids: dict[str, int] = {}
        self._new_ends: dict[Lane, int] = {}
        self._new_topic_ids: dict[str, int] = {}
        if connection.in_transaction:
            connection.rollback()  # What a crashed bus left half-done on a connection that outlived it.
        self.transact([self._prepare])
        self._load()

    def transact(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run `works` in one durable transaction and return their results. If one fails, none has happened.

        Raises BusUnavailable if SQLite could not do it, else what the failing work raised.
        """
        self._new_ends, self._new_topic_ids = {}, {}
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [work() for work in works]
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._undo()
            if isinstance(error, sqlite3.Error):
                raise self.unavailable(error) from error
            raise
        self._topic_ids.update(self._new_topic_ids)
        self.ends.update(self._new_ends)
        return results

    def append(self, entries: Sequence[Entry]) -> None:
        """Write `entries` behind what is there, in their order. Call within `transact`."""
        ids = {topic: self._topic_id(topic) for topic in dict.fromkeys(entry[0] for entry in entries)}
        old, new, rows = self.ends, self._new_ends, []
        for topic, partition, key, value, headers in entries:
            lane = (topic, partition)
            offset = new[lane] if lane in new else old.get(lane, 0)
            new[lane] = offset + 1
            rows.append((ids[topic], partition, offset, key, value, headers))
        self._connection.executemany(INSERT, rows)

    def register(self, reader: str, topics: Iterable[str]) -> dict[Lane, int]:
        """Where the group `reader` stands in `topics`; what lies after is not pruned. Within `transact`."""
        positions: dict[Lane, int] = {}
        for topic in topics:
            number = self._topic_id(topic)
            lane = {"reader": reader, "topic": number}
            lanes = [{**lane, "partition": partition} for partition in range(self._partitions)]
            self._connection.executemany(REGISTER, lanes)
            found = self._connection.execute(
                "SELECT partition, next_offset FROM bus_positions WHERE reader = ? AND topic = ?",
                (reader, number),
            )
            positions.update({(topic, partition): offset for partition, offset in found})
        return positions

    def commit(self, reader: str, positions: Mapping[Lane, int]) -> None:
        """The group `reader` is done with everything before `positions`. Within `transact`."""
        self._connection.executemany(
            COMMIT,
            [(at, reader, self._topic_id(topic), partition) for (topic, partition), at in positions.items()],
        )

    def prune_some(self, keep_records: int, before_s: int, held: Mapping[Lane, int]) -> int:
        """Delete the oldest records that every group is done with, a bounded number. Within `transact`.

        Keeps the last `keep_records` of each lane, unless they were written before `before_s`, and everything
        from the offset that `held` names; in any case the last one, which is what remembers the next offset.
        Returns how many went; after 0 nothing is left to prune.
        """
        names = {number: topic for topic, number in self._topic_ids.items()}
        old = {
            (topic, part): end for topic, part, end in self._connection.execute(WRITTEN_BEFORE, (before_s,))
        }
        gone, lanes = 0, self._connection.execute(NEEDED).fetchall()
        # The same of each lane: what was written together lies together, and goes with a page.
        most = max(1, PRUNE_MAX // max(1, len(lanes)))
        for number, partition, needed in lanes:
            lane = (names.get(number, ""), partition)
            end = self.ends.get(lane, 0)
            spare = max(end - keep_records, min(old.get((number, partition), 0), end - 1))
            floor = min(needed, spare, held.get(lane, needed))
            gone += self._delete(number, partition, floor, most)
        return gone

    def mark(self, now_s: int, before_s: int) -> None:
        """Note where each lane ends, if that is due; drop the marks that have served. Within `transact`."""
        self._connection.execute("DELETE FROM bus_marks WHERE at_s <= ?", (before_s,))
        (newest,) = self._connection.execute("SELECT max(at_s) FROM bus_marks").fetchone()
        if newest is None or now_s - newest >= MARK_EVERY_S:
            rows = [(now_s, self._topic_ids[topic], part, end) for (topic, part), end in self.ends.items()]
            self._connection.executemany("INSERT INTO bus_marks VALUES (?, ?, ?, ?)", rows)

    def read(self, connection: sqlite3.Connection, stretches: Iterable[Stretch]) -> list[Delivery]:
        """The records of `stretches` through any connection to the same file, lane by lane, in order."""
        found: list[Delivery] = []
        try:
            for (topic, partition), start, end in stretches:
                rows = connection.execute(READ, (self._topic_ids[topic], partition, start, end)).fetchall()
                found += [
                    Delivery(Record(topic, key, value, _unpacked(headers)), partition, offset)
                    for offset, key, value, headers in rows
                ]
        except sqlite3.Error as error:
            raise self.unavailable(error) from error
        return found

    def unavailable(self, error: sqlite3.Error) -> BusUnavailable:
        """The error for those who use the bus."""
        return BusUnavailable(
            f"The bus in {self._name} can not be used now ({error}); free it and try again."
        )

    def _prepare(self) -> None:
        for statement in filter(str.strip, TABLES.split(";")):
            self._connection.execute(statement)
        self._connection.execute(
            "INSERT INTO bus_settings VALUES ('partitions', ?) ON CONFLICT DO NOTHING", (self._partitions,)
        )
        (kept,) = self._connection.execute(
            "SELECT value FROM bus_settings WHERE name = 'partitions'"
        ).fetchone()
        if kept != self._partitions:
            raise PartitionsDiffer(
                f"The bus in {self._name} has {kept} partitions per topic, the setting {self._partitions}: "
                f"set it to {kept}, or start with a new file once all of this one is read."
            )

    def _load(self) -> None:
        execute = self._connection.execute
        ids: dict[str, int] = dict(execute("SELECT name, id FROM bus_topics ORDER BY id").fetchall())
        ends: dict[Lane, int] = {}
        for topic, number in ids.items():
            for partition in range(self._partitions):
                query = "SELECT max(offset) FROM bus_records WHERE topic = ? AND partition = ?"
                (last,) = execute(query, (number, partition)).fetchone()
                ends[topic, partition] = 0 if last is None else last + 1
        self._topic_ids, self.ends = ids, ends

    def _undo(self) -> None:
        # After a failed commit, what we believe of the file may be wrong; what the file says is right.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._load()

    def _topic_id(self, topic: str) -> int:
        number = self._topic_ids.get(topic) or self._new_topic_ids.get(topic)
        if number is None:
            added = self._connection.execute(
                "INSERT INTO bus_topics (name) VALUES (?) RETURNING id", (topic,)
            )
            number = self._new_topic_ids[topic] = int(added.fetchone()[0])
        return number

    def _delete(self, number: int, partition: int, floor: int, most: int) -> int:
        """Delete up to `most` records of a lane that lie before `floor`."""
        lane = (number, partition)
        query = "SELECT min(offset) FROM bus_records WHERE topic = ? AND partition = ?"
        (first,) = self._connection.execute(query, lane).fetchone()
        if first is None or first >= floor:
            return 0
        delete = "DELETE FROM bus_records WHERE topic = ? AND partition = ? AND offset < ?"
        return self._connection.execute(delete, (*lane, min(floor, first + most))).rowcount


def _unpacked(headers: bytes | None) -> tuple[tuple[str, bytes], ...]:
    return () if headers is None else _headers_decoder.decode(headers)
