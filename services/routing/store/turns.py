"""The debt ledger in SQL: a line for each lead that somebody was given, and for what else moved turns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, func, select

from services.routing.domain.people.bench import Today
from services.routing.domain.turns.fairness import Count
from services.routing.domain.turns.tally import GIVEN, Entry, Kind
from services.routing.tables import REASON_MAX, turns
from shared.db.bulk import insert
from shared.db.dialect import among
from shared.terms import LeadId

_PARTS: Final = 1000
"""Of a lead: what is owed is kept in whole numbers, exactly in the team's row."""
_RELEASED: Final = func.sum(case((turns.c.paced, 1), else_=0))
_BY_DAY: Final = (
    select(turns.c.person, turns.c.day, func.count(), _RELEASED)
    .where(among(turns.c.person, "people"), turns.c.day >= bindparam("since"), turns.c.kind.in_(GIVEN))
    .group_by(turns.c.person, turns.c.day)
)


def write_entries(conn: Connection, entries: Sequence[Entry]) -> None:
    """Add these lines."""
    if entries:
        insert(conn, turns, [_row(entry) for entry in entries])


def given_on(conn: Connection, days: Mapping[str, str]) -> dict[str, Today]:
    """What each of these people was given on their day. Exact under their locks."""
    if not days:
        return {}
    found = conn.execute(_BY_DAY, {"people": sorted(days), "since": min(days.values())})
    return {
        person: Today(given, int(released)) for person, day, given, released in found if day == days[person]
    }


def counts_of(conn: Connection, team: str) -> dict[tuple[str, Kind], Count]:
    """How many lines of each kind each person has in a team, with the scores and the worth of these leads."""
    sums = (func.count(), func.sum(turns.c.score), func.sum(turns.c.worth))
    query = select(turns.c.person, turns.c.kind, *sums)
    found = conn.execute(query.where(turns.c.team == team).group_by(turns.c.person, turns.c.kind))
    return {(who, kind): Count(lines, int(score), int(worth)) for who, kind, lines, score, worth in found}


def newest_of(conn: Connection, team: str, limit: int) -> list[Entry]:
    """A team's last lines, the newest first."""
    query = select(turns).where(turns.c.team == team).order_by(turns.c.at.desc(), turns.c.id.desc())
    return [
        Entry(
            team=row.team,
            person=row.person,
            kind=row.kind,
            at=row.at,
            day=row.day,
            lead=LeadId(row.lead_id) if row.lead_id is not None else None,
            paced=row.paced,
            score=row.score,
            owed=row.owed / _PARTS,
            moved=row.moved / _PARTS,
            reason=row.reason,
            worth=row.worth,
        )
        for row in conn.execute(query.limit(limit))
    ]


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "team": entry.team,
        "person": entry.person,
        "kind": entry.kind,
        "at": entry.at,
        "day": entry.day,
        "lead_id": entry.lead,
        "paced": entry.paced,
        "score": entry.score,
        "worth": entry.worth,
        "owed": round(entry.owed * _PARTS),
        "moved": round(entry.moved * _PARTS),
        "reason": entry.reason[:REASON_MAX],
    }
