"""Deliveries: what came, from whom, to which lead. Names are kept for ever, contents for a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, bindparam, select, update

from services.ingest.domain.submission import Submission
from services.ingest.tables import deliveries, leads
from shared.db.bulk import insert_or_skip
from shared.db.dialect import among, locked
from shared.runtime.tx import Tx
from shared.terms import LeadId

_submissions: Final = msgspec.json.Decoder(Submission)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One row of `ingest_deliveries`. What says nothing of a person, or is parked, has no contents here."""

    delivery: str
    source: str
    fingerprint: str
    received_at: datetime
    lead: LeadId | None = None
    seq: int | None = None
    submission: Submission | None = None
    body: bytes | None = None


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
    submission: Submission
    seq: int
    received_at: datetime


def claim_deliveries(tx: Tx, new: Sequence[NewDelivery]) -> dict[str, FirstTime]:
    """Write those that never came before; return, by delivery, what became of those that did."""
    if not new:
        return {}
    rows = {one.delivery: _row(one) for one in reversed(new)}
    in_order = [rows[name] for name in sorted(rows)]
    fresh = insert_or_skip(tx.conn, deliveries, in_order, returning=[deliveries.c.delivery])
    repeated = sorted(rows.keys() - {name for (name,) in fresh})
    if not repeated:
        return {}
    query = select(deliveries.c.delivery, deliveries.c.lead_id, deliveries.c.fingerprint)
    before = tx.conn.execute(query.where(among(deliveries.c.delivery, "names")), {"names": repeated})
    return {row.delivery: FirstTime(row.lead_id, row.fingerprint) for row in before}


def settle_deliveries(tx: Tx, settled: Mapping[str, tuple[LeadId, int | None]]) -> None:
    """Correct which lead deliveries went to, and as which of its activities."""
    if settled:
        rows = [{"name": name, "lead": lead, "count": seq} for name, (lead, seq) in sorted(settled.items())]
        statement = update(deliveries).where(deliveries.c.delivery == bindparam("name"))
        tx.conn.execute(statement.values(lead_id=bindparam("lead"), seq=bindparam("count")), rows)


def activities_after(tx: Tx, lead: LeadId, seq: int) -> list[KeptDelivery]:
    """The lead's deliveries whose activity counts above `seq`, in order, unless they are forgotten."""
    above = (deliveries.c.lead_id == lead) & (deliveries.c.seq > seq) & deliveries.c.submission.is_not(None)
    rows = tx.conn.execute(select(deliveries).where(above).order_by(deliveries.c.seq))
    return [
        KeptDelivery(row.delivery, row.source, _submissions.decode(row.submission), row.seq, row.received_at)
        for row in rows
    ]


def leads_since(tx: Tx, since: datetime, after: str, limit: int) -> list[LeadId]:
    """The next leads, by their ids, of whom something came since then, or who were merged or erased."""
    lately = (deliveries.c.lead_id > after) & (deliveries.c.received_at >= since)
    ended = (leads.c.lead_id > after) & leads.c.ending.in_(("erased", "merged"))
    came = select(deliveries.c.lead_id).distinct().where(lately).order_by(deliveries.c.lead_id).limit(limit)
    gone = select(leads.c.lead_id).where(ended).order_by(leads.c.lead_id).limit(limit)
    found = {LeadId(lead) for query in (came, gone) for lead in tx.conn.execute(query).scalars()}
    return sorted(found)[:limit]


def forget_bodies(tx: Tx, before: datetime, limit: int) -> None:
    """Drop the raw bodies of deliveries received before that instant, `limit` at most, the oldest first."""
    _forget(tx, deliveries.c.body, {"body": None}, before, limit)


def forget_submissions(tx: Tx, before: datetime, limit: int) -> None:
    """Drop what was read in deliveries received before that instant, and their bodies with it."""
    _forget(tx, deliveries.c.submission, {"submission": None, "body": None}, before, limit)


def _forget(tx: Tx, there: Column[Any], gone: Mapping[str, None], before: datetime, limit: int) -> None:
    old = (deliveries.c.received_at < before) & there.is_not(None)
    query = select(deliveries.c.delivery).where(old).order_by(deliveries.c.received_at).limit(limit)
    names = tx.conn.execute(locked(query, skip=True)).scalars().all()
    if names:
        emptied = update(deliveries).where(among(deliveries.c.delivery, "names"))
        tx.conn.execute(emptied.values(**gone), {"names": names})


def _row(one: NewDelivery) -> dict[str, Any]:
    return {
        "delivery": one.delivery,
        "source": one.source,
        "lead_id": one.lead,
        "seq": one.seq,
        "fingerprint": one.fingerprint,
        "submission": msgspec.json.encode(one.submission) if one.submission else None,
        "body": one.body,
        "received_at": one.received_at,
    }
