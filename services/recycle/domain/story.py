"""A lead's story in words: a sentence an event. What a rep needs to know; no address, no phone number."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from shared.baton import Holder
from shared.contracts.clocks import (
    DeadlineBreached,
    DeadlineMoved,
    DeadlineReminded,
    LeadResumed,
    LeadSnoozed,
)
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    OutcomeReported,
)
from shared.contracts.meetings import (
    MeetingBooked,
    MeetingCancelled,
    MeetingEvent,
    MeetingHeld,
    MeetingMissed,
)
from shared.contracts.recycle import (
    DisputeOpened,
    DisputeRuled,
    LeadRecycled,
    LeadRecycleRefused,
    LeadReturned,
    OwnerConfirmed,
    OwnerMissing,
    OwnerRestored,
)
from shared.contracts.routing import (
    BY_CONSENT,
    HandoffOffered,
    HandoffRefused,
    LeadAbsorbed,
    LeadAccepted,
    LeadAssigned,
    LeadClosed,
    LeadContacted,
    LeadDisqualified,
    LeadLost,
    LeadReEngaged,
    LeadRejected,
    LeadSalesQualified,
    LeadStalled,
    LeadWon,
)
from shared.contracts.scoring import (
    LeadCooled,
    LeadNotQualified,
    LeadQualified,
    LeadScored,
    LeadSetAside,
)
from shared.contracts.values import Activity


def tell(heard: Heard[Any]) -> str:
    """One event as a sentence."""
    told = _SENTENCES.get(type(heard.event))
    sentence = told(heard.event) if told is not None else heard.event.TYPE
    # An address stays as it is written.
    return f"T{sentence[1:]}" if sentence.startswith("the ") else sentence


def holder_in_words(holder: Holder | None) -> str:
    """Who holds a lead, and who answers."""
    if holder is None:
        return "nobody known"
    if holder.kind == "rep":
        return holder.answers
    if holder.kind == "intake":
        return f"the intake desk ({holder.answers})"
    return f"the {holder.kind} {holder.name} ({holder.answers})"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _did(activity: Activity) -> str:
    about = activity.url or activity.asset or activity.product
    said = f'; they wrote: "{activity.message}"' if activity.message else ""
    return f"{activity.type}{f' ({about})' if about else ''} through {activity.source}{said}"


def _and(*parts: str | None) -> str:
    """What follows a sentence, where there is something."""
    return "".join(f"; {part}" for part in parts if part)


def _heard(event: DeadlineReminded | LeadReEngaged, verb: str) -> str:
    if event.no_address:
        return f"{event.no_address} was not {verb}: the roster has no address for them"
    return f"{event.told} was {verb}" if event.told else ""


def _captured(event: LeadCaptured) -> str:
    of = f" of {event.company.name}" if event.company.name else ""
    before = f"; the same person was lead {event.earlier}" if event.earlier else ""
    campaign = f", campaign {event.campaign}" if event.campaign else ""
    holder = holder_in_words(event.handover.taker) if event.handover else "nobody"
    how = f"by {event.how} from {event.source}{campaign}"
    return f"Captured{of} {how}: {_did(event.activity)}{before}; {holder} answers"


def _updated(event: LeadUpdated) -> str:
    said = ", ".join(f"{field} ({source})" for field, source in sorted(event.said_by.items()))
    return f"Known better now: {said or 'its facts were confirmed'}"


def _counted_as(event: LeadSetAside) -> str:
    return f", counts as {event.counts_as}" if event.counts_as else ""


def _score(event: Any) -> str:
    return f"score {event.score}, grade {event.grade}"


def _qualified(event: LeadQualified) -> str:
    then = "; offered to routing" if event.handover else ""
    return f"It is an MQL by its {event.why}: {_score(event)}{then}"


def _not_qualified(event: LeadNotQualified) -> str:
    to = f" It goes to {holder_in_words(event.to)}." if event.to else ""
    what = "An MQL that does not go to sales" if event.mql else "No MQL"
    return f"{what}: {event.reason or 'the definition is not met'} ({_score(event)}).{to}"


def _assigned(event: LeadAssigned) -> str:
    clocks = ", ".join(f"{one.name} by {_when(one.due_at)}" for one in event.deadlines)
    return (
        f"{holder_in_words(event.owner)} answers now ({event.why})"
        f"{_and(clocks, event.receipt.note, event.infeasible, *event.missed)}"
    )


def _given_up(event: LeadDisqualified | LeadLost) -> str:
    who = "Contact was refused, so sales" if event.by == BY_CONSENT else event.by
    again = f"revisit on {event.revisit_on}" if event.revisit_on else ""
    reason = f"{event.reason}{f', {event.sub_reason}' if event.sub_reason else ''}"
    return f"{who} gives it back: {reason}{_and(event.note, again)}"


def _recycled(event: LeadRecycled) -> str:
    early = f"not before {_when(event.not_before)}" if event.not_before else ""
    why = event.receipt.why if event.receipt else event.reason
    back = f"what brings it back: {event.condition}" if event.condition else ""
    return f"{holder_in_words(event.owner)} answers now ({why}){_and(early, back)}"


def _returned(event: LeadReturned) -> str:
    if event.whose is not None:
        return f"It leaves nurture: {event.signal}"
    what = "leaves nurture for the first time" if event.first_time else f"returns, round {event.round}"
    avoid = f"not to {event.avoid}" if event.avoid else ""
    prefer = f"rather to {event.prefer}" if event.prefer else ""
    return f"It {what}: {event.signal}{_and(avoid, prefer)}"


def _breached(event: DeadlineBreached) -> str:
    then = f"then: {event.what_follows}" if event.what_follows else ""
    who = f"The team of {event.owner}, who was off shift," if event.off_shift else event.owner
    clock = f"{who} missed the {event.deadline.name} clock of '{event.deadline.policy}'"
    down = "Baton was not running when it ran out" if event.outage else ""
    return f"{clock} by {event.late_by_s} s{_and(down, _spent(event.spent), then, *event.missed)}"


def _spent(spent: Mapping[str, int]) -> str:
    """Whose time it was, if it was not all of one."""
    return ", ".join(f"{whose} {seconds} s" for whose, seconds in spent.items()) if len(spent) > 1 else ""


def _contacted(event: LeadContacted) -> str:
    way = "reached out" if event.direction == "out" else "was reached"
    more = _and(event.outcome, event.note, _reported(event))
    return f"{event.by} {way} by {event.channel}, attempt {event.attempt}{more}"


def _reported(event: LeadContacted | MeetingEvent) -> str:
    """A rep's own word is told apart from what a tool saw."""
    return f"reported by {event.through or 'a tool'}" if event.reported_by == "tool" else ""


