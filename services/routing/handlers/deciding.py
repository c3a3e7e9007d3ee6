"""Load, decide, save, say: the one way in which events, timers and commands change leads."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.routing import metrics
from services.routing.domain.choosing.takers import queues_for
from services.routing.domain.choosing.wanted import Wanted, all_of, to_ask_instead, to_give, to_route, to_tell
from services.routing.domain.clocks.of_lead import timer_changes
from services.routing.domain.clocks.spent import kept_apart
from services.routing.domain.clocks.untold import carried
from services.routing.domain.facts import Found
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Bench, NotOnTheBench, capped_by, carriers
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.turns.turn import Throw
from services.routing.store.bench import load_bench, save_turns
from services.routing.store.leads import lead_states, timers_of
from services.routing.store.receipts import add_receipts
from services.routing.store.roster import teams_of
from shared.effects import Decision, Effect, PolicyError, SetTimer
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

DRAIN: Final = "drain"
"""The purpose of a team's own timer: somebody may be free, so give out what its queue holds."""
OPENING: Final = "opening"
"""That of another one: a day begins for somebody, or their work does; also what came in a heap may go out."""
_KEY_MAX: Final = 64

Decide = Callable[[RoutedLead, Scene], Routed]
States = Mapping[LeadId, RoutedLead]


@dataclass(frozen=True, slots=True)
class Step:
    """One decision to be made about one lead: because of what, how, and with which part of the roster.

    A `cause` may depend on how the lead is then. `found`: what `wants` has found out of it already.
    """

    lead: LeadId
    cause: Cause | Callable[[RoutedLead], Cause]
    decide: Decide
    wants: Callable[[RoutedLead], Wanted]
    found: Found = field(default_factory=Found)

    def caused_by(self, lead: RoutedLead) -> Cause:
        """Because of what, of this lead as it is before."""
        return self.cause if isinstance(self.cause, Cause) else self.cause(lead)


@dataclass(slots=True)
class Decided:
    """What a row of steps led to. Nothing of it is carried out yet: it may be decided anew."""

    states: dict[LeadId, RoutedLead]
    effects: list[tuple[LeadId, tuple[Effect, ...], Cause]] = field(default_factory=list)
    freed: dict[str, Cause] = field(default_factory=dict)

    def note(
        self, step: Step, before: RoutedLead, decision: Routed, had: Iterable[str], has: Iterable[str]
    ) -> None:
        """Keep one decision, which took the lead out of some hands, and gave it into others."""
        after, cause = decision.state, step.caused_by(before)
        carry = list(has)
        for person in had:
            if person in carry:
                carry.remove(person)
            else:
                self.freed[person] = cause
        self.states[step.lead] = after
        effects = (*decision.effects, *timer_changes(before, after))
        if effects:
            self.effects.append((step.lead, effects, cause))


def decide_all(tx: Tx, steps: Sequence[Step], *, also: Wanted | None = None) -> tuple[States, States]:
    """Decide these steps one after the other, under the locks of all that they touch, and write what follows.

    Returns the states before and after. Lock order: leads, teams, people.
    """
    before = lead_states.lock(tx.conn, [step.lead for step in steps])
    return before, decide_locked(tx, steps, before, also=also)


def decide_locked(tx: Tx, steps: Sequence[Step], before: States, *, also: Wanted | None = None) -> States:
    """The same for leads that are locked already."""
    wanted = all_of(step.wants(before[step.lead]) for step in steps) | (also or Wanted())
    decided, bench = _on_a_bench(tx, steps, before, wanted)
    changed = {lead: state for lead, state in decided.states.items() if state != before[lead]}
    lead_states.save(tx.conn, changed)
    save_turns(tx.conn, bench)
    add_receipts(tx.conn, bench.kept)
    for lead, effects, cause in decided.effects:
        tx.carry_out(lead, effects, cause)
        metrics.note(effects, tx.now)
    drain_after(tx, decided.freed)
    wake(tx, bench.wakes)
    return decided.states


