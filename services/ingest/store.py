"""All of ingest's SQL: deliveries, leads, and by what we know a person again. Plural in, plural out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import and_, delete, func, or_, select, tuple_, update

from services.ingest.domain.identity import Identity
from services.ingest.domain.known import Known
from services.ingest.domain.submission import Submission
from services.ingest.tables import deliveries, identities, leads
from shared.db.dialect import insert_or_skip, locked, upsert
from shared.runtime.tx import Tx
from shared.terms import LeadId

_submissions: Final = msgspec.json.Decoder(Submission)
_known: Final = msgspec.json.Decoder(Known)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One row of `ingest_deliveries`: what came, from whom, and the raw body."""

    delivery: str
    source: str
    fingerprint: str
    submission: Submission | None
    body: bytes | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FirstTime:
    """What became of a delivery when it came first, and the fingerprint of its body."""

    lead: LeadId | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeptDelivery:
    """A delivery that became an activity of a lead."""

    delivery: str
    source: str
    fingerprint: str
    submission: Submission
    seq: int
    received_at: datetime


def claim_deliveries(tx: Tx, new: Sequence[NewDelivery]) -> dict[str, FirstTime]:
    """Write those that never came before; return, by delivery, what became of those that did."""
    rows = {one.delivery: _delivery_row(one) for one in reversed(new)}
    wanted = [rows[name] for name in sorted(rows)]
    statement = insert_or_skip(tx.conn, deliveries).returning(deliveries.c.delivery)
    fresh = set(tx.conn.execute(statement, wanted).scalars())
    repeated = sorted(set(rows) - fresh)
    if not repeated:
        return {}
    query = select(deliveries.c.delivery, deliveries.c.lead_id, deliveries.c.fingerprint)
    rows_before = tx.conn.execute(query.where(deliveries.c.delivery.in_(repeated)))
    return {row.delivery: FirstTime(row.lead_id, row.fingerprint) for row in rows_before}


def settle_deliveries(tx: Tx, settled: Mapping[str, tuple[LeadId, int | None]]) -> None:
    """Write down which lead each delivery went to, and as which of its activities."""
    if settled:
        rows = [
            {
                "delivery": name,
                "lead_id": lead,
                "seq": seq,
                "source": "",
                "fingerprint": "",
                "received_at": tx.now,
            }
            for name, (lead, seq) in sorted(settled.items())
        ]
        statement = upsert(tx.conn, deliveries, update=[deliveries.c.lead_id, deliveries.c.seq])
        tx.conn.execute(statement, rows)


def activities_after(tx: Tx, lead: LeadId, seq: int) -> list[KeptDelivery]:
    """The lead's deliveries whose activity counts above `seq`, in order."""
    query = select(deliveries).where(deliveries.c.lead_id == lead, deliveries.c.seq > seq)
    rows = tx.conn.execute(query.order_by(deliveries.c.seq)).all()
    return [
        KeptDelivery(
            row.delivery,
            row.source,
            row.fingerprint,
            _submissions.decode(row.submission),
            row.seq,
            row.received_at,
        )
        for row in rows
        if row.submission is not None
    ]


def lock_known(tx: Tx, wanted: Iterable[Identity]) -> dict[Identity, Known]:
    """The living lead behind each identity, with identity and lead locked; new identities are locked too."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    rows = [{"kind": one.kind, "value": one.value, "lead_id": None} for one in keys]
    tx.conn.execute(insert_or_skip(tx.conn, identities), rows)
    pairs = [(one.kind, one.value) for one in keys]
    query = select(identities).where(tuple_(identities.c.kind, identities.c.value).in_(pairs))
    found = tx.conn.execute(locked(query.order_by(identities.c.kind, identities.c.value))).all()
    states = lock_leads(tx, {LeadId(row.lead_id) for row in found if row.lead_id})
    return {
        Identity(row.kind, row.value): states[row.lead_id]
        for row in found
        if row.lead_id and row.lead_id in states
    }


def lock_leads(tx: Tx, ids: Iterable[LeadId]) -> dict[LeadId, Known]:
    """Leads that are not erased, locked in the order of their ids."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    query = (
        select(leads.c.lead_id, leads.c.state).where(leads.c.lead_id.in_(wanted)).order_by(leads.c.lead_id)
    )
    rows = tx.conn.execute(locked(query))
    return {LeadId(row.lead_id): _known.decode(row.state) for row in rows if row.state is not None}


