"""Where scoring is put together."""

from typing import Final

from services.scoring import handlers
from services.scoring.domain.policy import READS
from services.scoring.settings import Settings
from services.scoring.tables import messaging
from shared.bus.port import Bus
from shared.contracts import ingest, recycle, routing
from shared.db.database import Database
from shared.runtime.clock import Clock
from shared.runtime.service import Agreements, Service

HEARS: Final = (ingest.TOPIC, routing.TOPIC, recycle.TOPIC)


def create_service(
    settings: Settings, *, bus: Bus, clock: Clock, agreements: Agreements, database: Database
) -> Service:
    """Scoring: hears ingest, routing and recycle; has no clocks and no errands of its own."""
    return Service(
        name="scoring",
        database=database,
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=agreements,
        hears=HEARS,
        reads={contract.name(): contract for contract in READS},
        on_events=handlers.on_events,
    )
