"""Notices a Kafka consumer that has stopped without saying so, as it can after a broker's restart."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiokafka.errors import BrokerResponseError, kafka_errors

from shared.bus.port import ConsumerStuck

STUCK_S: Final = 30.0
"""How long records may wait without one being read, or a consumer be without a place in its group."""
_LOOKS: Final = 6
"""How often it asks for the lag in that time."""
_SAME_NAME: Final = "another process has the same BATON_MEMBER: give each process of a service its own"


class MemberFenced(BrokerResponseError):  # type: ignore[misc]  # aiokafka has no types
    """Kafka's word for a member whose name another has taken; aiokafka knows only the number."""

    errno, message = 82, "FENCED_INSTANCE_ID"

    def __repr__(self) -> str:
        return _SAME_NAME


kafka_errors.setdefault(MemberFenced.errno, MemberFenced)


class Watchdog:
    """Watches one consumer. A group that is merely shared among others is no reason to bark."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s, self._look_every_s = stuck_s, stuck_s / _LOOKS
        self._behind_since: float | None = None
        self._outside_since: float | None = None
        self._looked_at = asyncio.get_running_loop().time()

    def pause(self) -> None:
        """The group is being shared out anew: what was seen before does not count."""
        self._behind_since = None

    async def look(
        self, kafka: Any, joined: bool, found: bool, lag: Callable[[], Awaitable[Mapping[str, int]]]
    ) -> None:
        """Raises ConsumerStuck if this consumer will not go on by itself."""
        now = asyncio.get_running_loop().time()
        if found:
            self._behind_since = self._outside_since = None
        elif not joined:
            self._outside_since = self._outside_since or now
            self._bark(now - self._outside_since, "without a place in its group")
        elif now - self._looked_at >= self._look_every_s:
            self._looked_at, self._outside_since = now, None
            waiting = sum((await lag()).values())
            self._behind_since = (self._behind_since or now) if waiting else None
            if self._behind_since is not None:
                self._bark(now - self._behind_since, f"with {waiting} records to read and none read")

    def _bark(self, for_s: float, what: str) -> None:
        if for_s >= self._stuck_s:
            raise ConsumerStuck(f"This consumer was {what} for {for_s:.0f} s: it must be replaced.")


def check_tasks(kafka: Any) -> None:
    """Raises ConsumerStuck if a task in the background has died, which only private futures show.

    Look before each read: aiokafka would raise in the reader what ended the task, even a cancellation.
    """
    for name, task in (
        ("fetch", kafka._fetcher._fetch_task),
        ("group", kafka._coordinator._coordination_task),
    ):
        if task.done():
            raise ConsumerStuck(f"This consumer's {name} task has ended: it must be replaced.")


def why_put_out(kafka: Any) -> str | None:
    """Why the group does not know this consumer any more, as far as one can tell; None while it does."""
    if kafka._coordinator.member_id:
        return None
    silent = "it was put out of its group, and joins anew: it was silent for too long"
    return f"{silent}, or {_SAME_NAME}" if kafka._coordinator._group_instance_id else silent
