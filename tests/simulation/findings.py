"""What is to be seen of a simulated world when it is over: the bus, every view of every baton, the books."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select

from services.ingest import tables as ingest_tables
from services.ingest.domain.known import Known
from services.recycle import tables as recycle_tables
from services.recycle.store.leads import lead_states as recycle_states
from services.routing import tables as routing_tables
from services.routing.store.leads import lead_states as routing_states
from services.scoring import tables as scoring_tables
from services.scoring.store import lead_states as scoring_states
from shared.baton import Custody
from shared.contracts import BY_NAME, TOPICS
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.terms import LeadId
from tests.simulation.drive import drive
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the laws are about."""

    said: list[Heard[Any]]
    custodies: dict[str, dict[LeadId, Custody]]
    states: dict[str, dict[LeadId, Any]]
    endings: dict[LeadId, str | None]
    deliveries: dict[str, tuple[LeadId | None, int | None]]
    parked: dict[str, list[Any]]
    known: dict[LeadId, Known]
    active: frozenset[str]

    def of_lead(self, lead: LeadId) -> list[Heard[Any]]:
        """All that was said about one lead, by instant."""
        return sorted((e for e in self.said if e.lead == lead), key=lambda e: e.at)

    def handovers(self) -> dict[LeadId, list[Heard[Any]]]:
        """The events that touch each lead's baton."""
        found: defaultdict[LeadId, list[Heard[Any]]] = defaultdict(list)
        for event in self.said:
            if event.event.handover is not None:
                found[event.lead].append(event)
        return found


def look(world: World) -> Findings:
    """Read it all."""
    states = {
        "scoring": _states(world, "scoring", scoring_tables.leads, scoring_states),
        "routing": _states(world, "routing", routing_tables.leads, routing_states),
        "recycle": _states(world, "recycle", recycle_tables.leads, recycle_states),
    }
    custodies = {
        name: {lead: state.custody for lead, state in leads.items()} for name, leads in states.items()
    }
    leads = ingest_tables.leads
    kept = _rows(world, "ingest", select(leads))
    endings = {row.lead_id: row.ending for row in kept}
    known = {row.lead_id: msgspec.json.decode(row.state, type=Known) for row in kept if row.state is not None}
    people = routing_tables.people
    active = frozenset(row.person for row in _rows(world, "routing", select(people)) if row.active)
    rows = _rows(world, "ingest", select(ingest_tables.deliveries))
    deliveries = {row.delivery: (row.lead_id, row.seq) for row in rows}
    parked = {
        name: _rows(world, name, select(node.service.messaging.parked)) for name, node in world.nodes.items()
    }
    return Findings(_said(world), custodies, states, endings, deliveries, parked, known, active)


def _states(world: World, name: str, table: Any, states: Any) -> dict[LeadId, Any]:
    return {LeadId(row.lead_id): states.decode(row.state) for row in _rows(world, name, select(table))}


def _rows(world: World, name: str, query: Any) -> list[Any]:
    return drive(world.nodes[name].service.read(lambda tx: list(tx.conn.execute(query).all())))


def _said(world: World) -> list[Heard[Any]]:
    consumer = drive(world.bus.subscribe(TOPICS, "findings"))
    events: dict[str, Heard[Any]] = {}
    while deliveries := drive(consumer.poll(max_records=5000, timeout_s=0)):
        for delivery in deliveries:
            envelope = decode_envelope(delivery.record.value)
            events.setdefault(envelope.id, decode(envelope, BY_NAME[envelope.type]))
    return list(events.values())
