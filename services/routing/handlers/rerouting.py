"""Leads that went the wrong way are found by time and condition, and routed again; or only tried out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.routing.domain.choosing.wanted import Wanted, to_give_back
from services.routing.domain.facts import facts_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.rerouting import held_back, rerouted
from services.routing.handlers.deciding import Step, decide_all, try_out, wants_the_rules
from services.routing.store.leads import held_since, lead_states
from shared.agreement.conditions.when import Condition
from shared.baton import Holder
from shared.effects import nothing
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

REROUTED_MAX: Final = 500
"""How many leads are looked at in one transaction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which leads: assigned in this time, of which `where` holds, and whether also what a rep has accepted.

    `after`: the last lead that was looked at before, to go on.
    """

    since: datetime
    by: str
    because: str
    until: datetime | None = None
    where: Condition | None = None
    accepted: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """One lead, who had it and who has it now; `held_back`: why it was not looked at."""

    lead: LeadId
    was: Holder
    now: Holder
    note: str = ""
    held_back: str = ""


def reroute(tx: Tx, wish: Wish, *, dry: bool = False) -> tuple[list[Moved], str]:
    """Route these leads again. Returns what became of each, and after which to go on; "" after the last.

    `dry`: nothing is written; say what would happen.
    """
    found = held_since(tx.conn, wish.since, wish.until, wish.after, REROUTED_MAX)
    states = lead_states.read(tx.conn, found)
    meant = [lead for lead in found if _is_meant(states[lead], wish, tx.now)]
    steps = [_again(tx, lead, wish) for lead in meant]
    if dry:
        before = {lead: states[lead] for lead in meant}
        after = try_out(tx, steps, before)
    else:
        before, after = (dict(both) for both in decide_all(tx, steps))
    moved = [_moved(lead, before[lead], after[lead], wish) for lead in meant]
    return moved, found[-1] if len(found) == REROUTED_MAX else ""


def _is_meant(lead: RoutedLead, wish: Wish, now: datetime) -> bool:
    if lead.since is None or lead.since < wish.since or (wish.until is not None and lead.since > wish.until):
        return False
    return wish.where is None or wish.where.holds(facts_of(lead.story, rounds=lead.custody.rounds, now=now))


def _again(tx: Tx, lead: LeadId, wish: Wish) -> Step:
    def decide(state: RoutedLead, scene: Scene) -> Routed:
        # It is locked only now: it may have moved, or been accepted, since it was found.
        if held_back(state, accepted=wish.accepted) or not _is_meant(state, wish, tx.now):
            return nothing(state)
        return rerouted(state, wish.because, wish.by, scene)

    def wants(state: RoutedLead) -> Wanted:
        return wants_the_rules(tx, state) | to_give_back(state)

    return Step(lead, lambda state: Cause(f"reroute/{lead}/{state.custody.number}"), decide, wants)


def _moved(lead: LeadId, before: RoutedLead, after: RoutedLead, wish: Wish) -> Moved:
    was, now = before.custody.holder, after.custody.holder
    assert was is not None, "routing held it"
    assert now is not None, "and does now"
    note = after.receipt.note if after.receipt is not None and before.custody != after.custody else ""
    return Moved(lead, was, now, note, held_back(before, accepted=wish.accepted))