def _booked(event: MeetingBooked) -> str:
    moved = f"instead of {_when(event.instead_of)}" if event.instead_of else ""
    more = _and(moved, event.note, _reported(event))
    return f"A meeting with {event.attendee} is booked for {_when(event.starts_at)}{more}"


_BECAME: Final[dict[type[MeetingEvent], str]] = {
    MeetingHeld: "took place",
    MeetingMissed: "was missed by the lead",
    MeetingCancelled: "was called off",
}


def _met(event: MeetingHeld | MeetingMissed | MeetingCancelled) -> str:
    clocks = ", ".join(f"{one.name} by {_when(one.due_at)}" for one in event.deadlines)
    more = _and(event.note, _reported(event), clocks)
    return f"The meeting with {event.attendee} {_BECAME[type(event)]}{more}"


def _offered(event: HandoffOffered) -> str:
    until = f"until then {event.answers} answers" if event.answers else ""
    return f"Offered to {event.to}, who must answer by {_when(event.due_at)}{_and(until)}"


def _not_taken(event: HandoffRefused) -> str:
    answers = f"{event.answers} answers" if event.answers else ""
    return f"{event.by} did not take it: {event.reason}{_and(answers)}"


def _ruled(event: DisputeRuled) -> str:
    if event.ruling == "silence":
        return f"Nobody ruled on the dispute in time; {event.by} has it"
    return f"The dispute was ruled for {event.ruling} by {event.by}{_and(event.note)}"


