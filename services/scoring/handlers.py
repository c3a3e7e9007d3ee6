"""What scoring does when something happens. Load, decide, save, say."""

from collections.abc import Sequence
from typing import Any

from services.scoring import store
from services.scoring.domain import policy
from services.scoring.domain.model import ScoredLead
from shared.contracts.envelope import Heard
from shared.effects import CommandRefused
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Fold a batch of events, those of one lead in order, and say what changed."""
    before = store.lead_states.lock(tx.conn, [event.lead for event in events])
    after = dict(before)
    for event in events:
        decision = policy.react(after[event.lead], event, tx.agreement, tx.now)
        after[event.lead] = decision.state
        tx.carry_out(event.lead, decision.effects, Cause.of(event))
    changed = {lead: state for lead, state in after.items() if state != before[lead]}
    store.lead_states.save(tx.conn, changed)


def scored_lead(tx: Tx, lead: LeadId) -> ScoredLead:
    """One lead with its score. Raises CommandRefused if it is unknown here, or its journey is over."""
    found = store.lead_states.read(tx.conn, [lead]).get(lead)
    if found is None or found.custody.standing == "none":
        raise CommandRefused("unknown", f"scoring knows no lead {lead}; it may not have been captured yet")
    if found.custody.standing == "ended":
        raise CommandRefused(
            "gone", f"the journey of {lead} is over ({found.custody.ending}); its score was dropped"
        )
    return found
