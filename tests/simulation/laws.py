"""What must be true when bad luck is over: the promises, the conservation of leads, the batons' numbers."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from services.ingest.domain.delivery import delivery_of
from shared.contracts.clocks import DeadlineBreached, DeadlineMoved, DeadlineReminded
from shared.contracts.envelope import HOP_MAX, Event
from shared.contracts.ingest import ActivityRecorded, LeadCaptured
from shared.contracts.recycle import LeadRecycleRefused, LeadReturned, OwnerConfirmed
from shared.contracts.routing import LeadAbsorbed, LeadAssigned, LeadReEngaged, RepChanged
from shared.contracts.scoring import ScoringEvent
from shared.contracts.values import Deadline
from shared.terms import Consent, LeadId
from tests.simulation import act_laws, cap_laws, clock_laws, knowledge_laws, route_laws, score_laws, turn_laws
from tests.simulation.findings import Breach, Findings
from tests.simulation.senders import SOURCE
from tests.simulation.versions import in_force, wrongly_decided

COUNTED_EACH: Final[dict[str, type[Event]]] = {
    "reminded": DeadlineReminded,
    "breached": DeadlineBreached,
    "returned": LeadReturned,
    "refused": LeadRecycleRefused,
}
CLOCK_SET: Final = timedelta(minutes=2)
INFORMS: Final = (
    DeadlineReminded,
    DeadlineBreached,
    DeadlineMoved,
    LeadReEngaged,
    LeadAbsorbed,
    OwnerConfirmed,
)
"""What routing says of a lead without doing anything about its clock."""


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law that is broken."""
    yield from never_lost(found)
    yield from once_in_effect(found)
    yield from exactly_one_custodian(found)
    yield from consecutive_numbers(found)
    yield from settled(found)
    yield from held_by_someone_who_is_there(found)
    yield from who_is_away_gets_nothing(found)
    yield from refusals_are_respected(found)
    yield from signals_are_not_lost(found)
    yield from conserved(found)
    yield from receipts(found)
    yield from nothing_loops(found)
    yield from no_clock_missed(found)
    yield from each_deadline_once(found)
    yield from clock_laws.breaches(found)
    yield from the_ledger_agrees(found)
    yield from the_books_count_once(found)
    yield from score_laws.breaches(found)
    yield from turn_laws.breaches(found)
    yield from act_laws.breaches(found)
    yield from route_laws.breaches(found)
    yield from cap_laws.breaches(found)
    yield from knowledge_laws.breaches(found)
    yield from decided_by_what_was_in_force(found)


def decided_by_what_was_in_force(found: Findings) -> Iterator[Breach]:
    """Each decision names the version in force at its instant; in the end the last is in force everywhere."""
    for what, lead in wrongly_decided(found):
        yield Breach("decided by what was in force", what, lead)


def never_lost(found: Findings) -> Iterator[Breach]:
    """What was acknowledged is there: its raw body, its lead, and the event that says so."""
    captured = {e.lead for e in found.said if isinstance(e.event, LeadCaptured)}
    for webhook, lead in found.acknowledged.items():
        if delivery_of(SOURCE, f"id:{webhook}") not in found.deliveries:
            yield Breach("never lost", f"{webhook} was acknowledged and is gone", lead)
        if lead is not None and lead not in captured:
            yield Breach("never lost", f"{webhook} was acknowledged and its lead never captured", lead)


def once_in_effect(found: Findings) -> Iterator[Breach]:
    """Every delivery counts once: a lead's activities are numbered without gap or double."""
    counted: defaultdict[LeadId, Counter[int]] = defaultdict(Counter)
    for event in found.said:
        if isinstance(event.event, (LeadCaptured, ActivityRecorded)):
            counted[event.lead][event.event.activity.seq] += 1
    for lead, seqs in counted.items():
        if sorted(seqs) != list(range(1, len(seqs) + 1)) or max(seqs.values()) > 1:
            yield Breach("once in effect", f"activities are counted {dict(seqs)}", lead)


def exactly_one_custodian(found: Findings) -> Iterator[Breach]:
    """Whose journey goes on is held by exactly one service; whose journey is over, by none."""
    for lead in {e.lead for e in found.said if isinstance(e.event, LeadCaptured)}:
        views = {name: leads[lead] for name, leads in found.custodies.items() if lead in leads}
        holding = sorted(name for name, view in views.items() if view.ours)
        asked = sorted(name for name, view in views.items() if view.standing == "asked")
        ended = sorted(name for name, view in views.items() if view.standing == "ended")
        if ended and len(ended) != len(found.custodies):
            yield Breach("never without an owner", f"over for {ended}, yet not for all: {views}", lead)
        if not ended and len(holding) != 1:
            yield Breach(
                "never without an owner", f"held by {holding or 'nobody'}, asked {asked}: {views}", lead
            )