def save_leads(tx: Tx, states: Iterable[Known]) -> None:
    """Insert or replace; of an absorbed lead only where it went is kept."""
    rows = [_lead_row(lead) for lead in sorted(states, key=lambda lead: lead.id)]
    if rows:
        statement = upsert(tx.conn, leads, update=[leads.c.state, leads.c.merged_into, leads.c.ending])
        tx.conn.execute(statement, rows)


def save_identities(tx: Tx, points_to: Mapping[Identity, LeadId], follow: Mapping[LeadId, LeadId]) -> None:
    """Point the identities to their leads; all others of a lead that was followed go along."""
    for old, new in sorted(follow.items()):
        tx.conn.execute(update(identities).where(identities.c.lead_id == old).values(lead_id=new))
    rows = [
        {"kind": one.kind, "value": one.value, "lead_id": lead} for one, lead in sorted(points_to.items())
    ]
    if rows:
        tx.conn.execute(upsert(tx.conn, identities, update=[identities.c.lead_id]), rows)


def find_leads(tx: Tx, kind: str, value: str) -> list[LeadId]:
    """The leads behind an identity: its value, or its value with an interest behind it."""
    same = or_(identities.c.value == value, identities.c.value.startswith(f"{value}#", autoescape=True))
    query = select(identities.c.lead_id).where(and_(identities.c.kind == kind, same))
    return sorted({LeadId(lead) for lead in tx.conn.execute(query).scalars() if lead})


def read_lead(tx: Tx, lead: LeadId) -> tuple[Known | None, str | None] | None:
    """A lead as it is kept, and how it ended; None if nobody knows it."""
    row = tx.conn.execute(select(leads.c.state, leads.c.ending).where(leads.c.lead_id == lead)).one_or_none()
    if row is None:
        return None
    return (_known.decode(row.state) if row.state is not None else None, row.ending)


def absorbed_by(tx: Tx, lead: LeadId) -> list[LeadId]:
    """Every lead that was merged into this one, directly or through others."""
    found: list[LeadId] = []
    next_ones = [lead]
    while next_ones:
        query = select(leads.c.lead_id).where(leads.c.merged_into.in_(next_ones)).order_by(leads.c.lead_id)
        next_ones = [LeadId(one) for one in tx.conn.execute(query).scalars() if one not in found]
        found += next_ones
    return found


def erase(tx: Tx, ids: Sequence[LeadId]) -> None:
    """Forget all that we know of these leads; the ids and the fact remain."""
    identity_rows = select(identities.c.kind).where(identities.c.lead_id.in_(ids))
    tx.conn.execute(locked(identity_rows.order_by(identities.c.kind, identities.c.value)))
    tx.conn.execute(delete(identities).where(identities.c.lead_id.in_(ids)))
    tx.conn.execute(update(leads).where(leads.c.lead_id.in_(ids)).values(state=None, ending="erased"))
    gone = {"submission": None, "body": None}
    tx.conn.execute(update(deliveries).where(deliveries.c.lead_id.in_(ids)).values(gone))


def forget_bodies(tx: Tx, before: datetime, limit: int) -> int:
    """Drop raw bodies that were received before that instant; returns how many."""
    old = select(deliveries.c.delivery).where(
        deliveries.c.received_at < before, deliveries.c.body.is_not(None)
    )
    names = tx.conn.execute(old.limit(limit)).scalars().all()
    if names:
        tx.conn.execute(update(deliveries).where(deliveries.c.delivery.in_(names)).values(body=None))
    return len(names)


def count_leads(tx: Tx) -> dict[str, int]:
    """Leads by ending; `living` for those without."""
    query = select(leads.c.ending, func.count()).group_by(leads.c.ending)
    return {ending or "living": count for ending, count in tx.conn.execute(query)}


def _delivery_row(one: NewDelivery) -> dict[str, Any]:
    return {
        "delivery": one.delivery,
        "source": one.source,
        "lead_id": None,
        "seq": None,
        "fingerprint": one.fingerprint,
        "submission": msgspec.json.encode(one.submission) if one.submission else None,
        "body": one.body,
        "received_at": one.received_at,
    }


def _lead_row(lead: Known) -> dict[str, Any]:
    absorbed = lead.merged_into is not None
    kept = Known(lead.id, lead.born, merged_into=lead.merged_into) if absorbed else lead
    ending = "merged" if absorbed else ("closed" if lead.closed else None)
    return {
        "lead_id": lead.id,
        "born": lead.born,
        "state": msgspec.json.encode(kept),
        "merged_into": lead.merged_into,
        "ending": ending,
    }
