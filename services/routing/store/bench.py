"""Loads the bench: team rows are locked, then people rows, each in order; then open leads are counted."""

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, or_, select

from services.routing.domain.bench import Bench, Rep, TeamTurn
from services.routing.domain.turn import Owed
from services.routing.domain.wanted import Wanted
from services.routing.store.leads import count_open
from services.routing.store.roster import details_of
from services.routing.tables import members, people, teams
from shared.db.bulk import insert_or_skip, upsert
from shared.db.dialect import among, locked

_owed = msgspec.json.Decoder(dict[str, str])

_TEAMS: Final = locked(select(teams).where(among(teams.c.team, "teams")).order_by(teams.c.team))
_MEMBERS: Final = select(members).where(among(members.c.team, "teams"))
_PEOPLE: Final = select(people).where(among(people.c.person, "persons"))
_IN_TEAMS: Final = select(members.c.person).where(among(members.c.team, "teams"))
_PEOPLE_OF_TEAMS: Final = locked(
    select(people)
    .where(or_(among(people.c.person, "persons"), people.c.person.in_(_IN_TEAMS)))
    .order_by(people.c.person)
)


def load_bench(conn: Connection, named: frozenset[str], wanted: Wanted, capped: Collection[str]) -> Bench:
    """Teams with their turns and their members, locked for this transaction; others are read.

    Only members of the `capped` teams have their open leads counted: a cap keeps these few.
    """
    teams_wanted = sorted(wanted.teams)
    owed = lock_teams(conn, teams_wanted)
    reps = lock_people(conn, wanted.people, teams_wanted)
    weights = _weights(conn, teams_wanted)
    told = _read_people(conn, wanted.told - reps.keys())
    counted = {person for team in wanted.teams.intersection(capped) for person in weights[team]}
    return Bench(
        named,
        teams={team: TeamTurn(weights[team], owed[team]) for team in teams_wanted},
        people={person: Rep(person) for person in wanted.people | wanted.told} | told | reps,
        # Counted after the locks were taken: whoever gave one of them a lead has committed it.
        load=count_open(conn, counted),
    )


def save_turns(conn: Connection, bench: Bench) -> None:
    """Write back what each member of a team is owed, where a turn was taken."""
    rows = [
        {"team": team, "owed": msgspec.json.encode(turn.owed.written())}
        for team, turn in sorted(bench.teams.items())
        if turn.changed
    ]
    if rows:
        upsert(conn, teams, rows, update=[teams.c.owed])


def lock_teams(conn: Connection, names: Iterable[str]) -> dict[str, Owed]:
    """Lock these teams' rows, in order. Returns what each member is owed."""
    names = sorted(set(names))
    if not names:
        return {}
    insert_or_skip(conn, teams, [{"team": name, "owed": None} for name in names])
    rows = conn.execute(_TEAMS, {"teams": names})
    return {row.team: Owed.read(_owed.decode(row.owed or b"{}")) for row in rows}


def lock_people(conn: Connection, persons: Iterable[str], in_teams: Iterable[str] = ()) -> dict[str, Rep]:
    """Lock these people's rows and those of all members of these teams, in order."""
    team_names, persons = sorted(set(in_teams)), sorted(set(persons))
    if not team_names and not persons:
        return {}
    return _reps(conn.execute(_PEOPLE_OF_TEAMS, {"persons": persons, "teams": team_names}))


def _read_people(conn: Connection, persons: frozenset[str]) -> dict[str, Rep]:
    if not persons:
        return {}
    return _reps(conn.execute(_PEOPLE, {"persons": sorted(persons)}))


def _reps(rows: Iterable[Row[Any]]) -> dict[str, Rep]:
    return {
        row.person: Rep(
            row.person,
            row.name,
            row.active,
            row.notify,
            tuple(row.languages),
            details_of(row),
        )
        for row in rows
    }


def _weights(conn: Connection, team_names: list[str]) -> dict[str, dict[str, int]]:
    weights: dict[str, dict[str, int]] = {team: {} for team in team_names}
    if team_names:
        for row in conn.execute(_MEMBERS, {"teams": team_names}):
            weights[row.team][row.person] = row.weight
    return weights
