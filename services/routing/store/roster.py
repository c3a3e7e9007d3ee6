"""The roster in SQL: who is in it, in which teams, with which weight."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from services.routing.domain.roster import Entry
from services.routing.tables import members, people
from shared.db.bulk import insert, upsert
from shared.db.dialect import among


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the roster has them. `version` counts their changes."""

    entry: Entry
    active: bool
    version: int


def roster_of(conn: Connection, persons: Iterable[str] | None = None) -> dict[str, Listed]:
    """These people, or everybody, by person."""
    query, teams_query = select(people), select(members)
    if persons is not None:
        wanted = sorted(set(persons))
        query = query.where(people.c.person.in_(wanted))
        teams_query = teams_query.where(members.c.person.in_(wanted))
    teams: dict[str, dict[str, int]] = {}
    for row in conn.execute(teams_query.order_by(members.c.person, members.c.team)):
        teams.setdefault(row.person, {})[row.team] = row.weight
    return {
        row.person: Listed(
            Entry(row.person, row.name, teams.get(row.person, {}), tuple(row.languages), row.notify),
            row.active,
            row.version,
        )
        for row in conn.execute(query.order_by(people.c.person))
    }


def save_people(conn: Connection, changed: Mapping[str, Listed], now: datetime) -> None:
    """Write these people with their teams. The caller holds the locks of the teams, old and new."""
    if not changed:
        return
    rows = [
        {
            "person": person,
            "name": listed.entry.name,
            "active": listed.active,
            "languages": list(listed.entry.languages),
            "notify": listed.entry.notify,
            "version": listed.version,
            "changed_at": now,
        }
        for person, listed in sorted(changed.items())
    ]
    written = [column for column in people.columns if column.name != "person"]
    upsert(conn, people, rows, update=written)
    conn.execute(delete(members).where(among(members.c.person, "persons")), {"persons": sorted(changed)})
    belonging = [
        {"team": team, "person": person, "weight": weight}
        for person, listed in sorted(changed.items())
        for team, weight in sorted(listed.entry.teams.items())
    ]
    if belonging:
        insert(conn, members, belonging)


def mark_left(conn: Connection, person: str, now: datetime) -> None:
    """From now on they are given nothing. The caller holds the locks of the person and their teams."""
    left = update(people).where(people.c.person == person)
    conn.execute(left.values(active=False, version=people.c.version + 1, changed_at=now))
    conn.execute(delete(members).where(members.c.person == person))


def teams_of(conn: Connection, persons: Iterable[str]) -> set[str]:
    """The teams that any of these people is in."""
    query = select(members.c.team).where(among(members.c.person, "persons")).distinct()
    return set(conn.execute(query, {"persons": sorted(set(persons))}).scalars())
