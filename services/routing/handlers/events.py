"""What routing does when it hears of leads, when clocks run out, and when a rep could not be told."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from services.routing import metrics
from services.routing.domain import crm
from services.routing.domain.choosing.wanted import (
    Wanted,
    to_give,
    to_give_back,
    to_route,
    to_set_aside,
    to_tell,
)
from services.routing.domain.facts import Found
from services.routing.domain.model import RoutedLead, story_in
from services.routing.domain.steps.fire import fire
from services.routing.domain.steps.heap import in_fast_lane
from services.routing.domain.steps.hear import hear, with_activity
from services.routing.gateway.calendars import DESTINATION as CALENDARS
from services.routing.handlers import absences, calendars, queues, telling
from services.routing.handlers.absences import ABSENCE, follow_up, steps_of, turning
from services.routing.handlers.deciding import Step, decide_all, wake, wants_somebody_else, wants_the_rules
from services.routing.handlers.reckoning import RECKON, agreement_changed, next_in_line
from services.routing.handlers.spelling import as_known_here
from services.routing.store.leads import forget_errands
from services.routing.store.receipts import forget_receipts
from shared.contracts.envelope import Heard
from shared.contracts.ingest import ActivityRecorded, LeadErased, LeadMerged
from shared.contracts.recycle import LeadReturned
from shared.contracts.routing import LeadAbsorbed
from shared.contracts.scoring import LeadQualified, LeadSetAside
from shared.effects import FiredTimer
from shared.runtime.service import Agreements, Answer, DueErrand
from shared.runtime.tx import Cause, Tx

_ROUTING_RUNGS: Final = ("reassign", "give out")
_NOT_OF_LEADS: Final = (*queues.PURPOSES, ABSENCE, RECKON, telling.DIGEST, calendars.CALENDAR)


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Fold a batch of events, those of one lead in order, and say what changed."""
    decide_all(tx, [_hearing(tx, event) for event in as_known_here(tx, events)])
    erased = {event.lead for event in events if isinstance(event.event, LeadErased)}
    forget_errands(tx, erased)
    forget_receipts(tx.conn, erased)


def _hearing(tx: Tx, heard: Heard[Any]) -> Step:
    found = Found()
    return Step(
        heard.lead,
        Cause.of(heard),
        lambda lead, scene: hear(lead, heard, scene),
        partial(_wanted_to_hear, tx, heard.event, found),
        found,
    )


def _wanted_to_hear(tx: Tx, event: Any, found: Found, lead: RoutedLead) -> Wanted:
    wanted = to_tell(lead, tx.agreement)
    match event:
        case ActivityRecorded() if lead.position is not None:
            fast = in_fast_lane(with_activity(lead, event.activity), tx.agreement, tx.now)
            return wanted if fast is None else wanted | to_route(fast, tx.agreement, tx.now, found=found)
        case LeadMerged():
            return wanted | (to_give_back(lead) if lead.dispute is not None else Wanted())
        case LeadAbsorbed():
            return wanted | to_give(event.holder.name if event.holder.kind == "rep" else None)
        case LeadQualified() if event.handover is None:
            return wanted
        case LeadQualified():
            return wanted | to_route(lead, tx.agreement, tx.now, story_in(event), found)
        case LeadSetAside() | LeadReturned() if event.whose is not None:
            return wanted | to_set_aside(event.whose, lead, tx.agreement, tx.now, story_in(event), found)
        case LeadReturned():
            return (
                wanted | to_give(event.prefer) | to_route(lead, tx.agreement, tx.now, story_in(event), found)
            )
    return wanted


def on_timers(tx: Tx, timers: Sequence[FiredTimer], agreements: Agreements) -> None:
    """Fire what is due: clocks of leads in order, absences, then the queues into which somebody may look."""
    turn = turning(tx, [timer for timer in timers if timer.purpose == ABSENCE])
    telling.let_go(tx, [timer for timer in timers if timer.purpose == telling.DIGEST])
    calendars.due(tx, [timer for timer in timers if timer.purpose == calendars.CALENDAR])
    looks = queues.looks_of(tx, timers)
    steps = next_in_line(tx, [timer for timer in timers if timer.purpose == RECKON], agreements)
    steps += [_firing(tx, timer) for timer in timers if timer.purpose not in _NOT_OF_LEADS]
    steps += [*steps_of(tx, turn), *queues.steps_of(tx, looks)]
    locks = queues.locks_of(looks) | turn.wanted
    known = replace(locks, teams=locks.teams & tx.agreement.teams.keys())
    before, after = decide_all(tx, steps, also=known)
    follow_up(tx, turn)
    queues.follow_up(tx, looks, before, after)


def _firing(tx: Tx, timer: FiredTimer) -> Step:
    def wants(lead: RoutedLead) -> Wanted:
        if timer.purpose == "untold":
            return wants_somebody_else(tx, lead)
        due = (rung for clock in lead.ticking for rung in clock.rungs if rung.at <= tx.now)
        if any(rung.do in _ROUTING_RUNGS for rung in due):
            return wants_the_rules(tx, lead)
        return to_tell(lead, tx.agreement)

    return Step(timer.lead, Cause.of(timer), lambda lead, scene: fire(lead, timer, scene), wants)


def on_agreement(tx: Tx) -> None:
    """A version has taken over: absences and queues are looked at anew, and clocks computed by it."""
    absences.on_agreement(tx)
    agreement_changed(tx)
    wake(tx, dict.fromkeys(tx.agreement.teams, tx.now))


def on_answer(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """A rep who could not be told does not know: whoever answers for their team's queue is told instead."""
    if errand.destination == CALENDARS:
        return  # What became of it was noted when it was read.
    if errand.destination == crm.DESTINATION:
        if not answer.delivered:
            metrics.not_handed_over.labels(errand.action).inc()
    elif answer.delivered:
        telling.delivered(tx, errand, answer)
    else:
        telling.given_up(tx, errand, answer)
