"""What is to be seen of a Baton when all is over: the bus, every view of every baton, the books."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from services.ingest import tables as ingest_tables
from services.ingest.domain.known import Known
from services.recycle import handlers as recycle
from services.recycle import tables as recycle_tables
from services.recycle.store.leads import lead_states as recycle_states
from services.recycle.store.summary import Counts, Summary
from services.routing import tables as routing_tables
from services.routing.domain.people.bench import Rep
from services.routing.handlers.decisions import name_of, replay
from services.routing.store.leads import lead_states as routing_states
from services.routing.store.roster import history_of
from services.scoring import tables as scoring_tables
from services.scoring.domain.model import Kept
from services.scoring.store.leads import lead_states as scoring_states
from services.scoring.store.packing import unpacked
from shared.agreement import Agreement
from shared.baton import Custody
from shared.bus.port import Delivery
from shared.contracts import BY_NAME
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.contracts.values import Account
from shared.runtime.overview import Overview, overview
from shared.runtime.tx import Tx
from shared.terms import LeadId
from tests.simulation.versions import in_force

Read = Callable[[str, Callable[[Tx], Any]], Any]
"""Does some reading in a service's database, which is named first."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What scoring keeps beside its leads, and the agreement by which it scores."""

    agreement: Agreement
    receipts: dict[tuple[LeadId, int], Kept]
    accounts: dict[str, Account]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the laws are about. `acknowledged`: what senders were told, by delivery.

    `replays`: what differs when a decision about where a lead goes is made again. `agreements`: all versions
    that were brought, by name, the last one last.
    """

    now: datetime
    agreements: Mapping[str, Agreement]
    acknowledged: Mapping[str, LeadId | None]
    said: list[Heard[Any]]
    of_each: Mapping[LeadId, list[Heard[Any]]]
    custodies: dict[str, dict[LeadId, Custody]]
    states: dict[str, dict[LeadId, Any]]
    endings: dict[LeadId, str | None]
    deliveries: dict[str, tuple[LeadId | None, int | None]]
    parked: dict[str, list[Any]]
    waiting: dict[str, Overview]
    known: dict[LeadId, Known]
    there: frozenset[str]
    ledger: Summary
    counts: Counts
    scores: Scores
    turns: list[Any]
    pauses: list[Any]
    replays: dict[tuple[LeadId, int], list[str]]
    versions: dict[str, list[Any]]
    reps: dict[str, list[tuple[datetime, Rep]]]

    def of_lead(self, lead: LeadId) -> list[Heard[Any]]:
        """All that was said about one lead, by instant."""
        return self.of_each.get(lead, [])

    def agreement_at(self, service: str, at: datetime) -> Agreement:
        """The version that was in force in a service."""
        return self.agreements[in_force(self.versions[service], at)]

    def handovers(self) -> dict[LeadId, list[Heard[Any]]]:
        """The events that touch each lead's baton."""
        found: defaultdict[LeadId, list[Heard[Any]]] = defaultdict(list)
        for event in self.said:
            if event.event.handover is not None:
                found[event.lead].append(event)
        return found


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that does not hold, and the lead concerned."""

    law: str
    what: str
    lead: LeadId | None = None


def _of_each(said: Iterable[Heard[Any]]) -> dict[LeadId, list[Heard[Any]]]:
    found: defaultdict[LeadId, list[Heard[Any]]] = defaultdict(list)
    for event in sorted(said, key=lambda e: e.at):
        found[event.lead].append(event)
    return dict(found)


def look(
    read: Read,
    said: list[Heard[Any]],
    acknowledged: Mapping[str, LeadId | None],
    now: datetime,
    agreements: Iterable[Agreement],
) -> Findings:
    """Read it all. `agreements`: as they took over."""
    states = _all_states(read)
    services = ("ingest", *states)
    kept = _rows(read, "ingest", ingest_tables.leads)
    versions = {agreement.ref: agreement for agreement in agreements}
    people = _rows(read, "routing", routing_tables.people)
    return Findings(
        now=now,
        agreements=versions,
        acknowledged=acknowledged,
        said=said,
        of_each=_of_each(said),
        custodies={
            name: {lead: one.custody for lead, one in leads.items()} for name, leads in states.items()
        },
        states=states,
        endings={row.lead_id: row.ending for row in kept},
        deliveries={
            row.delivery: (row.lead_id, row.seq) for row in _rows(read, "ingest", ingest_tables.deliveries)
        },
        parked={name: read(name, _parked) for name in services},
        waiting={name: read(name, overview) for name in services},
        known={row.lead_id: msgspec.json.decode(row.state, type=Known) for row in kept if row.state},
        there=_there(read),
        ledger=read("recycle", recycle.summary),
        counts=read("recycle", recycle.counts),
        scores=read("scoring", _scores),
        turns=_rows(read, "routing", routing_tables.turns),
        pauses=_rows(read, "routing", routing_tables.pauses),
        replays=read("routing", lambda tx: _replays(tx, versions)),
        versions={name: read(name, _versions) for name in services},
        reps={row.person: read("routing", _reps(row.person)) for row in people},
    )


def _there(read: Read) -> frozenset[str]:
    people = _rows(read, "routing", routing_tables.people)
    return frozenset(row.person for row in people if row.active) | read(
        "routing", lambda tx: tx.agreement.named
    )


def events_of(deliveries: Iterable[Delivery]) -> list[Heard[Any]]:
    """What was said, each event once, however often the bus has it."""
    events: dict[str, Heard[Any]] = {}
    for delivery in deliveries:
        envelope = decode_envelope(delivery.record.value)
        events.setdefault(envelope.id, decode(envelope, BY_NAME[envelope.type]))
    return list(events.values())


def _scores(tx: Tx) -> Scores:
    receipts = tx.conn.execute(select(scoring_tables.receipts)).all()
    accounts = tx.conn.execute(select(scoring_tables.accounts)).all()
    return Scores(
        agreement=tx.agreement,
        receipts={(LeadId(row.lead_id), row.number): unpacked(row.kept) for row in receipts},
        accounts={row.domain: msgspec.json.decode(row.account, type=Account) for row in accounts},
    )


def _replays(tx: Tx, versions: Mapping[str, Agreement]) -> dict[tuple[LeadId, int], list[str]]:
    receipts = routing_tables.receipts
    made = tx.conn.execute(select(receipts.c.lead_id, receipts.c.number)).all()
    return {
        (LeadId(lead), number): replay(tx, name_of(LeadId(lead), number), versions).differs
        for lead, number in made
    }


def _all_states(read: Read) -> dict[str, dict[LeadId, Any]]:
    return {
        "scoring": _states(read, "scoring", scoring_tables.leads, scoring_states),
        "routing": _states(read, "routing", routing_tables.leads, routing_states),
        "recycle": _states(read, "recycle", recycle_tables.leads, recycle_states),
    }


def _states(read: Read, name: str, table: Any, states: Any) -> dict[LeadId, Any]:
    return {LeadId(row.lead_id): states.decode(row.state) for row in _rows(read, name, table)}


def _reps(person: str) -> Callable[[Tx], list[tuple[datetime, Rep]]]:
    return lambda tx: [(change.at, change.listed.rep) for change in history_of(tx.conn, person)]


def _rows(read: Read, name: str, table: Any) -> list[Any]:
    return read(name, lambda tx: list(tx.conn.execute(select(table)).all()))


def _versions(tx: Tx) -> list[Any]:
    return list(tx.conn.execute(select(tx.tables.agreements)).all())


def _parked(tx: Tx) -> list[Any]:
    return list(tx.conn.execute(select(tx.tables.parked)).all())
