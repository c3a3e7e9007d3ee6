"""The services as parts of a process: each with its database, routes, figures, and how it ends."""

from collections.abc import Sequence

from fastapi import APIRouter

from deploy.access import access_of
from deploy.assembly import Part, Prepare, Process
from deploy.configuration import Configuration
from deploy.problems import CannotStart
from deploy.processes import SERVICES
from deploy.settings import Settings
from services.ingest import api as ingest_api
from services.ingest import metrics as ingest_metrics
from services.ingest.app import create_service as create_ingest
from services.ingest.tables import messaging as ingest_tables
from services.recycle import api as recycle_api
from services.recycle import metrics as recycle_metrics
from services.recycle.app import create_service as create_recycle
from services.recycle.tables import messaging as recycle_tables
from services.routing import api as routing_api
from services.routing import metrics as routing_metrics
from services.routing.app import create_service as create_routing
from services.routing.tables import messaging as routing_tables
from services.scoring import api as scoring_api
from services.scoring import metrics as scoring_metrics
from services.scoring.app import create_service as create_scoring
from services.scoring.tables import messaging as scoring_tables
from shared.bus.open import create_bus
from shared.bus.port import Bus
from shared.db.database import Database
from shared.db.messaging import Messaging
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.http import Gate
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Service
from shared.runtime.shelf import Shelf
from shared.runtime.versions import Versions


class _Place:
    """What all services of a process have in common."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.settings = configuration.settings
        self.clock: Clock = SystemClock()
        self.bus: Bus = open_bus(self.settings.process)
        self.shelf = Shelf(configuration.versions, self.settings.process.agreement)

    def outgoing(self) -> Outgoing:
        """Each service's own, so that one with much to say holds up no other."""
        return Outgoing(self.clock, allow_private=self.settings.process.allow_private_destinations)

    def agreements(self, tables: Messaging) -> Versions:
        """Each service's own: which version is in force, its database says."""
        return Versions(self.shelf, tables.agreements)

    def database(self, service: str) -> Database:
        return Database(self.settings.database_url(service))


def open_bus(settings: Settings) -> Bus:
    """The bus that the settings name. Raises CannotStart if there is no such bus, BusUnavailable."""
    try:
        return create_bus(
            settings.bus_url,
            partitions=settings.bus_partitions,
            member=settings.member or None,
            cluster_id=settings.bus_cluster_id or None,
            access=access_of(settings),
        )
    except ValueError as wrong:  # No such kind of bus, or it has other partitions.
        raise CannotStart([f"BATON_BUS_URL: {wrong}"]) from wrong


def create_process(
    configuration: Configuration, prepare: Prepare, services: Sequence[str] = SERVICES
) -> Process:
    """These services on their databases and the bus; nothing runs yet. Raises CannotStart, BusUnavailable."""
    place = _Place(configuration)
    parts = [_BUILDERS[service](place) for service in services]
    return Process(parts, place.bus, Gate(configuration.ring), prepare, place.shelf)


def _ingest(place: _Place) -> Part:
    sources = place.configuration.sources
    service = create_ingest(
        place.settings.ingest,
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements(ingest_tables),
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
        place.settings.scoring,
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements(scoring_tables),
        database=place.database("scoring"),
    )
    return Part(service, scoring_api.create_router, sample=scoring_metrics.sample)


def _routing(place: _Place) -> Part:
    outgoing = place.outgoing()
    service = create_routing(
        place.settings.routing,
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements(routing_tables),
        database=place.database("routing"),
        outgoing=outgoing,
    )
    secrets = place.settings.routing.secrets

    def router(service: Service, gate: Gate) -> APIRouter:
        return routing_api.create_router(service, gate, outgoing, secrets)

    return Part(service, router, sample=routing_metrics.sample, after_stop=outgoing.close)


def _recycle(place: _Place) -> Part:
    outgoing = place.outgoing()
    service = create_recycle(
        place.settings.recycle,
        bus=place.bus,
        clock=place.clock,
        agreements=place.agreements(recycle_tables),
        database=place.database("recycle"),
        outgoing=outgoing,
    )
    return Part(service, recycle_api.create_router, sample=recycle_metrics.sample, after_stop=outgoing.close)


_BUILDERS = {"ingest": _ingest, "scoring": _scoring, "routing": _routing, "recycle": _recycle}
