"""Loads the bench: team rows are locked, then people rows, each in order; then open leads are counted."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, or_, select

from services.routing.domain.choosing.wanted import Wanted
from services.routing.domain.people.bench import Bench, Rep, days_asked_by, loads_asked_by
from services.routing.domain.people.days import day_of
from services.routing.domain.turns.tally import Tally, TeamTurn
from services.routing.domain.turns.turn import Owed
from services.routing.store.leads import count_heaps, count_open
from services.routing.store.roster import details_of
from services.routing.store.turns import given_on, write_entries
from services.routing.tables import members, people, teams
from shared.agreement import Agreement
from shared.db.bulk import insert_or_skip, upsert
from shared.db.dialect import among, locked
from shared.db.prepared import fetch

_owed: Final = msgspec.json.Decoder(dict[str, str])
_tallies: Final = msgspec.json.Decoder(dict[str, Tally])
_encode: Final = msgspec.json.Encoder().encode

_TEAMS: Final = locked(select(teams).where(among(teams.c.team, "teams")).order_by(teams.c.team))
_MEMBERS: Final = select(members).where(among(members.c.team, "teams"))
_PEOPLE: Final = select(people).where(among(people.c.person, "persons"))
_IN_TEAMS: Final = select(members.c.person).where(among(members.c.team, "teams"))
_MEMBERS_TOO: Final = (
    select(people)
    .where(or_(among(people.c.person, "persons"), people.c.person.in_(_IN_TEAMS)))
    .order_by(people.c.person)
)
_PEOPLE_OF_TEAMS: Final = locked(_MEMBERS_TOO)


def load_bench(
    conn: Connection, wanted: Wanted, agreement: Agreement, now: datetime, *, lock: bool = True
) -> Bench:
    """Teams with their turns and their members, locked for this transaction; others are read.

    Without `lock` all is read, and nothing that is decided on it may be written. Only where the agreement
    asks for it are a member's open leads counted, and those of their day.
    """
    rows = lock_teams(conn, wanted.teams) if lock else _read_teams(conn, wanted.teams)
    reps = lock_people(conn, wanted.people, rows) if lock else _read_members(conn, wanted.people, rows)
    weights = _weights(conn, rows)
    told = _read_people(conn, wanted.told - reps.keys())
    people = {person: Rep(person) for person in wanted.people | wanted.told} | told | reps
    loaded, by_day = loads_asked_by(agreement), days_asked_by(agreement)
    counted = {person for team in loaded.intersection(rows) for person in weights[team]}
    dated = {person for team in by_day.intersection(rows) for person in weights[team]}
    dated |= reps.keys() if wanted.heap else set()
    return Bench(
        agreement.named,
        teams={team: _turn(row, weights[team]) for team, row in rows.items()},
        people=people,
        # Counted after the locks were taken: whoever gave one of them a lead has committed it.
        load=count_open(conn, counted),
        loaded=counted,
        today=given_on(conn, {person: day_of(people[person], now, agreement) for person in dated}),
        dated=dated,
        queued=count_heaps(conn, rows) if wanted.heap else {},
        paused={team: row.paused for team, row in rows.items() if row.paused},
    )


def save_turns(conn: Connection, bench: Bench) -> None:
    """Write back what each member of a team is owed, where a turn was taken, and the ledger's new lines."""
    changed = {team: turn for team, turn in sorted(bench.teams.items()) if turn.changed}
    for turn in changed.values():
        turn.settle()
    rows = [
        {
            "team": team,
            "owed": _encode(turn.owed.written()),
            "tallies": _encode(turn.tallies),
            "paused": bench.paused.get(team),
        }
        for team, turn in changed.items()
    ]
    if rows:
        upsert(conn, teams, rows, update=[teams.c.owed, teams.c.tallies])
    write_entries(conn, bench.entries)


def read_turns(conn: Connection, team: str) -> TeamTurn:
    """A team's members and turns, without a lock."""
    row = conn.execute(select(teams).where(teams.c.team == team)).one_or_none()
    weights = _weights(conn, [team])[team]
    return TeamTurn(weights, Owed()) if row is None else _turn(row, weights)


def lock_teams(conn: Connection, names: Iterable[str]) -> dict[str, Row[Any]]:
    """Lock these teams' rows, in order. Returns them by team."""
    names = sorted(set(names))
    if not names:
        return {}
    rows = fetch(conn, _TEAMS, {"teams": names})
    if len(rows) < len(names):  # Somebody's first lead.
        insert_or_skip(conn, teams, [_nobody_had_a_turn(name) for name in names])
        rows = fetch(conn, _TEAMS, {"teams": names})
    return {row.team: row for row in rows}


def _nobody_had_a_turn(name: str) -> dict[str, Any]:
    return {"team": name, "owed": None, "tallies": None, "paused": None}


def _read_teams(conn: Connection, names: Iterable[str]) -> dict[str, Any]:
    found = conn.execute(select(teams).where(teams.c.team.in_(sorted(names))))
    new = {name: SimpleNamespace(**_nobody_had_a_turn(name)) for name in sorted(names)}
    return {**new, **{row.team: row for row in found}}


def _read_members(conn: Connection, persons: Iterable[str], in_teams: Iterable[str]) -> dict[str, Rep]:
    given = {"persons": sorted(set(persons)), "teams": sorted(set(in_teams))}
    return _reps(conn.execute(_MEMBERS_TOO, given))


def _turn(row: Any, weights: Mapping[str, int]) -> TeamTurn:
    return TeamTurn(
        weights, Owed.read(_owed.decode(row.owed or b"{}")), _tallies.decode(row.tallies or b"{}")
    )


def lock_people(conn: Connection, persons: Iterable[str], in_teams: Iterable[str] = ()) -> dict[str, Rep]:
    """Lock these people's rows and those of all members of these teams, in order."""
    team_names, persons = sorted(set(in_teams)), sorted(set(persons))
    if not team_names and not persons:
        return {}
    return _reps(fetch(conn, _PEOPLE_OF_TEAMS, {"persons": persons, "teams": team_names}))


def _read_people(conn: Connection, persons: frozenset[str]) -> dict[str, Rep]:
    if not persons:
        return {}
    return _reps(fetch(conn, _PEOPLE, {"persons": sorted(persons)}))


def _reps(rows: Iterable[Row[Any]]) -> dict[str, Rep]:
    return {
        row.person: Rep(
            row.person,
            row.name,
            row.active,
            row.notify,
            tuple(row.languages),
            details_of(row),
            row.paused or "",
            row.version,
        )
        for row in rows
    }


def _weights(conn: Connection, team_names: Collection[str]) -> dict[str, dict[str, int]]:
    weights: dict[str, dict[str, int]] = {team: {} for team in team_names}
    if team_names:
        for row in fetch(conn, _MEMBERS, {"teams": list(team_names)}):
            weights[row.team][row.person] = row.weight
    return weights
