"""Who can hold leads: rosters are imported all or nothing, and who leaves hands over all at once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from services.routing.domain.choosing.takers import queues_for_somebody
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.absences import kept_beside
from services.routing.domain.people.details import Known
from services.routing.domain.people.person import Details
from services.routing.domain.people.roster import Entry, RosterInvalid, Row, read_roster
from services.routing.domain.scene import last_team
from services.routing.domain.steps.leave import left
from services.routing.handlers.absences import plan, say_changed
from services.routing.handlers.deciding import Step, decide_locked, wake, wants_somebody_else
from services.routing.handlers.reckoning import roster_changed
from services.routing.store import bench as benches
from services.routing.store import pauses
from services.routing.store import roster as people
from services.routing.store.calendars import sources
from services.routing.store.leads import lead_states, leads_of
from services.routing.store.roster import Change, Listed
from shared.agreement import Agreement
from shared.effects import CommandRefused
from shared.people import spelled_as
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from shared.unknown import expected_one_of

_WHOLE: Final = ""
"""What stands for the whole roster among the teams' rows: one change after the other."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: who is new, who is different, and how many were as they are."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


def import_roster(tx: Tx, rows: Iterable[Row], by: str = "the roster file") -> Imported:
    """Take these people into the roster, or bring them up to date. Others stay as they are.

    `by`: who does it, for the history. Raises RosterInvalid with every mistake; then nothing of it was taken.
    """
    listed, named = people.roster_of(tx.conn), tx.agreement.named
    covers = {person: one.entry.details.cover for person, one in listed.items() if one.active}
    known = Known.by(tx.agreement, dict.fromkeys(named) | covers, [*covers, *listed, *sorted(named)])
    entries = {entry.person: entry for entry in read_roster(rows, known)}
    before = _locked(tx, entries, {team for entry in entries.values() for team in entry.teams})
    entries |= _as_calendars_say(tx, entries, before)
    after = {person: _listed(entry, before.get(person)) for person, entry in entries.items()}
    different = _take(tx, before, after, by)
    return Imported(
        added=tuple(sorted(different.keys() - before.keys())),
        changed=tuple(sorted(different.keys() & before.keys())),
        unchanged=len(entries) - len(different),
    )


def _as_calendars_say(tx: Tx, entries: Mapping[str, Entry], before: Mapping[str, Listed]) -> dict[str, Entry]:
    """Those of them whose calendar is read by itself, with what it says: no file knows that better.

    Raises RosterInvalid if what is written does not fit to it.
    """
    found: dict[str, Entry] = {}
    errors: list[str] = []
    for person in sorted(sources(tx.conn).keys() & entries.keys() & before.keys()):
        entry, known = entries[person], before[person].entry
        try:
            details = kept_beside(entry.details, known.details, tx.agreement)
            found[person] = replace(entry, details=details)
        except CommandRefused as wrong:
            errors.append(f"{person}: absences, with those of their calendar: {wrong}")
    if errors:
        raise RosterInvalid(errors)
    return found


def change(tx: Tx, person: str, of: Callable[[Details, Agreement], Details], by: str) -> Listed:
    """Change the details of one person. Returns what the roster says of them now.

    Raises CommandRefused for somebody who is not in the roster, or has left.
    """
    person = spelled(tx, person)
    before = _locked(tx, [person])
    found = before.get(person)
    if found is None or not found.active:
        whom = expected_one_of(
            (one for one, listed in people.roster_of(tx.conn).items() if listed.active), person
        )
        raise CommandRefused("unknown", f"expected somebody of the roster, {whom}")
    after = _listed(replace(found.entry, details=of(found.entry.details, tx.agreement)), found)
    _take(tx, before, {person: after}, by)
    return after


def history(tx: Tx, person: str) -> list[Change]:
    """Every change of a person, the first one first. Raises CommandRefused for somebody never heard of."""
    changes = people.history_of(tx.conn, spelled(tx, person))
    if not changes:
        raise CommandRefused("unknown", f"the roster knows nobody called {person}")
    return changes


