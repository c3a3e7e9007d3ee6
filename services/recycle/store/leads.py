"""Lead states, with the columns by which they are counted and found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from services.recycle.domain.model import RecycledLead
from services.recycle.domain.names import NAME_MAX
from services.recycle.tables import WHY_MAX, gaps, leads, people
from shared.db.states import States
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.texts import clean


def _columns(lead: RecycledLead) -> dict[str, Any]:
    journey = lead.journey
    return {
        "captured_at": journey.captured_at,
        "ended_at": journey.ended_at,
        "ending": journey.ending,
        "number": journey.number,
        "holder_kind": journey.holder_kind,
        "holder_name": journey.holder_name,
        "answers": journey.answers,
        "why": clean(journey.why, WHY_MAX),
        "since": journey.since,
        "offered_at": journey.offered_at,
        "assigned_after_ms": journey.assigned_after_ms,
        "source": clean(source, NAME_MAX) if (source := journey.counts_as or journey.source) else None,
    }


lead_states: Final = States(leads, RecycledLead, _columns)


def count_by_ending(tx: Tx) -> dict[str | None, tuple[int, int]]:
    """Captured leads by how they ended (None: not yet), and how many of them somebody holds."""
    held = func.sum(case((leads.c.number > 0, 1), else_=0))
    query = (
        select(leads.c.ending, func.count(), held)
        .where(leads.c.captured_at.is_not(None))
        .group_by(leads.c.ending)
    )
    return {ending: (count, int(holding or 0)) for ending, count, holding in tx.conn.execute(query)}


def _in_fallback(deputies: Collection[str], whys: Collection[str]) -> ColumnElement[bool]:
    """Held by the intake desk, by a queue, or by a deputy who got it because nobody else would."""
    by_deputy = and_(
        leads.c.holder_kind == "rep", leads.c.answers.in_(sorted(deputies)), leads.c.why.in_(sorted(whys))
    )
    return or_(leads.c.holder_kind.in_(("intake", "queue")), by_deputy)


def _kind(holder_kind: str) -> str:
    return "deputy" if holder_kind == "rep" else holder_kind


def count_fallback(
    tx: Tx, deputies: Collection[str], whys: Collection[str]
) -> dict[str, tuple[int, datetime]]:
    """How many leads a fallback holds, by its kind, and since when the oldest."""
    query = (
        select(leads.c.holder_kind, func.count(), func.min(leads.c.since))
        .where(_in_fallback(deputies, whys))
        .group_by(leads.c.holder_kind)
    )
    return {_kind(kind): (count, oldest) for kind, count, oldest in tx.conn.execute(query)}


@dataclass(frozen=True, slots=True)
class HeldByFallback:
    """A lead in the hands of the intake desk, a queue or a deputy."""

    lead: LeadId
    kind: str
    holder: str
    answers: str
    since: datetime
    why: str


def leads_in_fallback(
    tx: Tx, deputies: Collection[str], whys: Collection[str], limit: int
) -> list[HeldByFallback]:
    """Leads that a fallback holds, the oldest first."""
    columns = (leads.c.lead_id, leads.c.holder_kind, leads.c.holder_name, leads.c.answers, leads.c.since)
    query = select(*columns, leads.c.why).where(_in_fallback(deputies, whys))
    rows = tx.conn.execute(query.order_by(leads.c.since, leads.c.lead_id).limit(limit))
    return [HeldByFallback(LeadId(lead), _kind(kind), *rest) for lead, kind, *rest in rows]


def count_unscored(tx: Tx, since_before: datetime) -> int:
    """How many leads the intake desk has held since before an instant, and has not given on."""
    waits = (leads.c.holder_kind == "intake") & leads.c.offered_at.is_(None)
    query = select(func.count()).select_from(leads).where(waits, leads.c.since < since_before)
    return tx.conn.execute(query).scalar_one()


def count_by_holder(tx: Tx) -> list[tuple[str, str, int]]:
    """How many leads each track and desk holds: its kind, its name, the number."""
    place = (leads.c.holder_kind, leads.c.holder_name)
    query = select(*place, func.count()).where(
        leads.c.holder_kind.in_(("track", "desk")), leads.c.ending.is_(None)
    )
    return [tuple(row) for row in tx.conn.execute(query.group_by(*place).order_by(*place))]


def oldest_offer(tx: Tx) -> datetime | None:
    """Since when the oldest open offer waits for its answer."""
    found: datetime | None = tx.conn.execute(select(func.min(leads.c.offered_at))).scalar_one()
    return found


def assigned_after_ms(tx: Tx, shares: Sequence[float]) -> list[int | None]:
    """From capture to first assignment, in milliseconds: the quantiles at these shares."""
    column = leads.c.assigned_after_ms
    total = tx.conn.execute(select(func.count(column)).where(column.is_not(None))).scalar_one()
    if not total:
        return [None for _ in shares]
    query = select(column).where(column.is_not(None)).order_by(column).limit(1)
    places = [min(total - 1, int(total * share)) for share in shares]
    return [tx.conn.execute(query.offset(place)).scalar_one() for place in places]


def leads_of_absent(
    tx: Tx, absent: Collection[str], without_deputy: Collection[str], limit: int
) -> list[LeadId]:
    """Leads whose holder can hold none, not noted yet. An open offer waits with the deputy, if any."""
    if not absent:
        return []
    waits = or_(leads.c.offered_at.is_(None), leads.c.answers.in_(sorted(without_deputy)))
    noted = select(gaps.c.lead_id).where(
        gaps.c.lead_id == leads.c.lead_id, gaps.c.cause == "inactive", gaps.c.until.is_(None)
    )
    query = select(leads.c.lead_id).where(leads.c.answers.in_(sorted(absent)), waits, ~noted.exists())
    return _ids(tx, query.order_by(leads.c.lead_id).limit(limit))


def leads_of_returned(tx: Tx, absent: Collection[str], limit: int) -> list[LeadId]:
    """Leads that were noted for their holder, who can hold leads again, or is known by now."""
    back = and_(gaps.c.cause == "inactive", leads.c.answers.not_in(sorted(absent)))
    met = and_(gaps.c.cause == "unknown person", leads.c.answers.in_(select(people.c.person)))
    query = select(leads.c.lead_id).join(gaps, gaps.c.lead_id == leads.c.lead_id)
    query = query.where(gaps.c.until.is_(None), or_(back, met)).order_by(leads.c.lead_id)
    return _ids(tx, query.distinct().limit(limit))


def _ids(tx: Tx, query: Select[Any]) -> list[LeadId]:
    return [LeadId(one) for one in tx.conn.execute(query).scalars()]
