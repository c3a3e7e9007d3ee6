"""Where scoring is put together."""

from datetime import timedelta
from functools import partial
from typing import Final

from services.scoring.domain import policy
from services.scoring.handlers.events import on_agreement, on_events, on_timers
from services.scoring.handlers.forgetting import forget
from services.scoring.settings import Settings
from services.scoring.tables import messaging
from shared.bus.port import Bus
from shared.contracts import ingest, recycle, routing
from shared.contracts.envelope import Event
from shared.db.database import Database
from shared.runtime.clock import Clock
from shared.runtime.service import Agreements, Service

HEARS: Final = (ingest.TOPIC, routing.TOPIC, recycle.TOPIC)
READS: Final[tuple[type[Event], ...]] = (*policy.READS, ingest.AccountUpdated)


def create_service(
    settings: Settings, *, bus: Bus, clock: Clock, agreements: Agreements, database: Database
) -> Service:
    """Scoring: hears ingest, routing and recycle; lets leads cool; has no errands of its own."""
    return Service(
        name="scoring",
        database=database,
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=agreements,
        hears=HEARS,
        reads={contract.name(): contract for contract in READS},
        on_events=on_events,
        on_timers=on_timers,
        on_agreement=on_agreement,
        on_idle=partial(forget, timedelta(days=settings.history_days)),
    )
