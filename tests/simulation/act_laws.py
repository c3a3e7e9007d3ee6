"""What must be true of what reps do: disputes end, meetings keep leads from stalling, somebody answers."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Heard
from shared.contracts.meetings import MeetingBooked, MeetingCancelled, MeetingHeld, MeetingMissed
from shared.contracts.recycle import DisputeOpened, DisputeRuled
from shared.contracts.routing import (
    HandoffOffered,
    LeadAssigned,
    LeadDisqualified,
    LeadLost,
    LeadStalled,
)
from tests.simulation.findings import Breach, Findings
from tests.simulation.firms import ARBITER

_GIVEN_UP = (LeadDisqualified, LeadLost)


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of deeds that is broken."""
    for lead in found.handovers():
        events = found.of_lead(lead)
        if found.endings.get(lead) not in ("erased", "merged"):
            yield from disputes_are_opened_and_ruled_once(events)
        of_routing = [event for event in events if event.source == "routing"]
        yield from nothing_stalls_before_its_meeting(of_routing)
        yield from who_answers_during_an_offer_is_said(of_routing)


def is_disputed(event: Any, so_far: bool) -> bool:
    """Whether a dispute is open after this event."""
    return event.why == "disputed" if isinstance(event, LeadAssigned) else so_far


def disputes_are_opened_and_ruled_once(events: list[Heard[Any]]) -> Iterator[Breach]:
    """Recycle says what routing's arbiter did, no less and no more; routing leads again rules on nothing."""
    did: Counter[str] = Counter()
    is_open = False
    for event in (one.event for one in events):
        is_ruled, is_open = is_open, is_disputed(event, is_open)
        match event:
            case LeadAssigned(why="disputed"):
                did["opened"] += 1
            case DisputeOpened():
                did["opened"] -= 1
            case LeadAssigned(why="rerouted", by=by) if is_ruled and by == ARBITER:
                did["marketing"] += 1
            case LeadDisqualified(by=by) if by == ARBITER:
                did["sales"] += 1
            case DisputeRuled(ruling=ruling) if ruling != "silence":
                did[ruling] -= 1
    if any(did.values()):
        yield Breach("disputes are told", f"more or fewer than there were: {dict(did)}", events[0].lead)


def nothing_stalls_before_its_meeting(of_routing: list[Heard[Any]]) -> Iterator[Breach]:
    """A lead with a meeting ahead is nobody's forgotten lead."""
    ahead: datetime | None = None
    for heard in of_routing:
        if isinstance(heard.event, MeetingBooked):
            ahead = heard.event.starts_at
        elif isinstance(heard.event, (MeetingHeld, MeetingMissed, MeetingCancelled, *_GIVEN_UP)):
            ahead = None
        elif isinstance(heard.event, LeadStalled) and ahead is not None:
            if ahead > heard.at:
                yield Breach("meetings keep from stalling", f"{heard.at}: one is at {ahead}", heard.lead)
            ahead = None


def who_answers_during_an_offer_is_said(of_routing: list[Heard[Any]]) -> Iterator[Breach]:
    """Until the account executive says yes, it is the one who held the lead before."""
    owner: str | None = None
    for heard in of_routing:
        if isinstance(heard.event, LeadAssigned):
            owner = heard.event.owner.answers
        elif isinstance(heard.event, HandoffOffered) and heard.event.answers != owner:
            what = f"{heard.event.answers} is said to answer during an offer, {owner} does"
            yield Breach("somebody answers during an offer", what, heard.lead)