def consecutive_numbers(found: Findings) -> Iterator[Breach]:
    """The numbers that were said for a baton are 1, 2, 3 … each once, but for offers and refusals."""
    for lead, events in found.handovers().items():
        touched = [e.event.handover for e in events]
        numbers = sorted(h.number for h in touched if h.kind in ("open", "move", "take", "close"))
        if numbers != list(range(1, len(numbers) + 1)):
            yield Breach("numbers are consecutive", f"said were {numbers}", lead)
        if any(h.number not in numbers for h in touched if h.kind in ("offer", "refuse")):
            yield Breach("numbers are consecutive", "an offer of a number that was never held", lead)


def settled(found: Findings) -> Iterator[Breach]:
    """No offer is open longer than the clock of the track that was asked."""
    for name, leads in found.custodies.items():
        for lead, view in leads.items():
            if view.standing not in ("asked", "offering"):
                continue
            remembered = found.states["recycle"].get(lead)
            asked = remembered.asked if remembered is not None else None
            if asked is None or asked.due_at <= found.now:
                yield Breach("every offer is answered", f"{name} is still {view.standing}: {view}", lead)


def held_by_someone_who_is_there(found: Findings) -> Iterator[Breach]:
    """No lead is left with a rep who has left."""
    for lead, view in found.custodies["routing"].items():
        if view.ours and view.holder is not None and view.holder.answers not in found.there:
            yield Breach("never without an owner", f"{view.holder.answers} has left and still holds it", lead)


def who_is_away_gets_nothing(found: Findings) -> Iterator[Breach]:
    """While routing says that a rep is away, they are given no lead; clocks may be set by minutes."""
    said: defaultdict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for heard in found.said:
        if isinstance(heard.event, RepChanged):
            said[heard.event.person].append((heard.at, heard.event.away_until))
    for heard in found.said:
        event = heard.event
        if not isinstance(event, LeadAssigned) or event.owner.kind != "rep":
            continue
        if route_laws.is_taken_or_last(event) or route_laws.ANYWAY in event.receipt.note:
            continue
        around = [(at, until) for at, until in said[event.owner.name] if at <= heard.at + CLOCK_SET]
        until = max(around, key=lambda one: one[0])[1] if around else None
        is_sure = around and max(at for at, _ in around) < heard.at - CLOCK_SET
        if is_sure and until is not None and heard.at < until - CLOCK_SET:
            what = f"{event.owner.name}, away until {until}: {event.why}, {event.receipt.note}"
            yield Breach("who is away gets nothing", what, heard.lead)


def refusals_are_respected(found: Findings) -> Iterator[Breach]:
    """Whoever refused contact lies at the privacy desk, and nowhere else."""
    for lead, known in found.known.items():
        if known.consent is not Consent.DENIED or found.endings[lead] is not None:
            continue
        holders = [
            view.holder for leads in found.custodies.values() if (view := leads.get(lead)) and view.ours
        ]
        if [holder.name for holder in holders if holder is not None] != ["privacy"]:
            yield Breach("refusals are respected", f"held by {holders}", lead)


def signals_are_not_lost(found: Findings) -> Iterator[Breach]:
    """A lead that asked for a demo after it went to nurture does not stay there."""
    for lead, view in found.custodies["recycle"].items():
        scored = found.states["scoring"].get(lead)
        if view.standing != "holding" or view.holder is None or view.holder.kind != "track" or scored is None:
            continue
        never = found.states["recycle"][lead].stay.returns == "never"
        if scored.fast_seq > view.seen and not never:
            yield Breach(
                "signals are not lost", f"asked at {scored.fast_seq}, seen {view.seen}: {view}", lead
            )


def conserved(found: Findings) -> Iterator[Breach]:
    """captured = held + merged + erased + closed."""
    captured = {e.lead for e in found.said if isinstance(e.event, LeadCaptured)}
    fates = Counter(_fate(found, lead) for lead in captured)
    total = sum(fates[fate] for fate in ("held", "merged", "erased", "won", "closed"))
    if total != len(captured):
        yield Breach("conservation", f"{len(captured)} captured, but {dict(fates)}")


def _fate(found: Findings, lead: LeadId) -> str:
    for leads in found.custodies.values():
        view = leads.get(lead)
        if view is not None and view.ours:
            return "held"
        if view is not None and view.ending:
            return view.ending
    return "nobody's"


