"""Absences begin and end: what somebody holds passes to their cover, and queues look for who is back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.routing.domain.choosing.takers import queues_for_somebody
from services.routing.domain.choosing.wanted import Wanted, to_give
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.availability import away_until, next_change
from services.routing.domain.steps.leave import away
from services.routing.handlers.deciding import Step, person_key, wake, wants_somebody_else
from services.routing.store import roster as people
from services.routing.store.leads import asked, leads_of
from services.routing.store.roster import Listed
from shared.contracts.routing import RepChanged
from shared.effects import CancelTimer, FiredTimer, SetTimer
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

ABSENCE: Final = "absence"
"""The purpose of a person's own timer: an absence of theirs begins or ends."""
LOOK_AGAIN: Final = timedelta(minutes=1)
"""How long after an absence began a decision made before it may still be committed."""


def plan(tx: Tx, listed: Listed, before: Listed | None = None) -> None:
    """Wake up when somebody's next absence begins or ends: at once, if that changed with the roster."""
    rep, person = listed.rep, listed.entry.person
    at = next_change(rep, tx.now, tx.agreement) if listed.active else None
    was_away = before is not None and away_until(before.rep, tx.now, tx.agreement) is not None
    is_away = away_until(rep, tx.now, tx.agreement) is not None
    if listed.active and before != listed and (is_away or was_away):
        at = tx.now
    wake = CancelTimer(ABSENCE) if at is None else SetTimer(ABSENCE, at, {"person": person})
    tx.carry_out(person_key(person), [wake], Cause(f"roster/{person}/{listed.version}"))


def on_agreement(tx: Tx) -> None:
    """A version has taken over: a calendar may lie in another zone now, so absences are looked at anew."""
    cause = Cause(f"agreement/{tx.agreement.ref}")
    for person, listed in sorted(people.roster_of(tx.conn).items()):
        details = listed.entry.details
        if listed.active and details.absences and details.zone is None:
            tx.carry_out(person_key(person), [SetTimer(ABSENCE, tx.now, {"person": person})], cause)


def say_changed(tx: Tx, listed: Listed, cause: Cause, deputy: str | None = None) -> None:
    """Say who can hold leads, and until when they are away."""
    event = RepChanged(
        person=listed.entry.person,
        active=listed.active,
        teams=tuple(sorted(listed.entry.teams)),
        deputy=deputy,
        away_until=away_until(listed.rep, tx.now, tx.agreement) if listed.active else None,
    )
    tx.say(event.person, event, cause)


@dataclass(frozen=True, slots=True)
class Turning:
    """People whose absences begin or end now, each with the timer that says so, and what passes from them."""

    people: dict[str, Listed]
    timers: dict[str, FiredTimer]
    held: dict[str, list[LeadId]]

    @property
    def wanted(self) -> Wanted:
        """What must be locked: who is given leads meanwhile, and who gives them."""
        teams = frozenset(team for listed in self.people.values() for team in listed.entry.teams)
        return Wanted(teams=teams, people=frozenset(self.people))


def turning(tx: Tx, timers: Iterable[FiredTimer]) -> Turning:
    """Who is meant by these timers, and which leads of who is away now are looked at."""
    by_person = {str(timer.payload["person"]): timer for timer in timers}
    found = people.roster_of(tx.conn, by_person) if by_person else {}
    active = {person: listed for person, listed in found.items() if listed.active}
    away_now = [
        person for person, one in active.items() if away_until(one.rep, tx.now, tx.agreement) is not None
    ]
    return Turning(active, by_person, {person: _passing_on(tx, active[person]) for person in away_now})


def _passing_on(tx: Tx, listed: Listed) -> list[LeadId]:
    """What they are asked for; and what they hold, if their cover takes over."""
    person = listed.entry.person
    return leads_of(tx.conn, person) if listed.entry.details.cover_takes_over else asked(tx.conn, person)


def steps_of(tx: Tx, turn: Turning) -> list[Step]:
    """What passes to covers now."""
    return [
        _passing(tx, lead, person, Cause.of(turn.timers[person]))
        for person, leads in sorted(turn.held.items())
        for lead in leads
    ]


def follow_up(tx: Tx, turn: Turning) -> None:
    """Say who is away and who is back, let queues look for them, and wait for the next change.

    What was being given to them at the instant at which they went is passed on a moment later.
    """
    for person, listed in sorted(turn.people.items()):
        timer, until = turn.timers[person], away_until(listed.rep, tx.now, tx.agreement)
        cause, look_again = Cause.of(timer), tx.now + LOOK_AGAIN
        is_again = bool(timer.payload.get("again"))
        if not is_again:
            say_changed(tx, listed, cause)
        if until is None:
            wake(tx, dict.fromkeys(queues_for_somebody(listed.entry.teams, tx.agreement), tx.now))
        plan(tx, listed, listed)
        if not is_again and until is not None and look_again < until:
            again = SetTimer(ABSENCE, look_again, {"person": person, "again": True})
            tx.carry_out(person_key(person), [again], cause)


def _passing(tx: Tx, lead: LeadId, person: str, cause: Cause) -> Step:
    def wants(state: RoutedLead) -> Wanted:
        return wants_somebody_else(tx, state) | to_give(person)

    return Step(lead, cause, lambda state, scene: away(state, person, scene), wants)
