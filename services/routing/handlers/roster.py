"""Who can hold leads: rosters are imported all or nothing, and who leaves hands over all at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.routing.domain.bench import named_by
from services.routing.domain.leave import left
from services.routing.domain.model import RoutedLead
from services.routing.domain.roster import Entry, Row, read_roster
from services.routing.domain.scene import last_team
from services.routing.domain.wanted import to_route, to_tell
from services.routing.handlers.deciding import Step, decide_locked, drain
from services.routing.store import bench as benches
from services.routing.store import roster as people
from services.routing.store.leads import lead_states, leads_of
from services.routing.store.roster import Listed
from shared.contracts.routing import RepChanged
from shared.effects import CommandRefused
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: who is new, who is different, and how many were as they are."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


def import_roster(tx: Tx, rows: Iterable[Row]) -> Imported:
    """Take these people into the roster, or bring them up to date. Others stay as they are.

    Raises RosterInvalid with every mistake; then nothing of it was taken.
    """
    entries = {entry.person: entry for entry in read_roster(rows, tx.agreement.teams)}
    before = _locked(tx, entries)
    after = {person: _listed(entry, before.get(person)) for person, entry in entries.items()}
    different = {person: listed for person, listed in after.items() if listed != before.get(person)}
    people.save_people(tx.conn, different, tx.now)
    for person, listed in sorted(different.items()):
        _say_changed(tx, person, listed)
    drain(tx, {team for listed in different.values() for team in listed.entry.teams}, Cause("roster"))
    return Imported(
        added=tuple(sorted(different.keys() - before.keys())),
        changed=tuple(sorted(different.keys() & before.keys())),
        unchanged=len(entries) - len(different),
    )


def _locked(tx: Tx, entries: dict[str, Entry]) -> dict[str, Listed]:
    """The people as they are, under the locks of every team that they are in or will be in."""
    teams = {team for entry in entries.values() for team in entry.teams}
    while True:
        benches.lock_teams(tx.conn, teams)
        found = people.roster_of(tx.conn, entries)
        before = {team for listed in found.values() for team in listed.entry.teams}
        if before <= teams:
            return found
        teams |= before


def _listed(entry: Entry, before: Listed | None) -> Listed:
    if before is None:
        return Listed(entry, active=True, version=1)
    if before.active and before.entry == entry:
        return before
    return Listed(entry, active=True, version=before.version + 1)


def _say_changed(tx: Tx, person: str, listed: Listed, deputy: str | None = None) -> None:
    event = RepChanged(
        person=person, active=listed.active, teams=tuple(sorted(listed.entry.teams)), deputy=deputy
    )
    tx.say(person, event, Cause(f"roster/{person}/{listed.version}"))


def leave(tx: Tx, person: str) -> list[LeadId]:
    """From now on this person holds nothing: everything goes on, in this transaction. Returns what did.

    Raises CommandRefused for somebody whom the roster does not know, or whom the agreement names.
    """
    if person in named_by(tx.agreement):
        raise CommandRefused(
            "wrong stage",
            f"{person} is named by the agreement {tx.agreement.ref}; first bring one that names another",
        )
    # Lock order: their leads, then their teams, then they themselves; then what came to them in between.
    held = lead_states.lock(tx.conn, leads_of(tx.conn, person))
    benches.lock_teams(tx.conn, _teams_reached(tx, held.values()) | people.teams_of(tx.conn, [person]))
    benches.lock_people(tx.conn, [person])
    found = people.roster_of(tx.conn, [person]).get(person)
    if found is None:
        raise CommandRefused("unknown", f"the roster knows nobody called {person}")
    deputy = _deputy(tx, found)
    if found.active:
        people.mark_left(tx.conn, person, tx.now)
        _say_changed(tx, person, Listed(found.entry, active=False, version=found.version + 1), deputy)
    late = set(leads_of(tx.conn, person)) - held.keys()
    before = {**held, **lead_states.lock(tx.conn, late)}
    after = decide_locked(tx, [_leaving(tx, lead, person, deputy) for lead in sorted(before)], before)
    return [lead for lead in sorted(before) if after[lead] != before[lead]]


def _leaving(tx: Tx, lead: LeadId, person: str, deputy: str) -> Step:
    return Step(
        lead,
        lambda state: Cause(f"left/{person}/{state.custody.number}"),
        lambda state, scene: left(state, person, deputy, scene),
        lambda state: to_tell(state, tx.agreement) | to_route(state, tx.agreement, tx.now),
    )


def _teams_reached(tx: Tx, states: Iterable[RoutedLead]) -> set[str]:
    return {team for state in states for team in to_route(state, tx.agreement, tx.now).teams}


def _deputy(tx: Tx, found: Listed) -> str:
    """Who answers for the offers that somebody leaves open: the deputy of their first team."""
    first = min(found.entry.teams, default=last_team(tx.agreement))
    team = tx.agreement.teams.get(first) or tx.agreement.teams[last_team(tx.agreement)]
    return team.deputy[0]


def everybody(tx: Tx) -> Sequence[Listed]:
    """The roster, by person."""
    return [listed for _, listed in sorted(people.roster_of(tx.conn).items())]
