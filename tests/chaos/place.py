"""The grown Baton of the kill tests: a broker, a PostgreSQL and four services, each of which can die."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.kafka.broker import Broker
from deploy.processes import database_variable
from services.ingest.app import HEARS as INGEST
from services.recycle.app import HEARS as RECYCLE
from services.routing.app import HEARS as ROUTING
from services.scoring.app import HEARS as SCORING
from shared.agreement import load
from shared.bus.kafka_cluster import group_of
from shared.bus.port import PARTITIONS
from shared.contracts import TOPICS
from tests.chaos.books import Books
from tests.chaos.outside import Outside
from tests.processes import Grown, grown
from tests.servers.kafka import kafka_broker
from tests.servers.postgres import Cluster, postgres_cluster

AGREEMENT: Final = Path(__file__).parent / "agreement.yaml"
AUDIT_GRACE_S: Final = 5
HEARS: Final = {"ingest": INGEST, "scoring": SCORING, "routing": ROUTING, "recycle": RECYCLE}


class Mortal(Protocol):
    """What a fault can hit: a service's process, the broker, the database server. It keeps its address."""

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


@dataclass(slots=True)
class Place:
    """Everything that runs, and what can be seen of it."""

    baton: Grown
    broker: Broker
    postgres: Cluster
    outside: Outside
    books: Books

    def mortal(self, name: str) -> Mortal:
        """Who has this name: `kafka`, `postgres`, or a service."""
        if name == "kafka":
            return self.broker
        if name == "postgres":
            return self.postgres
        return next(process for service, process in self.baton.processes.items() if service == name)

    async def backlog(self) -> int:
        """How many events wait to be published or read."""
        outboxes = await asyncio.to_thread(self.books.waiting)
        return sum(one.outbox for one in outboxes.values()) + await _unread(self.broker.address)

    async def is_quiet(self) -> bool:
        """Whether nothing is left to publish, to read or to tell, and nothing is due soon."""
        return await asyncio.to_thread(self._nothing_waits) and not await _unread(self.broker.address)

    def _nothing_waits(self) -> bool:
        soon = datetime.now(UTC) + timedelta(minutes=1)
        return not any(
            one.outbox or one.errands_waiting or (one.next_due_at is not None and one.next_due_at < soon)
            for one in self.books.waiting().values()
        )


async def _unread(address: str) -> int:
    """Events that a service has not both read and committed."""
    admin, reader = (
        AIOKafkaAdminClient(bootstrap_servers=address),
        AIOKafkaConsumer(bootstrap_servers=address),
    )
    try:
        await asyncio.gather(admin.start(), reader.start())
        lanes = [TopicPartition(topic, number) for topic in TOPICS for number in range(PARTITIONS)]
        ends, unread = await reader.end_offsets(lanes), 0
        for service, hears in HEARS.items():
            done = await admin.list_consumer_group_offsets(group_of(service))
            unread += sum(
                ends[lane] - (done[lane].offset if lane in done else 0)
                for lane in lanes
                if lane.topic in hears
            )
        return unread
    finally:
        await asyncio.gather(admin.close(), reader.stop())


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """All of it, running, with a roster; gone at the end. Raises BrokerUnavailable, PostgresUnavailable."""
    outside = Outside()
    await outside.open()
    try:
        with tempfile.TemporaryDirectory(prefix="baton-chaos-") as name, postgres_cluster() as postgres:
            folder = Path(name)
            with (
                kafka_broker(folder) as broker,
                _baton(folder, broker, postgres, outside) as baton,
                closing(_books(baton)) as books,
            ):
                yield Place(baton, broker, postgres, outside, books)
    finally:
        await outside.close()


@contextmanager
def _baton(folder: Path, broker: Broker, postgres: Cluster, outside: Outside) -> Iterator[Grown]:
    url = postgres.address.replace("postgresql://", "postgresql+psycopg://")
    settings = {
        "BATON_MEMBER": "first",
        "BATON_RECYCLE_AUDIT_GRACE_S": str(AUDIT_GRACE_S),
        **outside.settings(),
    }
    bus = f"kafka://{broker.address}"
    with grown(folder / "files", bus, url, agreement=AGREEMENT, **settings) as baton:
        outside.meet(baton)
        baton.start()
        kind = {"content-type": "text/csv"}
        sent = baton.call("routing", "POST", "/v1/roster", content=outside.roster(), headers=kind)
        assert sent.is_success, sent.text
        yield baton


def _books(baton: Grown) -> Books:
    told = baton.settings
    return Books(load(AGREEMENT), told["BATON_BUS_URL"], lambda service: told[database_variable(service)])
