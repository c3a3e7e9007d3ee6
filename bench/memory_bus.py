"""A bus in memory that costs nothing, so that what is measured beside it is the rest."""

from collections.abc import Mapping, Sequence

from shared.bus.port import Delivery, Record, Refusal


class MemoryBus:
    """One partition a topic; every consumer reads all of them from the beginning."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = {}

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        for record in records:
            self.topics.setdefault(record.topic, []).append(record)
        return []

    async def subscribe(self, topics: Sequence[str], group: str) -> "MemoryConsumer":
        return MemoryConsumer(self, topics)

    async def close(self) -> None:
        self.topics.clear()


class MemoryConsumer:
    """Reads topic after topic; nothing is ever given twice."""

    def __init__(self, bus: MemoryBus, topics: Sequence[str]) -> None:
        self._bus = bus
        self._read = dict.fromkeys(topics, 0)

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        found: list[Delivery] = []
        for topic, start in self._read.items():
            records = self._bus.topics.get(topic, [])[start : start + max_records - len(found)]
            found += [Delivery(record, 0, start + n) for n, record in enumerate(records)]
            self._read[topic] = start + len(records)
        return found

    async def commit(self) -> None: ...

    async def rewind(self) -> None:
        raise AssertionError("a benchmark does not go on after a failure")

    async def lag(self) -> Mapping[str, int]:
        return {topic: len(self._bus.topics.get(topic, [])) - read for topic, read in self._read.items()}

    async def close(self) -> None: ...
