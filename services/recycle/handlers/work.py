"""Events, timers, the tool's answers and its call back: what recycle does with leads."""

from collections.abc import Sequence
from typing import Any

from services.recycle.domain import policy
from services.recycle.domain.nurture import START, Kept
from services.recycle.domain.scene import Scene
from services.recycle.handlers import bookkeeping
from services.recycle.store.leads import lead_states
from shared.baton import Holder
from shared.contracts.envelope import Heard
from shared.contracts.routing import RepChanged
from shared.effects import FiredTimer
from shared.runtime.service import Answer, DueErrand
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Fold a batch: leads first, those of one lead in order; then the books, in one go."""
    of_leads = [event for event in events if not isinstance(event.event, RepChanged)]
    before = lead_states.lock(tx.conn, [event.lead for event in of_leads])
    after = dict(before)
    for event in of_leads:
        decision = policy.react(after[event.lead], event, _scene(tx, event.lead))
        after[event.lead] = decision.state
        tx.carry_out(event.lead, decision.effects, Cause.of(event))
    bookkeeping.note(tx, events, of_leads, after)
    lead_states.save(tx.conn, {lead: state for lead, state in after.items() if state != before[lead]})


def on_timers(tx: Tx, timers: Sequence[FiredTimer]) -> None:
    """An acknowledgement is overdue, or an earliest return has come."""
    before = lead_states.lock(tx.conn, [timer.lead for timer in timers])
    after = dict(before)
    for timer in timers:
        decision = policy.fire(after[timer.lead], timer, _scene(tx, timer.lead))
        after[timer.lead] = decision.state
        tx.carry_out(timer.lead, decision.effects, Cause.of(timer))
    lead_states.save(tx.conn, {lead: state for lead, state in after.items() if state != before[lead]})


def on_answer(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """What became of telling the tool. Only "start" can be an acknowledgement; the rest needs no answer."""
    if errand.action != START or answer.body.get("moot"):
        return
    number = int(errand.body["number"])
    lead = lead_states.lock(tx.conn, [errand.lead])[errand.lead]
    if answer.delivered:
        decision = policy.delivered(lead, number, errand.destination, _scene(tx, errand.lead))
    else:
        decision = policy.undelivered(lead, number, answer.detail, _scene(tx, errand.lead))
    cause = Cause(f"errand/{errand.key}", errand.hop, errand.traceparent)
    _carry_out(tx, errand.lead, decision, cause)


def acknowledge(tx: Tx, lead_id: LeadId, number: int) -> Holder | None:
    """The tool calls back: it has this lead. Returns who answers now. Raises CommandRefused."""
    lead = lead_states.lock(tx.conn, [lead_id])[lead_id]
    decision = policy.acknowledge(lead, number, _scene(tx, lead_id))
    hop = lead.asked.hop if lead.asked is not None else 0
    _carry_out(tx, lead_id, decision, Cause(f"command/acknowledge/{lead_id}/{number}", hop))
    return decision.state.custody.holder


def _scene(tx: Tx, lead: LeadId) -> Scene:
    return Scene(lead, tx.agreement, tx.now)


def _carry_out(tx: Tx, lead: LeadId, decision: Kept, cause: Cause) -> None:
    lead_states.save(tx.conn, {lead: decision.state})
    tx.carry_out(lead, decision.effects, cause)
