"""Queues are looked through: when somebody has room again, and when a day begins or somebody is at work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.routing.domain.choosing.wanted import Wanted
from services.routing.domain.steps.fire import give_out
from services.routing.domain.steps.heap import release
from services.routing.handlers.deciding import DRAIN, OPENING, States, Step, drain, wake, wants_the_rules
from services.routing.store.leads import waiting_in
from shared.effects import FiredTimer
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

DRAIN_MAX: Final = 200
"""How many leads of one queue are looked at in one transaction."""
PURPOSES: Final = (DRAIN, OPENING)


@dataclass(frozen=True, slots=True)
class Look:
    """The head of one queue; `paced`: of what came in a heap, which somebody having room does not release."""

    team: str
    paced: bool
    leads: list[LeadId]
    cause: Cause


def looks_of(tx: Tx, timers: Sequence[FiredTimer]) -> list[Look]:
    """Into which queues to look, because of these timers."""
    drained = {timer.payload["team"]: timer for timer in timers if timer.purpose in PURPOSES}
    opened = {timer.payload["team"]: timer for timer in timers if timer.purpose == OPENING}
    return [
        Look(team, paced, waiting_in(tx.conn, team, DRAIN_MAX, paced=paced), Cause.of(timer))
        for paced, fired in ((False, drained), (True, opened))
        for team, timer in sorted(fired.items())
    ]


def locks_of(looks: Sequence[Look]) -> Wanted:
    """The teams of these queues, so that nothing comes into one meanwhile."""
    return Wanted(teams=frozenset(look.team for look in looks))


def steps_of(tx: Tx, looks: Sequence[Look]) -> list[Step]:
    """Give out what somebody can take, and release what came in a heap."""
    wants = partial(wants_the_rules, tx)
    return [
        Step(lead, look.cause, release if look.paced else give_out, wants)
        for look in looks
        for lead in look.leads
    ]


def follow_up(tx: Tx, looks: Sequence[Look], before: States, after: States) -> None:
    """Look again, in a transaction of its own, where there is more."""
    for look in looks:
        if not _is_more(tx, look, lambda lead: before[lead] != after[lead]):
            continue
        if look.paced:
            wake(tx, {look.team: tx.now})
        else:
            drain(tx, [look.team], look.cause)


def _is_more(tx: Tx, look: Look, gave_out: Callable[[LeadId], bool]) -> bool:
    """Whether to look again: a lead came into the queue while its team was not locked yet, or it is long."""
    left = set(waiting_in(tx.conn, look.team, DRAIN_MAX, paced=look.paced)) - set(look.leads)
    return bool(left) and (len(look.leads) < DRAIN_MAX or any(gave_out(lead) for lead in look.leads))
