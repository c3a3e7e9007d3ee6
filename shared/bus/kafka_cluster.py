"""A Kafka cluster as Baton sees it: where it is, which one it must be, and how its topics must be cut."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.partitioner import murmur2

from shared.bus.kafka_access import OPEN, Access
from shared.bus.port import PARTITIONS, BusUnavailable, PartitionsDiffer, UnknownTopic, WrongCluster

KAFKA: Final = "kafka://"
CHECK_LIMIT_S: Final = 5.0
UNKNOWN_TOPIC: Final = 3
_CLOSES: Final = (
    "it closes the connection; look whether BATON_BUS_TLS, BATON_BUS_USER and BATON_BUS_CERT_FILE are set as "
    "it wants them"
)


def servers_of(url: str) -> tuple[str, ...]:
    """The host:port of each broker in `kafka://one:9092,two:9092`. Raises ValueError with a sentence."""
    servers = tuple(part.strip() for part in url.removeprefix(KAFKA).rstrip("/").split(","))
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or "@" in host or not port.isdecimal() or not 0 < int(port) < 65536:
            # Not with the address: it may hold a password.
            raise ValueError("Where Kafka is can not be understood: write kafka://host:9092,other:9092.")
    return servers


def group_of(service: str) -> str:
    """The name of its group on Kafka. Whoever shares the cluster may have a group `routing` too."""
    return f"baton.{service}"


def partition_of(key: bytes, partitions: int) -> int:
    """Where a key's records go: as Kafka's own clients do it, so that others may publish beside us."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions  # type: ignore[no-any-return]  # aiokafka has no types


def unknown_topic(name: str) -> UnknownTopic:
    """What to raise for a topic that is missing."""
    return UnknownTopic(f"Kafka has no topic {name}: run `baton topics`.")


def is_for_us() -> bool:
    """Whether the cancellation that arrives is this task's own, not that of a task of aiokafka's."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _is_gone(why: KafkaError | OSError) -> bool:
    """Whether nobody was there to say more."""
    return isinstance(why, OSError) and not isinstance(why, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where Kafka is, how to get in, and what it must look like. `cluster_id`: if given, the only one."""

    servers: tuple[str, ...]
    partitions: int = PARTITIONS
    cluster_id: str | None = None
    access: Access = OPEN

    def client(self) -> dict[str, Any]:
        """What every client of aiokafka is told. Raises OSError for files that can not be read."""
        return {"bootstrap_servers": list(self.servers), **self.access.arguments()}

    @asynccontextmanager
    async def reaching(self, what: str, limit_s: float | None) -> AsyncIterator[None]:
        """Turn every failure to do `what` into BusUnavailable, and a wait of more than `limit_s` too."""
        where = f"Kafka at {','.join(self.servers)}"
        try:
            async with asyncio.timeout(limit_s):
                yield
        except TimeoutError as late:
            raise BusUnavailable(f"{where} did not {what} within {limit_s or 0:g} s.") from late
        except KafkaError as error:  # Which says its own name.
            raise BusUnavailable(f"{where} could not {what}: {error}") from error
        except OSError as error:
            raise BusUnavailable(f"{where} could not {what}: {type(error).__name__}: {error}") from error
        except asyncio.CancelledError as cancelled:
            if is_for_us():
                raise
            raise BusUnavailable(f"{where} could not {what}: its client has ended.") from cancelled

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """A short-lived client for asking about the cluster and changing it. Raises KafkaError."""
        client = AIOKafkaAdminClient(**self.client())
        try:
            await self._start(client)
            yield client
        finally:
            await client.close()

    async def check(self, topics: Iterable[str]) -> None:
        """Raises WrongCluster, UnknownTopic or PartitionsDiffer unless it is as expected; BusUnavailable."""
        async with self.reaching("describe its topics", CHECK_LIMIT_S), self.admin() as admin:
            if self.cluster_id is not None:
                self._compare((await admin.describe_cluster())["cluster_id"])
            for topic in await admin.describe_topics(list(topics)):
                self._check_topic(topic["topic"], topic["error_code"], len(topic["partitions"]))

    async def _start(self, client: AIOKafkaAdminClient) -> None:
        try:
            await client.start()
        except KafkaConnectionError as nobody:
            raise await self._why() from nobody

    async def _why(self) -> KafkaError | OSError:
        """What brokers say to a connection: a client that finds none says only which it tried."""
        found = [await self._said_by(server) for server in self.servers]
        return next((why for why in found if not _is_gone(why)), found[0])

    async def _said_by(self, server: str) -> KafkaError | OSError:
        host, _, port = server.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), **self.access.arguments())
            connection.close()
        except (KafkaConnectionError, ConnectionResetError):
            pass
        except (KafkaError, OSError) as why:
            return why
        return KafkaConnectionError(_CLOSES)

    def _compare(self, found: str) -> None:
        if found != self.cluster_id:
            raise WrongCluster(
                f"The Kafka at {','.join(self.servers)} is cluster {found}, not {self.cluster_id}: "
                "correct the address, or the setting if you moved on purpose."
            )

    def _check_topic(self, name: str, error_code: int, partitions: int) -> None:
        if error_code == UNKNOWN_TOPIC:
            raise unknown_topic(name)
        if not error_code and partitions != self.partitions:
            raise PartitionsDiffer(
                f"The topic {name} has {partitions} partitions, the setting says {self.partitions}. If every "
                f"topic has {partitions}, set BATON_BUS_PARTITIONS to {partitions}; else stop every process, "
                "run `baton topics` with the greatest number that a topic has, and start them with it."
            )
