"""Notices events that Kafka deleted before a group had handled them: a consumer goes on as if nothing was."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from shared.bus import metrics
from shared.bus.kafka_cluster import CHECK_LIMIT_S, Cluster
from shared.bus.port import BusUnavailable

Log = logging.LoggerAdapter[logging.Logger]

_CERTAIN: Final = (
    "%d events of %s/%d, from offset %d on, were deleted before this service had handled them; "
    "docs/operations.md says what to do"
)
_POSSIBLE: Final = (
    "Kafka does not know how far this service was: %d events of %s/%d, from offset %d on, were deleted, and "
    "what it had not handled of them is gone; docs/operations.md says what to do"
)


class _Deleted(NamedTuple):
    """Which events are gone of a partition; is it certain that the group had handled none of them?"""

    offsets: range
    is_certain: bool


class Gone:
    """Looks for a consumer, when it begins or begins again, whether all that it is to read is still there."""

    def __init__(self, cluster: Cluster, group: str, log: Log) -> None:
        self._cluster, self._group, self._log = cluster, group, log
        self._must_look = True
        self._looking: asyncio.Task[dict[TopicPartition, _Deleted]] | None = None
        self._closed = False

    def look_again(self) -> None:
        """It will read from where its group, or itself, had stopped."""
        self._must_look = True

    async def look(self, kafka: Any, done: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Say what is gone; where to go on, in the partitions it is gone from. Raises BusUnavailable.

        `done`: how far the consumer is where Kafka was not told yet.
        """
        if not self._must_look:
            return {}
        self._must_look = False
        self._looking = asyncio.create_task(_find(kafka, done))
        try:
            async with self._cluster.reaching("say where its topics begin", CHECK_LIMIT_S):
                gone = await self._looking
        except BusUnavailable:
            if self._closed:
                return {}
            raise
        self._say(gone)
        return {lane: found.offsets.stop for lane, found in gone.items()}

    def close(self) -> None:
        """Look no more: once its consumer is closed, a look would ask again and again."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()

    def _say(self, gone: Mapping[TopicPartition, _Deleted]) -> None:
        for lane, (offsets, is_certain) in gone.items():
            metrics.gone.labels(self._group, lane.topic).inc(len(offsets))
            said = _CERTAIN if is_certain else _POSSIBLE
            self._log.error(said, len(offsets), lane.topic, lane.partition, offsets.start)


async def _find(kafka: Any, done: Mapping[TopicPartition, int]) -> dict[TopicPartition, _Deleted]:
    gone = {}
    with suppress(IllegalStateError):  # The group was shared out anew meanwhile.
        for lane, begin in (await kafka.beginning_offsets(list(kafka.assignment()))).items():
            start = done.get(lane, await kafka.committed(lane))
            # Kafka forgets it a week after a group's last member left, which is when events go too.
            if (start or 0) < begin:
                gone[lane] = _Deleted(range(start or 0, begin), start is not None)
    return gone
