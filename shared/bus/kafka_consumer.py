"""One consumer of a Kafka group: hands out what is its own, and finishes a batch before it lets go."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError

from shared.bus import metrics
from shared.bus.kafka_cluster import Cluster, group_of, unknown_topic
from shared.bus.kafka_gone import Gone
from shared.bus.kafka_guard import guard
from shared.bus.kafka_leaving import CLOSE_LIMIT_S, leave
from shared.bus.kafka_reading import Reading
from shared.bus.kafka_watchdog import Watchdog, check_tasks, why_put_out
from shared.bus.port import BusUnavailable, Delivery

if TYPE_CHECKING:
    from shared.bus.kafka import KafkaBus

JOIN_LIMIT_S: Final = 40.0
ASK_LIMIT_S: Final = 5.0
"""For a commit, and for the ends of the topics."""
TELL_EVERY_S: Final = 1.0
"""How often the broker is told how far this consumer is, while there is always more to read."""
DRAIN_S: Final = 10.0
"""How long a rebalance waits for the batch that is being worked on."""
SESSION_MS: Final = 10_000
"""After how long a member that is gone counts as gone. A restart within it, under its name, moves nothing."""
HEARTBEAT_MS: Final = 500
"""How soon a member hears that the group is shared out anew."""
METADATA_MS: Final = 5_000
"""How soon a topic that was deleted and made again is seen, and shared out: until then nobody reads it."""
MAX_WORK_MS: Final = 300_000
"""A member that has not polled for so long gives its partitions up."""

_log = logging.getLogger("baton.bus")


class KafkaConsumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A `Consumer` of a `KafkaBus`. One poll at a time; after a cancelled one, rewind: it may have read."""

    def __init__(
        self,
        bus: "KafkaBus",
        cluster: Cluster,
        topics: tuple[str, ...],
        group: str,
        member: str | None,
        *,
        drain_s: float,
        stuck_s: float,
    ) -> None:
        self._bus, self._cluster, self.topics, self._drain_s = bus, cluster, topics, drain_s
        self._group = group
        self._joined = asyncio.Event()
        self._idle = asyncio.Event()  # Nothing polled is being worked on.
        self._idle.set()
        self._starts: dict[TopicPartition, int] = {}  # Where the polled and not committed begins,
        self._nexts: dict[TopicPartition, int] = {}  # and what comes after it.
        self._done: dict[TopicPartition, int] = {}  # Committed, and the broker is not told yet.
        self._told_at = 0.0
        self._turn = 0
        self._closed = False
        self._watchdog = Watchdog(stuck_s)
        self._log = logging.LoggerAdapter(_log, {"service": group})
        self._gone = Gone(cluster, group, self._log)
        self._kafka = _client(cluster, group, member, drain_s)
        self._reading = Reading(self._kafka, self._log)
        guard(self._kafka._client, cluster.cluster_id)
        self._kafka.subscribe(topics, listener=self)

    async def join(self) -> None:
        """Enter the group. Raises BusUnavailable."""
        async with self._cluster.reaching("take a consumer into its group", JOIN_LIMIT_S):
            await self._kafka.start()

    # ---------------------------------------------------------------------------------------------- the port

    async def poll(self, *, max_records: int, timeout_s: float) -> list[Delivery]:
        """See the port. A poll that waits while the consumer is closed returns empty."""
        self._check_open()
        if max_records < 1:
            return []
        self._idle.set()  # Who asks for more is not working.
        # What is in memory comes without a wait: let heartbeats, a close or a rewind have their turn.
        await asyncio.sleep(0)  # noqa: TID251
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        found = await self._take(max_records, deadline)
        while not found and not self._closed and loop.time() < deadline:
            found = await self._take(max_records, deadline)
        if self._closed:
            return []
        if found:
            self._idle.clear()
        else:
            await self._tell()
        await self._watchdog.look(self._kafka, self._joined.is_set(), bool(found), self._unread)
        return found

    async def commit(self) -> None:
        """See the port. The broker is told once a second, when there is nothing to read, and at the end.

        What it was not told of comes again after a crash, and so does what it is told too late.
        """
        self._check_open()
        self._done |= self._nexts
        self._forget()
        try:
            if asyncio.get_running_loop().time() - self._told_at >= TELL_EVERY_S:
                await self._tell()
        finally:
            self._idle.set()

    async def rewind(self) -> None:
        """See the port."""
        self._check_open()
        for lane, start in self._starts.items():
            if lane in self._kafka.assignment():
                self._kafka.seek(lane, start)
        self._forget()
        self._gone.look_again()
        self._idle.set()

    async def lag(self) -> Mapping[str, int]:
        """See the port. Counts the partitions that are this consumer's own.

        Raises BusUnavailable, and UnknownTopic while a topic is missing: it would count as read to its end.
        """
        self._check_open()
        for topic in self.topics:
            if not self._kafka.partitions_for_topic(topic):
                raise unknown_topic(topic)
        return await self._behind(self._starts)

    async def close(self) -> None:
        """See the port. Twice is no harm."""
        if self._closed:
            return
        self._closed = True
        self._idle.set()
        self._joined.set()
        self._gone.close()
        self._bus.forget(self)
        with suppress(BusUnavailable):  # It comes again.
            await self._tell(CLOSE_LIMIT_S)
        await leave(self._kafka)

    # ------------------------------------------------------------------------------- what the group calls

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """The group is shared out anew: finish what is being worked on, within bounds, and let go."""
        if self._joined.is_set() and (why := why_put_out(self._kafka)):
            self._log.warning(why)
            metrics.put_out.labels(self._group).inc()
        self._joined.clear()
        self._watchdog.pause()
        try:
            async with asyncio.timeout(self._drain_s):
                await self._idle.wait()
        except TimeoutError:
            self._log.warning("gave partitions up with a batch still in work after %s s", self._drain_s)
        with suppress(BusUnavailable):  # It comes again, to whoever gets them.
            await self._tell()
        self._done.clear()
        self._forget()

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """These are ours from now on, from what is committed on."""
        self._forget()
        self._reading.begin_anew()
        self._gone.look_again()
        self._joined.set()

    # ------------------------------------------------------------------------------------------------------

    async def _unread(self) -> Mapping[str, int]:
        return await self._behind({})

    async def _behind(self, starts: Mapping[TopicPartition, int]) -> Mapping[str, int]:
        """For each topic, the records beyond `starts`; where that says nothing, beyond what was polled."""
        behind = dict.fromkeys(self.topics, 0)
        async with self._cluster.reaching("say where its topics end", ASK_LIMIT_S):
            await self._joined.wait()
            with suppress(IllegalStateError):  # The group was shared out anew meanwhile.
                ends = await self._kafka.end_offsets(list(self._kafka.assignment()))
                for lane, end in ends.items():
                    at = await self._kafka.position(lane)
                    behind[lane.topic] += max(0, end - starts.get(lane, at))
        return behind

    async def _take(self, max_records: int, deadline: float) -> list[Delivery]:
        check_tasks(self._kafka)
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._joined.wait()
        left_s = max(0.0, deadline - loop.time())
        if not self._joined.is_set() or self._closed:
            return []
        if beyond := await self._gone.look(self._kafka, self._done):
            self._done |= beyond
            await self._tell()  # So that nobody counts what is gone again.
        found: list[Delivery] = []
        async with self._cluster.reaching("give what there is to read", None):
            with suppress(ConsumerStoppedError):
                found = await self._take_fairly(max_records)
                if not found:
                    await self._reading.wait(left_s)
                    found = await self._take_fairly(max_records)
        return found

    async def _take_fairly(self, max_records: int) -> list[Delivery]:
        """What is in memory: an equal share of each partition, then the rest; each time another begins."""
        lanes = sorted(self._kafka.assignment())
        if not lanes:
            return []
        self._turn += 1
        first, share = self._turn % len(lanes), max(1, max_records // len(lanes))
        found: list[Delivery] = []
        rich = [
            lane
            for lane in lanes[first:] + lanes[:first]
            if len(found) < max_records and await self._take_from(lane, share, found)
        ]
        for lane in rich:
            if left := max_records - len(found):
                await self._take_from(lane, left, found)
        return found

    async def _take_from(self, lane: TopicPartition, most: int, found: list[Delivery]) -> bool:
        """Add what is in memory of one partition, up to `most`. Returns whether there may be more of it."""
        some = await self._reading.take(lane, most)
        self._note(lane, some)
        found += some
        return len(some) == most

    def _note(self, lane: TopicPartition, some: Sequence[Delivery]) -> None:
        if some:
            self._starts.setdefault(lane, some[0].offset)
            self._nexts[lane] = some[-1].offset + 1

    async def _tell(self, limit_s: float = ASK_LIMIT_S) -> None:
        """Let the broker know what is done. Raises BusUnavailable."""
        offsets, self._done = self._done, {}
        self._told_at = asyncio.get_running_loop().time()
        if not offsets:
            return
        async with self._cluster.reaching("note how far this consumer has read", limit_s):
            try:
                await self._kafka.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                self._log.warning("a commit came too late, its records come again")

    def _forget(self) -> None:
        self._starts.clear()
        self._nexts.clear()

    def _check_open(self) -> None:
        self._bus.check_open()
        if self._closed:
            raise BusUnavailable("This consumer is closed; subscribe again.")


def _client(cluster: Cluster, group: str, member: str | None, drain_s: float) -> Any:
    return AIOKafkaConsumer(
        **cluster.client(),
        group_id=group_of(group),
        group_instance_id=member,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
        metadata_max_age_ms=METADATA_MS,
        max_poll_interval_ms=MAX_WORK_MS,
        rebalance_timeout_ms=int((drain_s + 5) * 1000),
        request_timeout_ms=int((drain_s + 10) * 1000),  # A join is answered after the others have drained.
    )