def receipts(found: Findings) -> Iterator[Breach]:
    """Every score and every assignment says by which agreement, the one in force when it was decided."""
    for event in found.said:
        said = event.event
        if not isinstance(said, (ScoringEvent, LeadAssigned)):
            continue
        # What was offered under one version may be accepted under the next: the receipt is that of the offer.
        then = in_force(found.versions[event.source], said.receipt.at)
        if said.receipt.agreement not in (event.agreement, then):
            what = f"{said.name()} names {said.receipt.agreement}, in force was {then}"
            yield Breach("every decision has a receipt", what, event.lead)


def nothing_loops(found: Findings) -> Iterator[Breach]:
    """Chains, rounds and reassignments are bounded; nothing but what puzzles is parked."""
    for event in found.said:
        if event.hop > HOP_MAX // 2:
            yield Breach(
                "nothing loops", f"{event.event.name()} is {event.hop} hops from its cause", event.lead
            )
    for service, rows in found.parked.items():
        for row in rows:
            if row.type != "webhook":
                yield Breach(
                    "nothing is parked by mistake", f"{service}: {row.type}: {row.reason}", row.lead_id
                )


def no_clock_missed(found: Findings) -> Iterator[Breach]:
    """Nothing that was due has been left: no timer, no unpublished event."""
    for name, waiting in found.waiting.items():
        if waiting.next_due_at is not None and waiting.next_due_at <= found.now:
            yield Breach("no clock missed", f"{name} has a timer that was due at {waiting.next_due_at}")
        if waiting.outbox:
            yield Breach("never lost", f"{name} has {waiting.outbox} events that were never published")


def each_deadline_once(found: Findings) -> Iterator[Breach]:
    """A deadline is reminded of and breached at most once; one that nobody met, exactly once."""
    times: Counter[tuple[type[Event], LeadId, Deadline]] = Counter(
        (type(e.event), e.lead, e.event.deadline)
        for e in found.said
        if isinstance(e.event, (DeadlineReminded, DeadlineBreached))
    )
    for (event, lead, deadline), count in times.items():
        if count > 1:
            yield Breach("no clock missed", f"{event.TYPE} {count} times: {deadline}", lead)
    for lead, deadline in _nobody_met(found):
        if not _breached(found, lead, deadline):
            yield Breach("no clock missed", f"it passed and was never breached: {deadline}", lead)


def _breached(found: Findings, lead: LeadId, deadline: Deadline) -> bool:
    """Whether it was said, at its instant or a later one: it moves while the rep can not be told."""
    return any(
        isinstance(e.event, DeadlineBreached)
        and (e.event.deadline.name, e.event.deadline.policy) == (deadline.name, deadline.policy)
        and e.event.deadline.due_at >= deadline.due_at
        for e in found.of_lead(lead)
    )


def _nobody_met(found: Findings) -> Iterator[tuple[LeadId, Deadline]]:
    """The deadlines of routing's last assignments, where nobody has done anything since and time is up."""
    last = {e.lead: e for e in found.said if e.source == "routing" and not isinstance(e.event, INFORMS)}
    for lead, view in found.custodies["routing"].items():
        assigned = last.get(lead)
        if view.standing != "holding" or assigned is None or not isinstance(assigned.event, LeadAssigned):
            continue
        running = {one.name: one for one in assigned.event.deadlines}
        for event in found.of_lead(lead):
            if isinstance(event.event, DeadlineMoved) and event.at >= assigned.at:
                running |= dict.fromkeys(running.keys() & {event.event.deadline.name}, event.event.deadline)
        yield from ((lead, one) for one in running.values() if one.due_at < found.now)


def the_ledger_agrees(found: Findings) -> Iterator[Breach]:
    """Minutes without an owner: 0."""
    if found.ledger.leads_without_owner or found.ledger.owner_gap_seconds:
        yield Breach("never without an owner", f"the ledger says {found.ledger}")


def the_books_count_once(found: Findings) -> Iterator[Breach]:
    """However often an event was delivered, it counts once."""
    counted = found.counts.totals
    for name, event in COUNTED_EACH.items():
        said = sum(isinstance(e.event, event) for e in found.said)
        if counted[name] != said:
            yield Breach(
                "once in effect", f"{name} is counted {counted[name]} times and was said {said} times"
            )
    captured = len({e.lead for e in found.said if isinstance(e.event, LeadCaptured)})
    if counted["captured"] != captured:
        yield Breach("once in effect", f"{counted['captured']} counted as captured, {captured} were")
