"""What Baton needs from a bus, and no more: topics with partitions, groups with offsets, at least once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One event on its way. Records with the same topic and key keep their order."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
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


class Consumer(Protocol):
    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        """The next records, in offset order within each partition. Waits up to `timeout_s`; may be empty."""

    async def commit(self) -> None:
        """Everything polled so far is done; a new consumer in this group starts after it."""

    async def rewind(self) -> None:
        """Forget what was polled since the last commit; the next poll returns it again."""

    async def lag(self) -> Mapping[str, int]:
        """For each subscribed topic, how many records lie beyond what this consumer has polled."""

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
