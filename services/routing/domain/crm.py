"""What the CRM, or a spreadsheet, is told of leads: chosen events, each with whom it is about."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from services.routing.domain.model import RoutedLead
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import LeadMerged
from shared.contracts.meetings import MeetingBooked, MeetingCancelled, MeetingHeld, MeetingMissed
from shared.contracts.routing import (
    LeadAccepted,
    LeadAssigned,
    LeadClosed,
    LeadContacted,
    LeadDisqualified,
    LeadLost,
    LeadSalesQualified,
    LeadStalled,
    LeadWon,
)
from shared.terms import LeadId

DESTINATION: Final = "crm"
CONTRACTS: Final[tuple[type[Event], ...]] = (
    LeadAssigned,
    LeadAccepted,
    LeadContacted,
    MeetingBooked,
    MeetingHeld,
    MeetingMissed,
    MeetingCancelled,
    LeadSalesQualified,
    LeadDisqualified,
    LeadStalled,
    LeadWon,
    LeadLost,
    LeadClosed,
    LeadMerged,
)
EventType = Literal[
    "lead.assigned",
    "lead.accepted",
    "lead.contacted",
    "meeting.booked",
    "meeting.held",
    "meeting.missed",
    "meeting.cancelled",
    "lead.sales_qualified",
    "lead.disqualified",
    "lead.stalled",
    "lead.won",
    "lead.lost",
    "lead.closed",
    "lead.merged",
]
_LEFT_OUT: Final = frozenset(["handover", "receipt", "snapshot", "captured_at"])
"""What is Baton's own, or of the person: that is read when the message goes out, and kept nowhere else."""


def body_of(heard: Heard[Any], state: RoutedLead) -> dict[str, Any]:
    """What is kept of an event until the CRM has it. It may have it late: the number is that of now."""
    handover = heard.event.handover
    number = handover.number if handover is not None else state.custody.number
    said: dict[str, Any] = msgspec.to_builtins(heard.event)
    data = {name: value for name, value in said.items() if name not in _LEFT_OUT}
    return {"type": heard.event.TYPE, "timestamp": heard.at.isoformat(), "data": {"number": number, **data}}


def message(body: Mapping[str, Any], lead: LeadId, state: RoutedLead) -> dict[str, Any]:
    """The message, as Standard Webhooks recommends it: type, timestamp, data."""
    return {**body, "data": {"lead": lead, **_person(state), **body["data"]}}


def _person(state: RoutedLead) -> dict[str, Any]:
    """Who it is, as long as routing has them: whoever was given away or closed goes by the lead's id."""
    if state.snapshot is None:
        return {}
    told = state.snapshot
    return {
        "person": msgspec.to_builtins(told.person),
        "email": told.email.address if told.email else None,
        "company": msgspec.to_builtins(told.company),
        "own_ids": dict(told.own_ids),
        "score": told.score,
        "grade": told.grade,
    }
