"""The receipts of scores, and the lines of them that are contested."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from services.scoring.domain.contest import Contest
from services.scoring.domain.model import Kept
from services.scoring.store.packing import packed, unpacked
from services.scoring.tables import contests, receipts
from shared.db.bulk import insert, upsert
from shared.db.dialect import among, locked
from shared.runtime.tx import Tx
from shared.terms import LeadId


def receipt_row(lead: LeadId, kept: Kept) -> dict[str, Any]:
    """What is written of a receipt: best made at once, while all of it is at hand."""
    receipt = kept.receipt
    return {"lead_id": lead, "number": receipt.number, "kept": packed(kept), "said_at": receipt.at}


def add_receipts(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was said of leads that this transaction holds locked."""
    if rows:
        insert(tx.conn, receipts, rows)


def read_receipts(tx: Tx, wanted: Mapping[LeadId, int]) -> dict[LeadId, Kept]:
    """For each lead the receipt with this number, if it is kept."""
    query = select(receipts).where(among(receipts.c.lead_id, "leads"), among(receipts.c.number, "numbers"))
    given = {"leads": sorted(wanted), "numbers": sorted(set(wanted.values()))}
    rows = tx.conn.execute(query, given)
    return {
        LeadId(row.lead_id): unpacked(row.kept) for row in rows if wanted[LeadId(row.lead_id)] == row.number
    }


def forget_receipts(tx: Tx, leads: Iterable[LeadId]) -> None:
    """Nothing is kept of these leads' scores, nor of what was said about them."""
    given = {"leads": sorted(set(leads))}
    if given["leads"]:
        for table in (receipts, contests):
            tx.conn.execute(delete(table).where(among(table.c.lead_id, "leads")), given)


def forget_old_receipts(tx: Tx, before: datetime, limit: int) -> None:
    """Drop receipts that were said before that instant, the oldest first; each lead's newest stays.

    At most `limit` are looked at, each once. One that stays goes with the next of its lead's that is old.
    """
    is_old = receipts.c.said_at.is_not(None) & (receipts.c.said_at < before)
    query = select(receipts.c.lead_id, receipts.c.number).where(is_old).order_by(receipts.c.said_at)
    old = tx.conn.execute(locked(query.limit(limit), skip=True)).all()
    if not old:
        return
    newest = _newest(tx, sorted({row.lead_id for row in old}))
    stay = [{"lead": row.lead_id, "last": row.number} for row in old if newest[row.lead_id] == row.number]
    go = [{"lead": row.lead_id, "last": row.number} for row in old if newest[row.lead_id] != row.number]
    of_lead = receipts.c.lead_id == bindparam("lead")
    stayed = (receipts.c.number < bindparam("last")) & receipts.c.said_at.is_(None)
    this = receipts.c.number == bindparam("last")
    tx.conn.execute(delete(receipts).where(of_lead, stayed), _in_order([*go, *stay]))
    if go:
        tx.conn.execute(delete(receipts).where(of_lead, this), _in_order(go))
    if stay:
        tx.conn.execute(update(receipts).where(of_lead, this).values(said_at=None), _in_order(stay))


def _newest(tx: Tx, leads: Sequence[str]) -> dict[str, int]:
    query = select(receipts.c.lead_id, func.max(receipts.c.number).label("number"))
    query = query.where(among(receipts.c.lead_id, "leads")).group_by(receipts.c.lead_id)
    return {row.lead_id: row.number for row in tx.conn.execute(query, {"leads": leads})}


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["lead"], row["last"]))


def add_contest(tx: Tx, contest: Contest) -> None:
    """Keep a contest. The same person's newest reason for a line counts, and opens again what was settled."""
    anew = (contests.c.reason, contests.c.at, contests.c.settled_at)
    upsert(tx.conn, contests, [msgspec.structs.asdict(contest)], update=anew)


def read_contests(tx: Tx, *, is_open: bool = True) -> list[Contest]:
    """All contests, or those that nobody has settled, the oldest first."""
    order = contests.c.at, contests.c.lead_id, contests.c.number, contests.c.by, contests.c.place
    query = select(contests).order_by(*order)
    if is_open:
        query = query.where(contests.c.settled_at.is_(None))
    return [Contest(**row._mapping) for row in tx.conn.execute(query)]


def settle_contests(tx: Tx, lead: LeadId, number: int, line: str, by: str, at: datetime, note: str) -> int:
    """Close what is open about a rule's lines; how many that were."""
    of_line: tuple[ColumnElement[bool], ...] = (
        contests.c.lead_id == lead,
        contests.c.number == number,
        contests.c.line == line,
        contests.c.settled_at.is_(None),
    )
    settled = {"settled_at": at, "settled_by": by, "note": note}
    return tx.conn.execute(update(contests).where(*of_line).values(settled)).rowcount
