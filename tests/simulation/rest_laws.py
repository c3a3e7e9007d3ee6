"""What must be true when nothing moves any more: whatever could go on has gone on."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select

from services.recycle import tables as recycle_tables
from services.recycle.domain.policy import settle
from services.recycle.domain.scene import Scene as RecycleScene
from services.recycle.store.leads import lead_states as recycle_states
from services.routing import tables as routing_tables
from services.routing.domain.model import RoutedLead
from services.routing.domain.steps.fire import give_out
from services.routing.domain.steps.heap import release
from services.routing.domain.steps.leave import away
from services.routing.handlers.deciding import Step, try_out, wants_somebody_else
from services.routing.handlers.fairness import fairness_of
from services.routing.store.leads import lead_states as routing_states
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from tests.simulation.findings import Breach, Read

CLOSE: Final = 1e-6
"""Shares are exact, and shown as decimal numbers."""


def breaches(read: Read) -> Iterator[Breach]:
    """Every lead that waits for nothing."""
    for lead, was, now in read("routing", _given_out):
        yield Breach("what waits goes out as soon as somebody can take it", f"{was} -> {now}", lead)
    for lead, was, now in read("routing", _passed_on):
        yield Breach("a cover has what they hold", f"{was} -> {now}", lead)
    for lead, what in read("routing", _timers_differ):
        yield Breach("a timer is what its lead waits for", what, lead)
    for team, what in read("routing", _figures_differ):
        yield Breach("the figures of a team add up", f"{team}: {what}")
    for lead, what in read("recycle", _goes_on):
        yield Breach("nurture does what follows from what it knows", what, lead)


def _given_out(tx: Tx) -> list[tuple[LeadId, object, object]]:
    def step(lead: LeadId, state: RoutedLead) -> Step:
        decide = give_out if state.position is None else release
        return Step(lead, Cause("law"), decide, partial(wants_somebody_else, tx))

    return _moves(tx, lambda state: state.waiting and not (state.position and _is_for_somebody(state)), step)


def _is_for_somebody(state: RoutedLead) -> bool:
    """Whether somebody is named for it: of a heap it waits for them, also when they go away meanwhile."""
    account = state.story.account
    return state.whose is not None or (account is not None and account.owner is not None)


def _has_room_again(after: RoutedLead, tx: Tx) -> bool:
    """Whether whoever would be given it may have been at a cap: room releases nothing of a heap."""
    return tx.agreement.teams[after.team or ""].at_most_open is not None


def _passed_on(tx: Tx) -> list[tuple[LeadId, object, object]]:
    def step(lead: LeadId, state: RoutedLead) -> Step:
        person = state.custody.holder.answers if state.custody.holder is not None else ""
        return Step(
            lead,
            Cause("law"),
            lambda state, scene: away(state, person, scene),
            partial(wants_somebody_else, tx),
        )

    return _moves(tx, lambda state: not state.fallback, step)


def _timers_differ(tx: Tx) -> list[tuple[LeadId, str]]:
    timers = tx.tables.timers
    set_for: defaultdict[LeadId, dict[str, datetime]] = defaultdict(dict)
    for row in tx.conn.execute(select(timers.c.lead_id, timers.c.purpose, timers.c.due_at)):
        set_for[LeadId(row.lead_id)][row.purpose] = row.due_at
    return [
        (lead, f"it waits for {state.waits}, set is {set_for[lead]}")
        for lead, state in _states(tx).items()
        if set_for[lead] != state.waits
    ]


def _figures_differ(tx: Tx) -> list[tuple[str, str]]:
    found = []
    for team in tx.agreement.teams:
        members = fairness_of(tx, team).members
        worth = sum(member.worth for member in members)
        sums = (sum(member.share for member in members), sum(member.by_weight for member in members))
        if any(abs(one - worth) > CLOSE for one in sums):
            found.append((team, f"turns are worth {worth}, shares and weights sum up to {sums}"))
    return found


def _states(tx: Tx) -> Mapping[LeadId, RoutedLead]:
    ids = [LeadId(one) for one in tx.conn.execute(select(routing_tables.leads.c.lead_id)).scalars()]
    found: Mapping[LeadId, RoutedLead] = routing_states.read(tx.conn, sorted(ids))
    return found


def _moves(
    tx: Tx, meant: Callable[[RoutedLead], bool], step: Callable[[LeadId, RoutedLead], Step]
) -> list[tuple[LeadId, object, object]]:
    """Leads that would move if they were looked at, each by itself."""
    found: list[tuple[LeadId, object, object]] = []
    for lead, state in _states(tx).items():
        if state.holding and meant(state):
            after = try_out(tx, [step(lead, state)], {lead: state})[lead]
            if after.custody != state.custody and not (state.position and _has_room_again(after, tx)):
                found.append((lead, state.custody.holder, after.custody.holder))
    return found


def _goes_on(tx: Tx) -> list[tuple[LeadId, str]]:
    ids = [LeadId(one) for one in tx.conn.execute(select(recycle_tables.leads.c.lead_id)).scalars()]
    states = recycle_states.read(tx.conn, sorted(ids))
    decided = {
        lead: settle(state, RecycleScene(lead, tx.agreement, tx.now)) for lead, state in states.items()
    }
    return [
        (lead, f"{states[lead].custody} -> {decision.effects[0]}")
        for lead, decision in decided.items()
        if decision.effects
    ]
