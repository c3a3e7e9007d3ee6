"""All services in one process on SQLite files in one folder: what `baton run` runs."""

from fastapi import APIRouter

from deploy.assembly import Part, Process
from deploy.configuration import Configuration, read_settings
from services.ingest import api as ingest_api
from services.ingest import metrics as ingest_metrics
from services.ingest.app import create_service as create_ingest
from services.ingest.settings import Settings as IngestSettings
from services.recycle import api as recycle_api
from services.recycle import metrics as recycle_metrics
from services.recycle.app import create_service as create_recycle
from services.recycle.settings import Settings as RecycleSettings
from services.routing import api as routing_api
from services.routing import metrics as routing_metrics
from services.routing.app import create_service as create_routing
from services.routing.handlers.roster import import_roster
from services.routing.settings import Settings as RoutingSettings
from services.scoring import api as scoring_api
from services.scoring import metrics as scoring_metrics
from services.scoring.app import create_service as create_scoring
from services.scoring.settings import Settings as ScoringSettings
from shared.bus.open import create_bus
from shared.bus.port import Bus
from shared.db.database import Database
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.http import Gate
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import OneAgreement, Service

SERVICES = ("ingest", "scoring", "routing", "recycle")


class _Place:
    """What all services of a process have in common."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.clock: Clock = SystemClock()
        self.bus: Bus = create_bus(configuration.folder.database_url("bus"))
        self.agreements = OneAgreement(configuration.agreement)

    def url(self, service: str) -> str:
        return self.configuration.folder.database_url(service)

    def outgoing(self) -> Outgoing:
        """Each service's own, so that one with much to say holds up no other."""
        allow_private = self.configuration.settings.allow_private_destinations
        return Outgoing(self.clock, allow_private=allow_private)

    def database(self, service: str) -> Database:
        return Database(self.url(service))


def create_process(configuration: Configuration) -> Process:
    """The four services on the folder's databases and bus; nothing runs yet. Raises CannotStart."""
    place = _Place(configuration)
    parts = (_ingest(place), _scoring(place), _routing(place), _recycle(place))
    return Process(parts, place.bus, Gate(configuration.ring))


def _ingest(place: _Place) -> Part:
    sources = place.configuration.sources
    settings = read_settings(
        IngestSettings, database_url=place.url("ingest"), sources=place.configuration.folder.sources
    )
    service = create_ingest(
        settings,
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements,
        database=place.database("ingest"),
        sources=sources,
    )
    reception = ingest_api.Reception(service)

    def router(service: Service, gate: Gate) -> APIRouter:
        return ingest_api.create_router(service, gate, reception)

    return Part(
        service,
        router,
        hooks=ingest_api.create_hooks(reception, sources, place.clock),
        sample=ingest_metrics.sample,
        before_stop=reception.drain,
    )


def _scoring(place: _Place) -> Part:
    service = create_scoring(
        read_settings(ScoringSettings, database_url=place.url("scoring")),
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements,
        database=place.database("scoring"),
    )
    return Part(service, scoring_api.create_router, sample=scoring_metrics.sample)


def _routing(place: _Place) -> Part:
    configuration = place.configuration
    secret = configuration.destinations.notify_secret
    given: dict[str, object] = {} if secret is None else {"notify_secret": secret}
    outgoing = place.outgoing()
    service = create_routing(
        read_settings(RoutingSettings, database_url=place.url("routing"), **given),
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements,
        database=place.database("routing"),
        outgoing=outgoing,
    )

    async def load_roster() -> None:
        """Once for each version of the file: who left over HTTP does not come back by a restart."""
        if configuration.roster and configuration.folder.roster_is_new():
            await service.tx(lambda tx: import_roster(tx, configuration.roster))
            configuration.folder.roster_was_read()

    return Part(
        service,
        routing_api.create_router,
        sample=routing_metrics.sample,
        at_start=load_roster,
        after_stop=outgoing.close,
    )


def _recycle(place: _Place) -> Part:
    outgoing = place.outgoing()
    service = create_recycle(
        read_settings(
            RecycleSettings,
            database_url=place.url("recycle"),
            destinations=place.configuration.destinations.tools,
        ),
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements,
        database=place.database("recycle"),
        outgoing=outgoing,
    )
    return Part(service, recycle_api.create_router, sample=recycle_metrics.sample, after_stop=outgoing.close)
