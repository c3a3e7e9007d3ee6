"""Rare events that a run of all seeds must meet; one that is never met is not tested."""

from collections import Counter
from datetime import timedelta
from typing import Any, Final

from shared.contracts.envelope import Heard
from tests.simulation.findings import Findings
from tests.simulation.luck import Luck

_ASKED_NO_MORE: Final = ("is absent", "has left", "could not be told")
LONGEST: Final = timedelta(hours=4)
"""No clock of an assignment allows more time than this."""
REQUIRED: Final = frozenset(
    {
        "crash at begin",
        "crash at commit",
        "crash at committed",
        "crash at published",
        "crash at handled",
        "crash at answered",
        "a delivery is repeated",
        "a service is paused",
        "the clock is set",
        "a tool fails",
        "a tool hears the same key again",
        "an answer is lost",
        "a late acknowledgement is refused",
        "a tombstone comes before the first event",
        "a signal comes during an offer",
        "a leaver during an offer",
        "a rep is away",
        "a rep is paused",
        "a lead is routed again",
        "a cover takes over",
        "a command meets a lead that has moved on",
        "a turn counts for more than one",
        "more than one turn is given back at once",
        "a lead is merged",
        "a lead is erased",
        "a lead returns from nurture",
        "a desk takes at the second refusal",
        "a closed lead comes again",
        "consent is withdrawn",
        "a lead is set aside to somebody",
        "a lead is set aside to a desk",
        "somebody is told of what is set aside",
        "a handed-on lead turns out to be somebody else's",
        "nurture gives a lead to whose it is",
        "an account is heard of after its lead",
        "an MQL that nobody took cools",
        "what cooled is given up",
        "a version takes over later than it was meant to",
        "a version is brought after its instant",
        "a clock stood still until somebody was told",
        "a digest is read",
        "a deadline is computed anew by the roster",
        "a deadline is computed anew by the agreement",
        "a rep does: snooze",
        "a rep does: book a meeting",
        "a rep does: hold a meeting",
        "a rep does: miss a meeting",
        "a rep does: cancel a meeting",
        "a tool reports a meeting",
        "a dispute is ruled",
        "a hand-off lapses",
        "somebody else is asked to take a lead over",
        "a lead that somebody waits for acts",
        "a clock stands still at night",
        "a step of the ladder is slept through",
        # In the richer world.
        "a heap comes",
        "a heap waits",
        "a merge is asked for",
        "consent is granted",
        "consent is denied",
        "the CRM says: won",
        "the CRM says: lost",
        "the CRM says: opportunity",
        "a team is paused",
        "an absence is planned or taken back",
        "the roster is changed",
        "a roster names a team that is no more",
        "a deputy takes a lead from a queue",
        "a manager acts for a rep",
        "leads are routed again by a condition",
        "a score is contested",
        "a tool is cut off",
        "who is named by the agreement does not leave",
        "a version is held up by what it drops",
        "a lead overflows",
        "a lead is assigned anyway",
        "the first team at work has a lead",
        "the account's owner comes first",
        "only one can take a lead",
        "the least loaded has a lead",
        "a lead goes to who had it before",
    }
)
_SAID_BY_RECEIPTS: Final = {
    "it came in a heap": "a heap waits",
    "so it overflows to": "a lead overflows",
    "so it is assigned anyway": "a lead is assigned anyway",
    "is the first team at work": "the first team at work has a lead",
    "owns the account, and comes first": "the account's owner comes first",
    "only ": "only one can take a lead",
    "has the fewest open leads": "the least loaded has a lead",
    "had it before": "a lead goes to who had it before",
}
"""Words of a receipt, and what they mark."""


