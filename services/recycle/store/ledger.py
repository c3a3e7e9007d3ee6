"""The gaps found in the ledger, and who can hold leads."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, func, or_, select, update

from services.recycle.domain.ledger import Absence, Cause, Gap, absences_of
from services.recycle.domain.names import NAME_MAX
from services.recycle.tables import gaps, people
from shared.contracts.envelope import Heard
from shared.db.bulk import delete_rows, insert_or_skip, upsert
from shared.db.dialect import among
from shared.db.prepared import fetch
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.texts import clean

_GAPS: Final = select(gaps).where(among(gaps.c.lead_id, "leads"))
_PEOPLE: Final = select(people).where(among(people.c.person, "persons")).order_by(people.c.person)


@dataclass(frozen=True, slots=True)
class Noted:
    """A gap as it stands in the books, with when it was last said aloud and how often."""

    lead: LeadId
    gap: Gap
    said_at: datetime | None = None
    said_times: int = 0


# ---- gaps


def gaps_by_lead(tx: Tx, leads: Iterable[LeadId]) -> dict[LeadId, list[Noted]]:
    """What stands in the books about these leads."""
    found: dict[LeadId, list[Noted]] = {lead: [] for lead in leads}
    for row in fetch(tx.conn, _GAPS, {"leads": sorted(found)}):
        found[LeadId(row.lead_id)].append(_noted(row))
    return found


def save_gaps(tx: Tx, noted: Sequence[Noted]) -> None:
    """Write gaps, new or changed. The caller holds the leads' locks."""
    rows = [
        {
            **_key(one),
            "known_at": one.gap.known_at,
            "until": one.gap.until,
            "about": one.gap.about,
            "said_at": one.said_at,
            "said_times": one.said_times,
        }
        for one in noted
    ]
    if rows:
        changing = [gaps.c.known_at, gaps.c.until, gaps.c.about, gaps.c.said_at, gaps.c.said_times]
        upsert(tx.conn, gaps, rows, update=changing)


def forget_gaps(tx: Tx, noted: Iterable[Noted]) -> None:
    """Delete gaps that were none: what was missing has been heard."""
    if keys := [_key(one) for one in noted]:
        delete_rows(tx.conn, gaps, keys)


def _key(one: Noted) -> dict[str, Any]:
    gap = one.gap
    return {"lead_id": one.lead, "cause": gap.cause, "number": gap.number, "since": gap.since}


def open_gaps(tx: Tx, as_of: datetime, *, said_before: datetime | None, limit: int) -> list[Noted]:
    """Gaps that count and have no end, the oldest first; `said_before`: only those not said since then."""
    query = select(gaps).where(gaps.c.until.is_(None), gaps.c.known_at <= as_of)
    if said_before is not None:
        query = query.where(or_(gaps.c.said_at.is_(None), gaps.c.said_at <= said_before))
    query = query.order_by(gaps.c.known_at, gaps.c.lead_id).limit(limit)
    return [_noted(row) for row in tx.conn.execute(query)]


def count_without_owner(tx: Tx, as_of: datetime) -> int:
    """Leads with a gap that counts and has no end."""
    query = select(func.count(gaps.c.lead_id.distinct()))
    return tx.conn.execute(query.where(gaps.c.until.is_(None), gaps.c.known_at <= as_of)).scalar_one()


def gap_seconds(tx: Tx, as_of: datetime) -> float:
    """Seconds in which nobody answered, over all leads; two reasons at the same time count once."""
    query = select(gaps.c.lead_id, gaps.c.since, gaps.c.until).where(gaps.c.known_at <= as_of)
    rows = tx.conn.execute(query.order_by(gaps.c.lead_id, gaps.c.since))
    spans = [(lead, since, as_of if until is None else until) for lead, since, until in rows]
    return sum(_covered([span[1:] for span in one]) for _, one in groupby(spans, key=lambda span: span[0]))


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> float:
    seconds, reached = 0.0, spans[0][0]
    for since, until in spans:
        if until > max(since, reached):
            seconds += (until - max(since, reached)).total_seconds()
            reached = until
    return seconds


def _noted(row: Row[Any]) -> Noted:
    cause: Cause = row.cause
    gap = Gap(cause, row.number, row.since, row.known_at, row.until, row.about)
    return Noted(LeadId(row.lead_id), gap, row.said_at, row.said_times)


# ---- people


def save_people(tx: Tx, changes: Iterable[Heard[Any]]) -> None:
    """Write who can hold leads from when on."""
    rows = [
        {
            "person": clean(heard.event.person, NAME_MAX),
            "at": heard.at,
            "event_id": heard.id,
            "active": heard.event.active,
            "deputy": clean(heard.event.deputy, NAME_MAX) if heard.event.deputy else None,
        }
        for heard in changes
    ]
    if rows:
        insert_or_skip(tx.conn, people, rows)


def known_people(tx: Tx, persons: Collection[str]) -> tuple[Mapping[str, Sequence[Absence]], frozenset[str]]:
    """The absences of these persons, and which of them routing has named."""
    rows = fetch(tx.conn, _PEOPLE, {"persons": sorted(persons)})
    absences = {
        person: absences_of((row.at, row.active, row.deputy) for row in of_person)
        for person, of_person in groupby(rows, key=lambda row: row.person)
    }
    return {person: away for person, away in absences.items() if away}, frozenset(absences)


def anybody_announced(tx: Tx) -> bool:
    """Whether routing has named anyone who can hold leads."""
    return tx.conn.execute(select(people.c.person).where(people.c.active).limit(1)).first() is not None


def absent_people(tx: Tx) -> dict[str, str | None]:
    """Who can hold no leads now, and their deputies."""
    ever = select(people.c.person).where(~people.c.active)
    rows = tx.conn.execute(
        select(people).where(people.c.person.in_(ever)).order_by(people.c.person, people.c.at)
    )
    last = {row.person: row for row in rows}
    return {person: row.deputy for person, row in last.items() if not row.active}


def confirm_said(tx: Tx, said: Iterable[Noted]) -> None:
    """Note when each was said, and how often."""
    for one in said:
        gap = one.gap
        key = (gaps.c.lead_id == one.lead, gaps.c.cause == gap.cause, gaps.c.number == gap.number)
        values = {"said_at": tx.now, "said_times": one.said_times + 1}
        tx.conn.execute(update(gaps).where(*key, gaps.c.since == gap.since).values(values))