def try_out(tx: Tx, steps: Sequence[Step], before: States) -> States:
    """What these steps would lead to. Nothing is locked, and nothing written."""
    wanted = all_of(step.wants(before[step.lead]) for step in steps)
    return _on_a_bench(tx, steps, before, wanted, lock=False)[0].states


def wants_the_rules(tx: Tx, lead: RoutedLead) -> Wanted:
    """What a decision looks at that may give the lead out by the rules."""
    return to_tell(lead, tx.agreement) | to_route(lead, tx.agreement, tx.now)


def wants_somebody_else(tx: Tx, lead: RoutedLead) -> Wanted:
    """The same where whoever has the lead, or is asked to take it over, can not have it any more."""
    return wants_the_rules(tx, lead) | to_ask_instead(lead, tx.agreement, tx.now)


def _on_a_bench(
    tx: Tx, steps: Sequence[Step], before: States, wanted: Wanted, *, lock: bool = True
) -> tuple[Decided, Bench]:
    while True:
        bench = load_bench(tx.conn, wanted, tx.agreement, tx.now, lock=lock)
        try:
            return _decide(tx, steps, before, bench), bench
        except NotOnTheBench as missing:
            # A decision went further down the rules than was foreseen: load that too, and decide anew.
            foreseen, wanted = wanted, wanted | _more(missing)
            if wanted == foreseen:  # Never for ever: one lead would hold up all.
                raise PolicyError(f"{str(missing)!r} is asked for, and can not be loaded") from missing


def _more(missing: NotOnTheBench) -> Wanted:
    return Wanted(teams=frozenset([missing.team])) if missing.team else to_give(missing.person)


def _decide(tx: Tx, steps: Sequence[Step], before: States, bench: Bench) -> Decided:
    decided = Decided(dict(before))
    for step in steps:
        lead = decided.states[step.lead]
        bench.begin()
        decision = step.decide(lead, _scene(tx, step, bench))
        after = kept_apart(lead, carried(lead, decision.state), tx.now)
        decision = Decision(after, decision.effects)
        had, has = carriers(lead), carriers(after)
        bench.moved(had, has)
        decided.note(step, lead, decision, had, has)
    return decided


def _scene(tx: Tx, step: Step, bench: Bench) -> Scene:
    def dice(name: str) -> Throw:
        return Throw(f"routing/{step.lead}/{name}")

    return Scene(step.lead, tx.now, tx.agreement, bench, dice, found=step.found)


def drain_after(tx: Tx, freed: Mapping[str, Cause]) -> None:
    """Somebody has room again: their teams' queues are looked through, in a transaction of their own."""
    if not freed:
        return
    cause = next(iter(freed.values()))
    room = teams_of(tx.conn, freed) & capped_by(tx.agreement)
    drain(tx, queues_for(room, tx.agreement), cause)


def wake(tx: Tx, wakes: Mapping[str, datetime]) -> None:
    """Look through these teams' queues when time alone may have helped, if nobody does so before."""
    if not wakes:
        return
    keys = {team_key(team): team for team in wakes}
    sooner = timers_of(tx.conn, keys, OPENING)
    for key, team in sorted(keys.items()):
        at = wakes[team]
        if not tx.now < sooner.get(key, tx.now) <= at:
            tx.carry_out(
                key, [SetTimer(OPENING, at, {"team": team})], Cause(f"opening/{team}/{at.isoformat()}")
            )


def drain(tx: Tx, teams: Iterable[str], cause: Cause) -> None:
    """Look through these teams' queues as soon as possible."""
    for team in sorted(teams):
        tx.carry_out(team_key(team), [SetTimer(DRAIN, tx.now, {"team": team})], cause)


def team_key(team: str) -> LeadId:
    """What a team's own timers are kept under, as those of leads are under their ids."""
    key = f"team/{team}"
    return LeadId(key if len(key) <= _KEY_MAX else f"team/{_digest_of(team)}")


def person_key(person: str) -> LeadId:
    """What a person's are kept under. It is shown when one is parked, so it does not say their address."""
    return LeadId(f"person/{_digest_of(person)}")


def _digest_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:40]
