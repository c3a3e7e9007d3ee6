"""What routing does when it hears of leads, when clocks run out, and when a rep could not be told."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from services.routing import metrics
from services.routing.domain import crm
from services.routing.domain.fire import fire, give_out
from services.routing.domain.hear import hear
from services.routing.domain.model import RoutedLead, story_in
from services.routing.domain.wanted import Wanted, to_give, to_have_from, to_route, to_tell
from services.routing.handlers import absences, telling
from services.routing.handlers.absences import ABSENCE, follow_up, steps_of, turning
from services.routing.handlers.deciding import DRAIN, Step, decide_all, drain
from services.routing.handlers.reckoning import RECKON, agreement_changed, next_in_line
from services.routing.store.leads import forget_errands, waiting_in
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadErased
from shared.contracts.recycle import LeadReturned
from shared.contracts.routing import LeadAbsorbed
from shared.contracts.scoring import LeadQualified, LeadSetAside
from shared.effects import FiredTimer
from shared.runtime.service import Agreements, Answer, DueErrand
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

DRAIN_MAX: Final = 200
"""How many leads of one queue are looked at in one transaction."""
_ROUTING_RUNGS: Final = ("reassign", "give out")
_NOT_OF_LEADS: Final = (DRAIN, ABSENCE, RECKON, telling.DIGEST)


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Fold a batch of events, those of one lead in order, and say what changed."""
    decide_all(tx, [_hearing(tx, event) for event in events])
    forget_errands(tx, {event.lead for event in events if isinstance(event.event, LeadErased)})


def _hearing(tx: Tx, heard: Heard[Any]) -> Step:
    return Step(
        heard.lead,
        lambda _: Cause.of(heard),
        lambda lead, scene: hear(lead, heard, scene),
        partial(_wanted_to_hear, tx, heard.event),
    )


def _wanted_to_hear(tx: Tx, event: Any, lead: RoutedLead) -> Wanted:
    wanted = to_tell(lead, tx.agreement)
    match event:
        case LeadAbsorbed():
            return wanted | to_give(event.holder.name if event.holder.kind == "rep" else None)
        case LeadQualified() if event.handover is None:
            return wanted
        case LeadQualified():
            return wanted | to_route(lead, tx.agreement, tx.now, story_in(event))
        case LeadReturned():
            return wanted | to_give(event.prefer) | to_route(lead, tx.agreement, tx.now, story_in(event))
        case LeadSetAside():
            named = to_give(event.person) | Wanted(told=frozenset([event.tell] if event.tell else []))
            if event.team and event.team in tx.agreement.teams:
                return wanted | named | to_have_from(event.team, tx.agreement)
            return wanted | named | to_route(lead, tx.agreement, tx.now, story_in(event))
    return wanted


def on_timers(tx: Tx, timers: Sequence[FiredTimer], agreements: Agreements) -> None:
    """Fire what is due: clocks of leads in order, absences, then the queues into which somebody may look."""
    turn = turning(tx, [timer for timer in timers if timer.purpose == ABSENCE])
    draining = {timer.payload["team"]: timer for timer in timers if timer.purpose == DRAIN}
    telling.let_go(tx, [timer for timer in timers if timer.purpose == telling.DIGEST])
    heads = {team: waiting_in(tx.conn, team, DRAIN_MAX) for team in sorted(draining)}
    steps = next_in_line(tx, [timer for timer in timers if timer.purpose == RECKON], agreements)
    steps += [_firing(tx, timer) for timer in timers if timer.purpose not in _NOT_OF_LEADS]
    steps += steps_of(tx, turn)
    steps += [
        _giving_out(tx, lead, Cause.of(draining[team])) for team, leads in heads.items() for lead in leads
    ]
    locks = Wanted(teams=frozenset(draining)) | turn.wanted
    known = replace(locks, teams=locks.teams & tx.agreement.teams.keys())
    before, after = decide_all(tx, steps, also=known)
    follow_up(tx, turn)
    for team, looked_at in heads.items():
        if _is_more(tx, team, looked_at, lambda lead: before[lead] != after[lead]):
            drain(tx, [team], Cause.of(draining[team]))


def _is_more(tx: Tx, team: str, looked_at: Sequence[LeadId], gave_out: Callable[[LeadId], bool]) -> bool:
    """Whether to look again: a lead came into the queue while its team was not locked yet, or it is long."""
    left = set(waiting_in(tx.conn, team, DRAIN_MAX)) - set(looked_at)
    return bool(left) and (len(looked_at) < DRAIN_MAX or any(gave_out(lead) for lead in looked_at))


def _firing(tx: Tx, timer: FiredTimer) -> Step:
    def wants(lead: RoutedLead) -> Wanted:
        wanted = to_tell(lead, tx.agreement)
        if timer.purpose == "untold":
            return wanted | to_route(lead, tx.agreement, tx.now)
        rungs = [rung for clock in lead.ticking for rung in clock.rungs]
        if any(rung.at <= tx.now and rung.do in _ROUTING_RUNGS for rung in rungs):
            return wanted | to_route(lead, tx.agreement, tx.now)
        return wanted

    return Step(timer.lead, lambda _: Cause.of(timer), lambda lead, scene: fire(lead, timer, scene), wants)


def _giving_out(tx: Tx, lead: LeadId, cause: Cause) -> Step:
    def wants(state: RoutedLead) -> Wanted:
        return to_tell(state, tx.agreement) | to_route(state, tx.agreement, tx.now)

    return Step(lead, lambda _: cause, give_out, wants)


def on_agreement(tx: Tx) -> None:
    """A version has taken over: absences are looked at anew, and clocks computed by it."""
    absences.on_agreement(tx)
    agreement_changed(tx)


def on_answer(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """A rep who could not be told does not know: whoever answers for their team's queue is told instead."""
    if errand.destination == crm.DESTINATION:
        if not answer.delivered:
            metrics.not_handed_over.labels(errand.action).inc()
    elif answer.delivered:
        telling.delivered(tx, errand, answer)
    else:
        telling.given_up(tx, errand, answer)
