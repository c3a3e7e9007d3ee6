"""Where routing is put together."""

from functools import partial
from typing import Final

from services.routing import handlers
from services.routing.domain.hear import READS
from services.routing.gateway import RepMessages
from services.routing.settings import Settings
from services.routing.tables import messaging
from shared.bus.port import Bus
from shared.contracts import ingest, recycle, routing, scoring
from shared.db.database import Database
from shared.runtime.clock import Clock
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Agreements, Service

# Its own topic too: what became of a lead that was merged away may be told by routing to routing.
HEARS: Final = (ingest.TOPIC, scoring.TOPIC, routing.TOPIC, recycle.TOPIC)


def create_service(
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock,
    agreements: Agreements,
    database: Database,
    outgoing: Outgoing | None = None,
) -> Service:
    """Routing: hears everybody, has clocks, and tells reps through `outgoing`."""
    secret = settings.notify_secret.get_secret_value() if settings.notify_secret else None
    messages = RepMessages(outgoing or Outgoing(clock), secret)
    return Service(
        name="routing",
        database=database,
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=agreements,
        hears=HEARS,
        reads={contract.name(): contract for contract in READS},
        on_events=handlers.on_events,
        on_timers=partial(handlers.on_timers, agreements=agreements),
        on_answer=handlers.on_answer,
        run_errand=messages.run,
        on_agreement=handlers.on_agreement,
        still_held=handlers.still_held,
    )
