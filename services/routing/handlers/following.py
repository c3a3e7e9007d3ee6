"""What others are told of every lead: each chosen event of the bus becomes an errand for the CRM."""

from collections.abc import Sequence
from typing import Any

from services.routing.domain import crm
from services.routing.domain.model import RoutedLead
from services.routing.store.leads import lead_states
from shared.contracts.envelope import Heard
from shared.effects import Errand
from shared.runtime.tx import Cause, Tx


def follow(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Write them down for the CRM, those of a lead in order. Of whom was erased meanwhile nothing is said."""
    states = lead_states.read(tx.conn, [heard.lead for heard in events])
    for heard in events:
        state = states.get(heard.lead, RoutedLead())
        if state.custody.ending == "erased":
            continue
        errand = Errand(crm.DESTINATION, heard.event.TYPE, key=heard.id, body=crm.body_of(heard, state))
        tx.carry_out(heard.lead, [errand], Cause.of(heard))