def _take(tx: Tx, before: Mapping[str, Listed], after: Mapping[str, Listed], by: str) -> dict[str, Listed]:
    """Write down who is different, say so, and let the queues of their teams look for them."""
    different = {person: listed for person, listed in after.items() if listed != before.get(person)}
    people.save_people(tx.conn, different, by, tx.now)
    for person, listed in sorted(different.items()):
        say_changed(tx, listed, Cause(f"roster/{person}/{listed.version}"))
        plan(tx, listed, before.get(person))
    roster_changed(tx, before, different)
    if different:
        teams = {team for listed in different.values() for team in listed.entry.teams}
        wake(tx, dict.fromkeys(queues_for_somebody(teams, tx.agreement), tx.now))
    return different


def _locked(tx: Tx, persons: Collection[str], joining: Iterable[str] = ()) -> dict[str, Listed]:
    """These people as they are, under the locks of every team that they are in, or join."""
    teams = {_WHOLE, *joining}
    while True:
        benches.lock_teams(tx.conn, teams)
        found = people.roster_of(tx.conn, persons)
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


def leave(tx: Tx, person: str, by: str = "") -> list[LeadId]:
    """From now on this person holds nothing: everything goes on, in this transaction. Returns what did.

    Raises CommandRefused for somebody whom the roster does not know, or whom the agreement names.
    """
    person = spelled(tx, person)
    if person in tx.agreement.named:
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
    gone = Listed(found.entry, active=False, version=found.version + 1)
    if found.active:
        people.mark_left(tx.conn, gone, by or person, tx.now)
        if (pause := pauses.open_pause(tx.conn, "rep", person)) is not None:
            pauses.end_pause(tx.conn, pause.ended(tx.now, by or person, "they have left"))
        plan(tx, gone, found)
    late = set(leads_of(tx.conn, person)) - held.keys()
    before = {**held, **lead_states.lock(tx.conn, late)}
    after = decide_locked(tx, [_leaving(tx, lead, person) for lead in sorted(before)], before)
    if found.active:
        say_changed(tx, gone, Cause(f"roster/{person}/{gone.version}"), _deputy(tx, found, after.values()))
        roster_changed(tx, {person: found}, {person: gone})
    return [lead for lead in sorted(before) if after[lead] != before[lead]]


def _leaving(tx: Tx, lead: LeadId, person: str) -> Step:
    return Step(
        lead,
        lambda state: Cause(f"left/{person}/{state.custody.number}"),
        lambda state, scene: left(state, person, scene),
        partial(wants_somebody_else, tx),
    )


def _teams_reached(tx: Tx, states: Iterable[RoutedLead]) -> set[str]:
    return {team for state in states for team in wants_somebody_else(tx, state).teams}


def _deputy(tx: Tx, found: Listed, after: Iterable[RoutedLead]) -> str:
    """Who answers for what somebody left on offer to nurture; if that is nothing, a deputy of theirs."""
    holders = [state.custody.holder for state in after if state.custody.standing == "offering"]
    first = min(found.entry.teams, default=last_team(tx.agreement))
    team = tx.agreement.teams.get(first) or tx.agreement.teams[last_team(tx.agreement)]
    return min((holder.answers for holder in holders if holder is not None), default=team.deputy[0])


def spelled(tx: Tx, person: str) -> str:
    """Whom an address names, as the roster or the agreement writes it; as it is given, if it names nobody."""
    return spelling_of(tx, [person])(person)


def spelling_of(tx: Tx, persons: Collection[str]) -> Callable[[str], str]:
    """The same for each of these addresses."""
    return spelled_as([*people.addresses_like(tx.conn, persons), *sorted(tx.agreement.named)])


def everybody(tx: Tx) -> Sequence[Listed]:
    """The roster, by person."""
    return [listed for _, listed in sorted(people.roster_of(tx.conn).items())]
