"""Deadlines are computed anew when the hours behind them change: with the roster, and with the agreement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.routing.domain.choosing.wanted import Wanted, to_tell
from services.routing.domain.clocks.reckoning import (
    AgreementAt,
    Was,
    by_the_agreement,
    by_the_roster,
    concerns,
    is_concerned,
)
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Rep
from services.routing.handlers.deciding import Step, decide_locked
from services.routing.store.leads import held_in, lead_states, leads_after
from services.routing.store.roster import Listed
from shared.agreement import Agreement
from shared.db.database import DatabaseUnavailable
from shared.effects import FiredTimer, SetTimer
from shared.runtime.service import Agreements
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

RECKON: Final = "reckon"
"""The purpose of the timer that goes through all leads after a version took over."""
EVERYONE: Final = LeadId("every lead")
"""Whose timer it is: it is no lead."""
LINE_MAX: Final = 500
"""How many leads are gone through in one transaction."""


def roster_changed(tx: Tx, before: Mapping[str, Listed], after: Mapping[str, Listed]) -> None:
    """Every clock that counts the time of these people, or of their teams, in the same transaction."""
    was = {person: _was(person, before.get(person)) for person in after}
    teams = {person: concerns(was[person], _was(person, after[person]), tx.agreement) for person in after}
    moved = frozenset(person for person, theirs in teams.items() if theirs)
    if not moved:
        return
    concerned = frozenset(team for theirs in teams.values() for team in theirs)
    found = lead_states.read(tx.conn, held_in(tx.conn, concerned, moved))
    leads = [lead for lead, state in found.items() if is_concerned(state, moved, concerned)]
    first = min(moved)
    cause = Cause(f"roster/{first}/{after[first].version}")
    steps = [_by_the_roster(tx, lead, was, cause) for lead in sorted(leads)]
    decide_locked(tx, steps, lead_states.lock(tx.conn, leads))


def _was(person: str, listed: Listed | None) -> Was:
    if listed is None or not listed.active:
        return Was(Rep(person))
    return Was(listed.rep, frozenset(listed.entry.teams))


def _by_the_roster(tx: Tx, lead: LeadId, was: Mapping[str, Was], cause: Cause) -> Step:
    return Step(
        lead,
        cause,
        lambda state, scene: by_the_roster(state, was, scene),
        lambda state: _wanted(state, tx),
    )


def _wanted(lead: RoutedLead, tx: Tx) -> Wanted:
    teams = frozenset(clock.whose for clock in lead.clocks if clock.counts == "any_open")
    return to_tell(lead, tx.agreement) | Wanted(teams=teams)


def agreement_changed(tx: Tx) -> None:
    """A version has taken over: all clocks are computed anew, a batch after the other."""
    _go_on(tx, "", Cause(f"agreement/{tx.agreement.ref}"))


def next_in_line(tx: Tx, timers: Sequence[FiredTimer], agreements: Agreements) -> list[Step]:
    """The next leads whose clocks are computed anew because a version took over."""
    steps: list[Step] = []
    for timer in timers:
        found = leads_after(tx.conn, timer.payload["after"], LINE_MAX)
        steps += [_by_the_agreement(tx, lead, agreements, Cause.of(timer)) for lead in found]
        if found:
            _go_on(tx, found[-1], Cause.of(timer))
    return steps


def _by_the_agreement(tx: Tx, lead: LeadId, agreements: Agreements, cause: Cause) -> Step:
    at = _agreement_at(tx, agreements)
    return Step(
        lead,
        cause,
        lambda state, scene: by_the_agreement(state, at, scene),
        lambda state: _wanted(state, tx),
    )


def _agreement_at(tx: Tx, agreements: Agreements) -> AgreementAt:
    def in_force(instant: datetime) -> Agreement:
        try:
            return agreements.in_force(instant, tx.conn)
        except DatabaseUnavailable:
            # Nobody has the file of what was in force then any more: the hours of now are the best there is.
            return tx.agreement

    return in_force


def _go_on(tx: Tx, after: str, cause: Cause) -> None:
    tx.carry_out(EVERYONE, [SetTimer(RECKON, tx.now, {"after": after})], cause)
