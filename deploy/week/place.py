"""The four services of Baton, as they are, in memory on a virtual clock; and the edge where leads come in."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from deploy.virtual.drive import drive
from deploy.virtual.node import Node
from deploy.virtual.world import World
from deploy.week.leads import Lead
from services.ingest import handlers as ingest
from services.ingest.app import create_service as create_ingest
from services.ingest.domain.delivery import delivery_of
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.sources import How, Kind, Source
from services.ingest.handlers import Arrival
from services.ingest.settings import Settings as IngestSettings
from services.recycle.app import create_service as create_recycle
from services.recycle.settings import Destination
from services.recycle.settings import Settings as RecycleSettings
from services.routing.app import create_service as create_routing
from services.routing.settings import Settings as RoutingSettings
from services.scoring.app import create_service as create_scoring
from services.scoring.settings import Settings as ScoringSettings
from shared.agreement import Agreement
from shared.bus.sqlite import SqliteBus
from shared.contracts import BY_NAME, TOPICS
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.clock import StillClock
from shared.runtime.relay import Relay
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx

NURTURE_URL: Final = "https://nurture.example/"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEEP_RECORDS: Final = 10_000_000
"""Everything: the report reads the whole bus at the end."""
ROWS_AT_ONCE: Final = 250


@dataclass(slots=True)
class Place:
    """A whole Baton. `outgoing` is what its services call out through."""

    agreement: Agreement
    clock: StillClock
    outgoing: Any
    world: World[Node] = field(init=False)
    bus: SqliteBus = field(init=False)
    _taken_in: int = 0

    def __post_init__(self) -> None:
        self.world = World(clock=self.clock)
        self.bus = SqliteBus(inline=True, keep_records=KEEP_RECORDS)
        common: dict[str, Any] = {
            "bus": self.bus,
            "clock": self.clock,
            "agreements": OneAgreement(self.agreement),
        }
        ends = {**common, "outgoing": self.outgoing}
        tracks = self.agreement.tracks.values()
        tools = {
            track.deliver_to: Destination(url=NURTURE_URL + track.deliver_to)
            for track in tracks
            if track.deliver_to
        }
        self._add(lambda db: create_ingest(IngestSettings(), database=db, sources={}, **common))
        self._add(lambda db: create_scoring(ScoringSettings(), database=db, **common))
        self._add(lambda db: create_routing(RoutingSettings(), database=db, **ends))
        self._add(lambda db: create_recycle(RecycleSettings(destinations=tools), database=db, **ends))

    def _add(self, create: Callable[[Database], Service]) -> None:
        database = Database("sqlite://", inline=True)
        service = create(database)
        drive(database.tx(lambda conn: upgrade(conn, service.name)))
        node = Node(name=service.name, service=service, relay=Relay(service, service.name))
        service.after_commit = node.note
        self.world.nodes[service.name] = node

    def close(self) -> None:
        """It was all in memory, and is gone."""
        for node in self.world.nodes.values():
            node.service.database.close()
        drive(self.bus.close())

    def tx(self, name: str, work: Callable[[Tx], Any]) -> Any:
        """Do something in one service, in one transaction."""
        return drive(self.world.nodes[name].service.tx(work))

    def read(self, name: str, work: Callable[[Tx], Any]) -> Any:
        """Look at something in one service."""
        return drive(self.world.nodes[name].service.read(work))

    def take_in(self, leads: Sequence[Lead], how: How) -> None:
        """What `POST /v1/leads` and `/v1/imports` do with these rows, now."""
        source = Source("week", Kind.STANDARD, secrets=(SECRET,), how=how)
        for begin in range(0, len(leads), ROWS_AT_ONCE):
            arrivals = [self._arrival(source, lead) for lead in leads[begin : begin + ROWS_AT_ONCE]]
            self.tx("ingest", partial(ingest.take_in, arrivals=arrivals))

    def _arrival(self, source: Source, lead: Lead) -> Arrival:
        now = self.clock.now()
        body = json.dumps(lead.row, sort_keys=True).encode()
        self._taken_in += 1
        delivery = delivery_of(source.name, str(self._taken_in))
        return Arrival(source.name, delivery, body, now, submission_from(source, lead.row, now))

    def said(self) -> list[Heard[Any]]:
        """Everything that was said, in order of time."""
        consumer = drive(self.bus.subscribe(TOPICS, "report"))
        found: dict[str, Heard[Any]] = {}
        while deliveries := drive(consumer.poll(max_records=5000, timeout_s=0)):
            envelopes = [decode_envelope(delivery.record.value) for delivery in deliveries]
            found |= {one.id: decode(one, BY_NAME[one.type]) for one in envelopes if one.id not in found}
        return sorted(found.values(), key=lambda heard: heard.at)