def mark(luck: Luck, found: Findings) -> None:
    """Count the rare events that are seen from what was said, and from what is left."""
    said = Counter(event.event.TYPE for event in found.said)
    marks = luck.marks
    marks["a lead is merged"] += said["lead.merged"]
    marks["a lead returns from nurture"] += said["lead.returned"]
    marks["a cover takes over"] += sum(
        e.event.TYPE == "lead.assigned" and e.event.why == "covered" for e in found.said
    )
    marks["a track refuses"] += said["lead.recycle_refused"]
    marks["consent is withdrawn"] += said["consent.changed"]
    marks["a hand-off is offered"] += said["handoff.offered"]
    worth = Counter((row.kind, row.worth > 1) for row in found.turns)
    marks["a turn counts for more than one"] += worth["turn", True]
    marks["more than one turn is given back at once"] += worth["credit", True]
    _mark_set_aside(marks, found)
    _mark_receipts(marks, found)
    _mark_versions(marks, found)
    marks["a clock stood still until somebody was told"] += _late_by_the_system(found)
    marks["an MQL that nobody took cools"] += said["lead.cooled"]
    marks["what cooled is given up"] += sum(
        e.event.TYPE == "lead.disqualified" and e.event.reason == "cooled" for e in found.said
    )
    marks["an account is heard of after its lead"] += sum(
        e.event.TYPE == "lead.scored" and e.event.account is not None for e in found.said
    )
    _mark_clocks(marks, found)
    marks["a dispute is ruled"] += sum(e.event.TYPE == "dispute.ruled" for e in found.said)
    again = [e for e in found.said if e.event.TYPE == "lead.captured" and e.event.earlier]
    marks["a closed lead comes again"] += len(again)
    marks["a tombstone comes before the first event"] += _tombstones_first(found)
    for lead in found.handovers():
        events = found.of_lead(lead)
        marks["a signal comes during an offer"] += _signals_during_offers(events)
        marks["a desk takes at the second refusal"] += _desks_after_refusals(events)
    for name in [name for name, count in marks.items() if not count]:
        del marks[name]


def _mark_receipts(marks: Counter[str], found: Findings) -> None:
    for event in (e.event for e in found.said if e.event.TYPE == "lead.assigned"):
        for words, what in _SAID_BY_RECEIPTS.items():
            marks[what] += words in event.receipt.note


def _mark_versions(marks: Counter[str], found: Findings) -> None:
    first = next(iter(found.agreements))
    for row in (row for rows in found.versions.values() for row in rows if row.ref != first):
        is_late = row.takes_over_at is not None and row.takes_over_at > row.effective_from
        marks["a version takes over later than it was meant to"] += is_late
        marks["a version is held up by what it drops"] += row.takes_over_at is None


def _mark_set_aside(marks: Counter[str], found: Findings) -> None:
    marks["a lead is set aside to somebody"] += sum(
        e.event.TYPE == "lead.set_aside" and e.event.handover is not None for e in found.said
    )
    marks["a lead is set aside to a desk"] += sum(
        e.event.TYPE == "lead.not_qualified" and e.event.receipt.set_aside is not None for e in found.said
    )
    marks["a handed-on lead turns out to be somebody else's"] += sum(
        e.event.TYPE == "lead.set_aside" and e.event.handover is None and e.event.desk is None
        for e in found.said
    )
    marks["nurture gives a lead to whose it is"] += sum(
        e.event.TYPE == "lead.returned" and e.event.whose is not None for e in found.said
    )


def _mark_clocks(marks: Counter[str], found: Findings) -> None:
    for event in (e.event for e in found.said if e.source == "routing"):
        match event.TYPE:
            case "deadline.moved":
                by = "roster" if event.because == "the roster has changed" else "agreement"
                marks[f"a deadline is computed anew by the {by}"] += 1
            case "lead.resumed":
                marks["a lead that somebody waits for acts"] += event.because.startswith("it acts again")
            case "meeting.booked":
                marks["a tool reports a meeting"] += event.reported_by == "tool"
            case "handoff.refused":
                marks["a hand-off lapses"] += event.reason == "no answer in time"
                marks["somebody else is asked to take a lead over"] += event.reason in _ASKED_NO_MORE
            case "lead.assigned" | "deadline.breached":
                marks["a step of the ladder is slept through"] += bool(event.missed)
    marks["a clock stands still at night"] += sum(
        e.event.deadlines[0].due_at - e.at > LONGEST
        for e in found.said
        if e.event.TYPE == "lead.assigned" and e.event.deadlines
    )


def _late_by_the_system(found: Findings) -> int:
    return sum(e.event.TYPE == "deadline.breached" and "system" in e.event.spent for e in found.said)


def _tombstones_first(found: Findings) -> int:
    """Leads that routing or recycle first heard of by their end."""
    ended = [
        view
        for name in ("routing", "recycle")
        for view in found.custodies[name].values()
        if view.ending in ("erased", "merged") and view.number == 0
    ]
    return len(ended)


def _signals_during_offers(events: list[Heard[Any]]) -> int:
    met, is_open = 0, False
    for event in events:
        handover = event.event.handover
        if handover is not None:
            is_open = handover.kind == "offer"
        elif is_open and event.event.TYPE == "activity.recorded":
            met += 1
    return met


def _desks_after_refusals(events: list[Heard[Any]]) -> int:
    met, refused = 0, False
    for event in events:
        handover = event.event.handover
        if event.event.TYPE == "lead.recycle_refused":
            refused = True
        elif (
            refused and handover is not None and handover.taker is not None and handover.taker.kind == "desk"
        ):
            met, refused = met + 1, False
    return met
