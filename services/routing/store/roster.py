"""The roster in SQL: who is in it, in which teams, with which weight."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from services.routing.domain.people.bench import Rep
from services.routing.domain.people.person import NO_DETAILS, Details
from services.routing.domain.people.roster import Entry
from services.routing.tables import members, people, people_history
from shared.db.bulk import insert, upsert
from shared.db.dialect import among, choosing
from shared.db.prepared import fetch

_encoder: Final = msgspec.json.Encoder()
_details: Final = msgspec.json.Decoder(Details)
_entry: Final = msgspec.json.Decoder(Entry)
_PEOPLE: Final = choosing(select(people).order_by(people.c.person))
_PEOPLE_AMONG: Final = _PEOPLE.where(among(people.c.person, "persons"))
_MEMBERS: Final = choosing(select(members).order_by(members.c.person, members.c.team))
_MEMBERS_AMONG: Final = _MEMBERS.where(among(members.c.person, "persons"))
_ADDRESSES_LIKE: Final = (
    select(people.c.person)
    .where(among(func.lower(people.c.person, type_=people.c.person.type), "persons"))
    .order_by(people.c.active.desc(), people.c.person)
)
_HISTORY: Final = select(people_history).where(among(people_history.c.person, "persons"))
_TEAMS: Final = select(members.c.team).where(among(members.c.person, "persons")).distinct()


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the roster has them. `version` counts their changes."""

    entry: Entry
    active: bool
    version: int

    @property
    def rep(self) -> Rep:
        """The same person as a decision sees them."""
        entry = self.entry
        return Rep(
            entry.person,
            entry.name,
            self.active,
            entry.notify,
            entry.languages,
            entry.details,
            version=self.version,
        )


def roster_of(conn: Connection, persons: Iterable[str] | None = None) -> dict[str, Listed]:
    """These people, or everybody, by person."""
    everybody = persons is None
    wanted = {} if persons is None else {"persons": sorted(set(persons))}
    teams: dict[str, dict[str, int]] = {}
    for row in fetch(conn, _MEMBERS if everybody else _MEMBERS_AMONG, wanted):
        teams.setdefault(row.person, {})[row.team] = row.weight
    return {
        row.person: Listed(
            _entry_of(row, teams.get(row.person, {})),
            row.active,
            row.version,
        )
        for row in fetch(conn, _PEOPLE if everybody else _PEOPLE_AMONG, wanted)
    }


def _entry_of(row: Row[Any], teams: Mapping[str, int]) -> Entry:
    details = details_of(row)
    return Entry(row.person, row.name, teams, tuple(row.languages), row.notify, details)


def details_of(row: Row[Any]) -> Details:
    """What a row of `routing_people` says beside its columns."""
    return _details.decode(row.details) if row.details else NO_DETAILS


def save_people(conn: Connection, changed: Mapping[str, Listed], by: str, now: datetime) -> None:
    """Write these people with their teams, and who did it. The caller holds the locks of all these teams."""
    if not changed:
        return
    rows = [
        {
            "person": person,
            "name": listed.entry.name,
            "active": listed.active,
            "languages": list(listed.entry.languages),
            "notify": listed.entry.notify,
            "details": _details_written(listed.entry.details),
            "version": listed.version,
            "changed_at": now,
            "paused": None,
        }
        for person, listed in sorted(changed.items())
    ]
    written = [column for column in people.columns if column.name not in ("person", "paused")]
    upsert(conn, people, rows, update=written)
    _remember(conn, changed, by, now)
    conn.execute(delete(members).where(among(members.c.person, "persons")), {"persons": sorted(changed)})
    belonging = [
        {"team": team, "person": person, "weight": weight}
        for person, listed in sorted(changed.items())
        for team, weight in sorted(listed.entry.teams.items())
    ]
    if belonging:
        insert(conn, members, belonging)


def _details_written(details: Details) -> bytes | None:
    return None if details == NO_DETAILS else _encoder.encode(details)


def _remember(conn: Connection, changed: Mapping[str, Listed], by: str, now: datetime) -> None:
    rows = [
        {
            "person": person,
            "version": listed.version,
            "at": now,
            "by": by,
            "active": listed.active,
            "entry": _encoder.encode(listed.entry),
        }
        for person, listed in sorted(changed.items())
    ]
    insert(conn, people_history, rows)


def mark_left(conn: Connection, left: Listed, by: str, now: datetime) -> None:
    """From now on they are given nothing. The caller holds the locks of the person and their teams."""
    person = left.entry.person
    change = update(people).where(people.c.person == person)
    conn.execute(change.values(active=False, version=left.version, changed_at=now))
    conn.execute(delete(members).where(members.c.person == person))
    _remember(conn, {person: left}, by, now)


@dataclass(frozen=True, slots=True)
class Change:
    """What the roster said of a person from an instant on, and who wrote it."""

    listed: Listed
    at: datetime
    by: str


def history_of(conn: Connection, person: str) -> list[Change]:
    """Every change of a person, the first one first."""
    query = select(people_history).where(people_history.c.person == person)
    return [
        Change(_listed(row), row.at, row.by) for row in conn.execute(query.order_by(people_history.c.version))
    ]


def addresses_like(conn: Connection, persons: Iterable[str]) -> list[str]:
    """How the roster writes these addresses, whatever the case; who is active comes first."""
    written = {"persons": sorted({person.lower() for person in persons})}
    return [row.person for row in fetch(conn, _ADDRESSES_LIKE, written)]


def versions_of(conn: Connection, versions: Mapping[str, int]) -> dict[str, Listed]:
    """What the roster said of each of these people in that version; without those that it does not have."""
    found = fetch(conn, _HISTORY, {"persons": sorted(versions)})
    return {row.person: _listed(row) for row in found if versions[row.person] == row.version}


def roster_at(conn: Connection, at: datetime) -> dict[str, Listed]:
    """Everybody as the roster had them at an instant."""
    query = select(people_history).where(people_history.c.at <= at)
    ordered = conn.execute(query.order_by(people_history.c.person, people_history.c.version))
    return {row.person: _listed(row) for row in ordered}


def _listed(row: Row[Any]) -> Listed:
    return Listed(_entry.decode(row.entry), row.active, row.version)


def teams_of(conn: Connection, persons: Iterable[str]) -> set[str]:
    """The teams that any of these people is in."""
    return {row.team for row in fetch(conn, _TEAMS, {"persons": sorted(set(persons))})}
