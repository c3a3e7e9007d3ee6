"""Makes the topics on Kafka as the contracts want them, once or again, and says what it did to each."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from shared.bus.kafka_cluster import UNKNOWN_TOPIC, Cluster, group_of
from shared.bus.port import RECORD_BYTES_MAX, BusUnavailable

LIMIT_S: Final = 30.0
_SEGMENT: Final = timedelta(days=1)  # Kafka deletes only what is closed: without this, twice as late.
_OVERHEAD_BYTES: Final = 64 * 1024
_COMING_UP_S: Final = 10.0
_ALREADY_THERE: Final = 36
_TOO_FEW_BROKERS: Final = 38
_SET_FOR_THE_TOPIC: Final = 1  # Where a setting comes from, in Kafka's protocol.


class TopicNotDrained(Exception):
    """A topic's partitions can not be changed now; the message says why and what to do."""


class TooFewCopies(Exception):
    """A topic lies on fewer brokers than it should, which Baton can not change; the message says what can."""


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """How topics are kept. `copies_in_sync`: how many must have a record before it is acknowledged."""

    copies: int
    copies_in_sync: int
    kept: timedelta

    def configs(self) -> dict[str, str]:
        """In Kafka's words."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(int(self.kept.total_seconds() * 1000)),
            "segment.ms": str(int(_SEGMENT.total_seconds() * 1000)),
            "min.insync.replicas": str(self.copies_in_sync),
            "max.message.bytes": str(RECORD_BYTES_MAX + _OVERHEAD_BYTES),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """How one topic is now: `partitions` is 0 if it is missing, `copies` are the fewest of any partition."""

    topic: str
    partitions: int
    copies: int
    configs: Mapping[str, str]

    def differs(self, settings: TopicSettings) -> dict[str, str]:
        """The settings that are otherwise."""
        return {name: value for name, value in settings.configs().items() if self.configs.get(name) != value}


class Topics:
    """The topics of one cluster. `readers`: for each topic, the groups that must have read it to its end."""

    def __init__(
        self, cluster: Cluster, settings: TopicSettings, readers: Mapping[str, Sequence[str]]
    ) -> None:
        self._cluster, self._settings, self._readers = cluster, settings, readers

    async def find(self) -> list[Finding]:
        """How the topics are now. Raises BusUnavailable, WrongCluster."""
        await self._cluster.check([])
        async with self._cluster.reaching("describe its topics", LIMIT_S), self._cluster.admin() as admin:
            described = await admin.describe_topics(list(self._readers))
            there_or_missing = (0, UNKNOWN_TOPIC)
            answers = [(topic["topic"], topic["error_code"]) for topic in described]
            _raise_for("describe a topic", [one for one in answers if one[1] not in there_or_missing])
            return [
                Finding(
                    topic["topic"], len(topic["partitions"]), _copies(topic), await _configs(admin, topic)
                )
                for topic in sorted(described, key=lambda one: list(self._readers).index(one["topic"]))
            ]

    def lacks(self, finding: Finding) -> list[str]:
        """What is not as it should be, in sentences."""
        if not finding.partitions:
            return ["is missing"]
        lacking = [self._on_too_few(finding)] if self._has_too_few(finding) else []
        lacking += [f"{name} is not {value}" for name, value in finding.differs(self._settings).items()]
        if finding.partitions != self._cluster.partitions:
            lacking.append(f"has {finding.partitions} partitions, not {self._cluster.partitions}")
        return lacking

    async def check_drained(self, findings: Sequence[Finding], *, all_stopped: bool) -> None:
        """Raises TopicNotDrained unless all topics whose partitions differ may change; BusUnavailable."""
        for finding in findings:
            if finding.partitions not in {0, self._cluster.partitions}:
                await self._check_drained(finding, all_stopped)

    def check_copies(self, findings: Sequence[Finding]) -> None:
        """Raises TooFewCopies for a topic on fewer brokers than it should be: it might take no event."""
        for finding in findings:
            if self._has_too_few(finding):
                raise TooFewCopies(f"{finding.topic} {self._on_too_few(finding)}")

    async def mend(self, finding: Finding) -> list[str]:
        """Bring one topic into shape, partitions too; what was done, in sentences. Raises BusUnavailable."""
        if not finding.partitions:
            await create_topics(self._cluster, [finding.topic], self._settings)
            return [f"made with {self._cluster.partitions} partitions"]
        done = []
        if finding.partitions != self._cluster.partitions:
            await self._add_partitions(finding.topic)
            done.append(f"{finding.partitions} partitions became {self._cluster.partitions}")
        if different := finding.differs(self._settings):
            await self._set(finding, different)
            done += [f"{name} is now {value}" for name, value in different.items()]
        return done

    def _has_too_few(self, finding: Finding) -> bool:
        return 0 < finding.copies < self._settings.copies

    def _on_too_few(self, finding: Finding) -> str:
        return (
            f"is on {finding.copies} of {self._settings.copies} brokers: give it the others with Kafka's own "
            f"kafka-reassign-partitions.sh, or set BATON_TOPIC_COPIES to {finding.copies}"
        )

    async def _check_drained(self, finding: Finding, all_stopped: bool) -> None:
        name, wanted = finding.topic, self._cluster.partitions
        if wanted < finding.partitions:
            raise TopicNotDrained(
                f"{name} has {finding.partitions} partitions, and Kafka can not take any away: "
                f"set BATON_BUS_PARTITIONS to at least {finding.partitions}."
            )
        for group in self._readers[name]:
            if unread := await self._unread(finding, group):
                raise TopicNotDrained(
                    f"{name} can not get {wanted} partitions while {group} has {unread} events to read: "
                    "keys would move and lose their order. Let the services read them, with "
                    f"BATON_BUS_PARTITIONS={finding.partitions}, then stop every process and try again."
                )
        if not all_stopped:
            raise TopicNotDrained(
                f"{name} is read to its end, but whether somebody still speaks on it can not be seen from "
                "here. Stop every process, then say --all-stopped. What waits in outboxes comes afterwards."
            )

    async def _unread(self, finding: Finding, group: str) -> int:
        """How many records of a topic a group has not committed."""
        lanes = [TopicPartition(finding.topic, number) for number in range(finding.partitions)]
        async with self._cluster.reaching("say how far its topics are read", LIMIT_S):
            reader = AIOKafkaConsumer(**self._cluster.client())
            try:
                await reader.start()
                begin, end = await reader.beginning_offsets(lanes), await reader.end_offsets(lanes)
            finally:
                await reader.stop()
            async with self._cluster.admin() as admin:
                committed = await admin.list_consumer_group_offsets(group_of(group), partitions=lanes)
        return sum(end[lane] - max(begin[lane], committed[lane].offset) for lane in lanes)

    async def _add_partitions(self, name: str) -> None:
        wanted = {name: NewPartitions(self._cluster.partitions)}
        async with self._cluster.reaching("add partitions", LIMIT_S), self._cluster.admin() as admin:
            answer = await admin.create_partitions(wanted)
            _raise_for(f"add partitions to {name}", answer.topic_errors)

    async def _set(self, finding: Finding, different: Mapping[str, str]) -> None:
        # This request replaces all that is set for the topic, so what somebody else has set is given too.
        configs = {**finding.configs, **different}
        resource = ConfigResource(ConfigResourceType.TOPIC, finding.topic, configs=configs)
        async with (
            self._cluster.reaching("change a topic's settings", LIMIT_S),
            self._cluster.admin() as admin,
        ):
            for answer in await admin.alter_configs([resource]):
                _raise_for("change a topic's settings", [(r[3], r[0], r[1]) for r in answer.resources])


async def create_topics(
    cluster: Cluster, names: Sequence[str], settings: TopicSettings, others: Mapping[str, str] | None = None
) -> None:
    """Make topics that are not there yet; `others`: more of Kafka's own settings. Raises BusUnavailable."""
    configs, count = {**settings.configs(), **(others or {})}, cluster.partitions
    new = [NewTopic(name, count, settings.copies, topic_configs=configs) for name in names]
    async with cluster.reaching("create topics", LIMIT_S), cluster.admin() as admin:
        until = asyncio.get_running_loop().time() + _COMING_UP_S
        while True:
            answer = await admin.create_topics(new, timeout_ms=int(LIMIT_S * 1000))
            codes = {code for _, code, *_ in answer.topic_errors}
            if codes != {_TOO_FEW_BROKERS} or asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(0.2)  # noqa: TID251  # A broker that has just started does not count yet.
        # Somebody else may have made one since we looked: it is there, and that is what was asked for.
        _raise_for("create a topic", [one for one in answer.topic_errors if one[1] != _ALREADY_THERE])
        while True:  # The brokers hear of it one after another.
            if not any(topic["error_code"] for topic in await admin.describe_topics(list(names))):
                return
            await asyncio.sleep(0.02)  # noqa: TID251


def _copies(topic: Mapping[str, Any]) -> int:
    return min((len(partition["replicas"]) for partition in topic["partitions"]), default=0)


async def _configs(admin: Any, topic: Mapping[str, Any]) -> dict[str, str]:
    """What is set for this topic itself, not by the broker for all."""
    if topic["error_code"]:
        return {}
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic["topic"])])
    code, why, _, name, entries = answer.resources[0]
    _raise_for("say how a topic is kept", [(name, code, why)])
    return {entry[0]: entry[1] for entry in entries if entry[3] == _SET_FOR_THE_TOPIC}


def _raise_for(what: str, answers: Sequence[Sequence[Any]]) -> None:
    for name, code, *why in answers:
        if code:
            raise BusUnavailable(
                f"Kafka could not {what} ({name}): {why[0] if why else for_code(code).__name__}"
            )
