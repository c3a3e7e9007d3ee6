"""Where routing is put together."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from pydantic import SecretStr

from services.routing import handlers
from services.routing.domain.crm import CONTRACTS, DESTINATION
from services.routing.domain.steps.hear import READS
from services.routing.gateway import Calendars, Chat, Crm, Doors, Mailer, Telling
from services.routing.gateway.calendars import DESTINATION as CALENDARS
from services.routing.settings import Settings
from services.routing.tables import messaging
from shared.bus.port import Bus
from shared.contracts import ingest, recycle, routing, scoring
from shared.contracts.envelope import Event, Heard
from shared.db.database import Database
from shared.runtime.clock import Clock
from shared.runtime.outgoing import Outgoing, Post
from shared.runtime.service import Agreements, Answer, DueErrand, Service
from shared.runtime.tx import Tx

# Its own topic too: what became of a lead that was merged away may be told by routing to routing.
HEARS: Final = (ingest.TOPIC, scoring.TOPIC, routing.TOPIC, recycle.TOPIC)


def create_service(
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock,
    agreements: Agreements,
    database: Database,
    outgoing: Post | None = None,
) -> Service:
    """Routing: hears everybody, has clocks, and tells people and the CRM through `outgoing`."""
    followed = [contract for contract in CONTRACTS if contract.TYPE in settings.crm_events]
    service = Service(
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
        on_setback=handlers.set_back,
        before_flush=lambda tx: handlers.gather(tx, settings.digest_after, settings.digest_window),
        on_agreement=handlers.on_agreement,
        on_idle=partial(handlers.forget, timedelta(days=settings.history_days)),
        still_held=handlers.still_held,
    )
    if settings.crm_url:
        _let_the_crm_follow(service, tuple(followed))
    service.run_errand = _errands(settings, service, outgoing or Outgoing(clock))
    return service


def _let_the_crm_follow(service: Service, followed: tuple[type[Event], ...]) -> None:
    """Read what the CRM is told from the bus too: only then is it told what was said, in its order."""
    service.reads = {**service.reads, **{contract.name(): contract for contract in followed}}

    def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
        handlers.on_events(tx, [heard for heard in events if isinstance(heard.event, READS)])
        handlers.follow(tx, [heard for heard in events if isinstance(heard.event, followed)])

    service.on_events = on_events


def _errands(
    settings: Settings, service: Service, outgoing: Post
) -> Callable[[DueErrand], Awaitable[Answer]]:
    """The function that carries out one errand."""
    doors = Doors(settings.public_url, settings.secrets, timedelta(hours=settings.link_hours))
    chat = Chat(outgoing, settings.slack_api.rstrip("/"), _plain(settings.slack_token))
    mailer = Mailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        user=settings.smtp_user or None,
        password=_plain(settings.smtp_password),
        tls=settings.smtp_tls,
    )
    telling = Telling(service, outgoing, chat, mailer, doors, _plain(settings.notify_secret))
    crm = Crm(service, outgoing, settings.crm_url, _plain(settings.crm_secret))

    fetches = outgoing if isinstance(outgoing, Outgoing) else Outgoing(service.clock)
    kept = handlers.calendars
    calendars = Calendars(service, fetches, kept.address_of, kept.was_read, kept.could_not_be_read)
    runs = {DESTINATION: crm.run, CALENDARS: calendars.run}

    async def run(errand: DueErrand) -> Answer:
        return await runs.get(errand.destination, telling.run)(errand)

    return run


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