def _disputed(event: DisputeOpened) -> str:
    arbiter = f"{event.arbiter or 'the arbiter'} rules by {_when(event.ruled_by)}"
    return f"{event.by} opened a dispute: {event.reason}{_and(event.note, arbiter)}"


def _sales_qualified(event: LeadSalesQualified) -> str:
    return f"{event.by} qualified it{_and(*(f'{k}: {v}' for k, v in event.answers.items()))}"


def _outcome(event: OutcomeReported) -> str:
    worth = f" {event.value} {event.currency or ''}".rstrip() if event.value else ""
    return f"The CRM reports: {event.outcome}{worth}{_and(event.reason)}"


def _won(event: LeadWon) -> str:
    return f"Won{f': {event.value} {event.currency or str()}'.rstrip() if event.value else ''} ({event.by})"


_SENTENCES: Final[dict[type[Event], Callable[[Any], str]]] = {
    LeadCaptured: _captured,
    LeadUpdated: _updated,
    ActivityRecorded: lambda e: f"Activity {e.activity.seq}: {_did(e.activity)}",
    ConsentChanged: lambda e: f"Consent ({e.channel}) is {e.consent.value} now",
    LeadMerged: lambda e: f"It was one with lead {e.survivor}, which goes on{_and(e.proved_by)}",
    LeadErased: lambda e: "The person asked to be forgotten",
    OutcomeReported: _outcome,
    LeadScored: lambda e: f"Scored: {_score(e)}",
    LeadQualified: _qualified,
    LeadNotQualified: _not_qualified,
    LeadSetAside: lambda e: f"Set aside by the rule '{e.rule}'{_counted_as(e)} ({_score(e)})",
    LeadCooled: lambda e: f"Cooled: {_score(e)} since {_when(e.since)}",
    LeadAssigned: _assigned,
    LeadAccepted: lambda e: f"{e.by} accepted it",
    LeadRejected: lambda e: f"{e.by} rejected it: {e.reason} (then: {e.what_follows}){_and(e.note)}",
    LeadContacted: _contacted,
    MeetingBooked: _booked,
    MeetingHeld: _met,
    MeetingMissed: _met,
    MeetingCancelled: _met,
    LeadSnoozed: lambda e: f"{e.by} waits for it until {_when(e.until)}: {e.reason}",
    LeadResumed: lambda e: f"The waiting is over: {e.because}",
    LeadReEngaged: lambda e: f"It acts again ({e.activity_type}){_and(_heard(e, 'told'))}",
    LeadSalesQualified: _sales_qualified,
    LeadDisqualified: _given_up,
    LeadLost: _given_up,
    LeadStalled: lambda e: f"Nobody has touched it since {_when(e.since)}: stalled",
    HandoffOffered: _offered,
    HandoffRefused: _not_taken,
    LeadWon: _won,
    LeadClosed: lambda e: f"Closed by {e.by}: {e.reason}{_and(e.note)}",
    LeadAbsorbed: lambda e: f"Lead {e.absorbed} was merged into it; {holder_in_words(e.holder)} had it",
    DeadlineReminded: lambda e: (
        f"{e.deadline.name} is due {_when(e.deadline.due_at)}{_and(_heard(e, 'reminded'))}"
    ),
    DeadlineBreached: _breached,
    DeadlineMoved: lambda e: (
        f"{e.deadline.name} is due {_when(e.deadline.due_at)} now, not {_when(e.was_due_at)}: {e.because}"
    ),
    LeadRecycled: _recycled,
    LeadRecycleRefused: lambda e: f"The track {e.track} did not take it: {e.reason}",
    LeadReturned: _returned,
    OwnerMissing: lambda e: f"The auditor asks {e.custodian} who answers: {e.problem}",
    OwnerRestored: lambda e: f"It has an owner again ({e.by}), after {e.for_s:g} s",
    OwnerConfirmed: lambda e: f"Confirmed: {holder_in_words(e.holder)} holds number {e.number}",
    DisputeOpened: _disputed,
    DisputeRuled: _ruled,
}
TOLD: Final = tuple(_SENTENCES)
"""All contracts that are about a lead; the others are about a company or a colleague."""
