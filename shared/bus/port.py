"""What Baton needs from a bus, and no more: topics with partitions, groups with offsets, at least once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

PARTITIONS: Final = 4
"""How many partitions a topic has unless a setting says otherwise. Fixed for its life: keys would move."""
RECORD_BYTES_MAX: Final = 1024 * 1024
"""Key, value and headers of one record together."""
_TOPIC_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Record(msgspec.Struct, frozen=True):
    """One event on its way. Records with the same topic and key keep their order."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Delivery(msgspec.Struct, frozen=True):
    """A record as a consumer got it; `offset` counts within (topic, partition)."""

    record: Record
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that the bus will never take, and why. Its sender parks it; the others went through."""

    record: Record
    reason: str


class BusUnavailable(Exception):
    """The bus can not be reached or can not write now. Nothing is known about the records; publish again."""


class UnknownTopic(BusUnavailable):
    """The bus does not have a topic; the message says how to make it."""


class PartitionsDiffer(BusUnavailable, ValueError):
    """A topic has another number of partitions than expected: keys would move and lose their order."""


class WrongCluster(BusUnavailable):
    """The bus that answers is not the one that the settings expect."""


class ConsumerStuck(BusUnavailable):
    """There are records, the bus answers, and yet nothing comes: this consumer must be replaced."""


def why_no_topic(name: str) -> str | None:
    """Why no topic can have this name, or None. Kafka's rule, so that nothing works here and fails there."""
    if _TOPIC_NAME.fullmatch(name) and name not in {".", ".."}:
        return None
    return f"{name!r} can not be a topic: use 1 to 249 of A-Z a-z 0-9 . _ -"


def why_never(record: Record) -> str | None:
    """Why no bus will ever take this record, or None."""
    if wrong := why_no_topic(record.topic):
        return wrong
    try:
        size_bytes = len(record.key.encode()) + len(record.value)
        for name, value in record.headers:
            size_bytes += len(name.encode()) + len(value)
    except UnicodeEncodeError:
        return "the key or a header's name is not valid Unicode"
    if size_bytes > RECORD_BYTES_MAX:
        return f"the record has {size_bytes} bytes, the bus takes at most {RECORD_BYTES_MAX}"
    return None


def check_subscription(topics: Sequence[str], group: str) -> tuple[str, ...]:
    """The topics, each once. Raises ValueError for an impossible name, and for no topic or no group."""
    names = tuple(dict.fromkeys(topics))
    if not names or not group:
        raise ValueError("A subscription needs a group and at least one topic.")
    for name in names:
        if wrong := why_no_topic(name):
            raise ValueError(wrong)
    return names


class Consumer(Protocol):
    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        """The next records, in offset order within each partition. Waits up to `timeout_s`; may be empty."""

    async def commit(self) -> None:
        """Everything polled so far is done; a new consumer in this group starts after it.

        After a crash it may start earlier: what was done within the last second may come again.
        """

    async def rewind(self) -> None:
        """Forget what was polled since the last commit; the next poll returns it again."""

    async def lag(self) -> Mapping[str, int]:
        """For each subscribed topic, how many records lie beyond what this consumer has committed."""

    async def close(self) -> None:
        """Give the partitions up. What was polled and not committed comes to another of the group."""


class Bus(Protocol):
    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        """Return when the bus holds every record durably, except those returned as refused.

        Raises BusUnavailable if it may not hold them; publishing again is then right (readers drop repeats).
        """

    async def subscribe(self, topics: Sequence[str], group: str) -> Consumer:
        """Join `group` on `topics`. A new group starts at the beginning of each topic."""

    async def close(self) -> None: ...
