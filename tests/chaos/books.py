"""Everything that a Baton has written down, read from outside: its databases and its bus."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.processes import SERVICES
from deploy.virtual.drive import drive
from services.ingest.tables import messaging as ingest
from services.recycle.tables import messaging as recycle
from services.routing.tables import messaging as routing
from services.scoring.tables import messaging as scoring
from shared.agreement import Agreement
from shared.bus.open import create_bus
from shared.bus.port import Delivery
from shared.contracts import BY_NAME, TOPICS
from shared.contracts.envelope import Heard
from shared.db.database import Database
from shared.runtime.overview import Overview, overview
from shared.runtime.tx import Tx
from tests.simulation.findings import events_of

T = TypeVar("T")
MESSAGING: Final = {"ingest": ingest, "scoring": scoring, "routing": routing, "recycle": recycle}


@dataclass(slots=True)
class Books:
    """`database_url`: of a service. `bus_url`: of the bus between them."""

    agreement: Agreement
    bus_url: str
    database_url: Callable[[str], str]
    _databases: dict[str, Database] = field(default_factory=dict)

    def read(self, service: str, work: Callable[[Tx], T]) -> T:
        """Read in a service's database. Raises DatabaseUnavailable."""
        if service not in self._databases:
            self._databases[service] = Database(self.database_url(service), inline=True)
        now, tables = datetime.now(UTC), MESSAGING[service]
        return drive(
            self._databases[service].read(lambda conn: work(Tx(conn, now, service, self.agreement, tables)))
        )

    def waiting(self) -> dict[str, Overview]:
        """What waits in every service."""
        return {service: self.read(service, overview) for service in SERVICES}

    async def said(self) -> list[Heard[Any]]:
        """Every event on the bus that is one."""
        bus = create_bus(self.bus_url)
        found: list[Delivery] = []
        try:
            consumer = await bus.subscribe(TOPICS, "findings")
            count = sum((await consumer.lag()).values())
            while len(found) < count:
                found += await consumer.poll(max_records=5000, timeout_s=1)
        finally:
            await bus.close()
        return events_of(one for one in found if _type(one.record.headers) in BY_NAME)

    def close(self) -> None:
        """Let go of the databases."""
        for database in self._databases.values():
            database.close()


def figure(metrics: httpx.Response, name: str) -> float:
    """What the /metrics of a process say under a name, over all labels."""
    families = text_string_to_metric_families(metrics.raise_for_status().text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def _type(headers: tuple[tuple[str, bytes], ...]) -> str:
    return next((value.decode("utf-8", "replace") for name, value in headers if name == "ce_type"), "")
