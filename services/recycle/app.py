"""Where recycle is put together."""

from datetime import timedelta
from typing import Final

from services.recycle import handlers
from services.recycle.domain.story import TOLD
from services.recycle.gateway import create_errands
from services.recycle.handlers import Auditor
from services.recycle.settings import Settings
from services.recycle.tables import messaging
from shared.bus.port import Bus
from shared.contracts import TOPICS
from shared.contracts.envelope import Event
from shared.contracts.routing import RepChanged
from shared.db.database import Database
from shared.runtime.clock import Clock
from shared.runtime.outgoing import Outgoing, Post
from shared.runtime.service import Agreements, Service

HEARS: Final = TOPICS
"""All of them, its own too: what recycle says gets into the ledger as what others say does, by being heard.
So there is one way in, and what was decided but never published shows as the hole that it is for everyone."""
BATCH_MAX: Final = 2000
"""It hears of a lead as much as all others together: what comes at once is one load and one save."""
GATHERS_S: Final = 0.2
"""A lead is captured, offered and assigned within this time, and nobody waits for recycle to hear of it."""
READS: Final[tuple[type[Event], ...]] = (*TOLD, RepChanged)


def create_service(
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock,
    agreements: Agreements,
    database: Database,
    outgoing: Post | None = None,
) -> Service:
    """Recycle: hears everything, asks nurture tools, audits. `outgoing`: who calls out, if not over HTTP."""
    grace, again_after = (
        timedelta(seconds=s) for s in (settings.audit_grace_s, settings.audit_again_after_s)
    )
    auditor = Auditor(grace, again_after, clock.now())
    service = Service(
        name="recycle",
        database=database,
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=agreements,
        hears=HEARS,
        reads={contract.name(): contract for contract in READS},
        batch_max=BATCH_MAX,
        gathers_s=GATHERS_S,
        on_events=handlers.on_events,
        on_timers=handlers.on_timers,
        on_answer=handlers.on_answer,
        on_idle=auditor.audit,
        still_held=handlers.still_held,
    )
    service.run_errand = create_errands(service, settings.destinations, outgoing or Outgoing(clock))
    return service
