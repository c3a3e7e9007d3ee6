"""One consumer of the embedded bus: reads its share of a group, and sleeps until there is more."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.bus.groups import Group, Member
from shared.bus.port import BusUnavailable, Delivery

if TYPE_CHECKING:
    from shared.bus.sqlite import SqliteBus


class SqliteConsumer:
    """A `Consumer` of a `SqliteBus`. One poll at a time; after a cancelled one, rewind: it may have read.

    When another consumer joins or leaves the group, everyone rewinds to what is committed.
    """

    def __init__(self, bus: "SqliteBus", group_name: str, group: Group, member: Member) -> None:
        self.topics = frozenset(member.topics)
        self._bus = bus
        self._group_name, self._group, self._member = group_name, group, member
        self._news = asyncio.Event()
        self._closed = False

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        """See the port. A poll that waits while the consumer is closed returns empty."""
        self._check_open()
        if self._bus.inline:
            return await self._take(max_records)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            self._news.clear()
            found = await self._take(max_records)
            if found or self._closed or loop.time() >= deadline:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()

    async def commit(self) -> None:
        """See the port. Durable on return."""
        self._check_open()
        if polled := self._group.uncommitted(self._member):
            await self._bus.commit(self._group_name, polled)
            self._group.note_committed(polled)

    async def rewind(self) -> None:
        """See the port."""
        self._check_open()
        self._group.rewind(self._member)

    async def lag(self) -> Mapping[str, int]:
        """See the port. Counts the partitions that are this consumer's own."""
        self._check_open()
        return self._bus.lag(self._group, self._member)

    async def close(self) -> None:
        """See the port. Twice is no harm."""
        if self._closed:
            return
        self._closed = True
        self._group.leave(self._member)
        self._bus.forget(self)
        self.wake()

    def wake(self) -> None:
        """There may be something to read."""
        self._news.set()

    async def _take(self, max_records: int) -> list[Delivery]:
        while stretches := self._bus.next_stretches(self._member, max_records):
            epoch = self._member.epoch
            found = await self._bus.read(stretches)
            if epoch != self._member.epoch:
                continue  # A rewind or a change in the group came between; what was read may not be ours now.
            if len(found) != sum(stretch.end - stretch.start for stretch in stretches):
                raise BusUnavailable(f"The bus has lost records between {stretches}; restore its file.")
            self._member.advance(stretches)
            return found
        return []

    def _check_open(self) -> None:
        self._bus.check_open()
        if self._closed:
            raise BusUnavailable("This consumer is closed; subscribe again.")
