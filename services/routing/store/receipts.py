"""The receipts of decisions about where leads go, each with what it takes to make the decision again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, tuple_

from services.routing.domain.choosing.kept import Kept
from services.routing.tables import receipts
from shared.db.bulk import insert
from shared.db.dialect import among, locked
from shared.db.prepared import fetch
from shared.terms import LeadId

_decoder: Final = msgspec.json.Decoder(Kept)
_encoder: Final = msgspec.json.Encoder()
_ONE: Final = select(receipts.c.kept).where(
    receipts.c.lead_id == bindparam("lead"), receipts.c.number == bindparam("number")
)


def add_receipts(conn: Connection, kept: Sequence[tuple[LeadId, Kept]]) -> None:
    """Keep what was decided about leads that this transaction holds locked."""
    if kept:
        rows = [
            {
                "lead_id": lead,
                "number": one.receipt.number,
                "said_at": one.receipt.at,
                "kept": _encoder.encode(one),
            }
            for lead, one in kept
        ]
        insert(conn, receipts, rows)


def receipts_of(conn: Connection, lead: LeadId) -> list[Kept]:
    """Every decision about a lead that is kept, the first one first."""
    query = select(receipts.c.kept).where(receipts.c.lead_id == lead).order_by(receipts.c.number)
    return [_decoder.decode(kept) for kept in conn.execute(query).scalars()]


def read_receipt(conn: Connection, lead: LeadId, number: int) -> Kept | None:
    """One of them, if it is kept."""
    found = fetch(conn, _ONE, {"lead": lead, "number": number})
    return _decoder.decode(found[0].kept) if found else None


def forget_receipts(conn: Connection, leads: Collection[LeadId]) -> None:
    """Nothing is kept of why these leads went where they went."""
    if leads:
        conn.execute(delete(receipts).where(among(receipts.c.lead_id, "leads")), {"leads": sorted(leads)})


def forget_old_receipts(conn: Connection, before: datetime, limit: int) -> None:
    """Drop what was decided before that instant, the oldest first, at most `limit`."""
    key = (receipts.c.lead_id, receipts.c.number)
    query = select(*key).where(receipts.c.said_at < before).order_by(receipts.c.said_at)
    old = [tuple(row) for row in conn.execute(locked(query.limit(limit), skip=True))]
    if old:
        conn.execute(delete(receipts).where(tuple_(*key).in_(old)))
