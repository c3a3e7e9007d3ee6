"""What must be true of how much somebody is given, and what: caps, paces, what was asked for, refusals."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import Final

from services.routing.domain.people.availability import off_shift_until
from services.routing.domain.people.bench import Rep
from services.routing.domain.steps.handoff import WHY
from services.routing.domain.turns.tally import GIVEN
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.routing import HandoffOffered, LeadAssigned, LeadRejected
from shared.terms import LeadId
from tests.simulation.clock_laws import _as_they_were
from tests.simulation.findings import Breach, Findings
from tests.simulation.route_laws import ANYWAY, is_taken_or_last

BY_TURN: Final = ("turn", "exclusive")


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of measure that is broken."""
    yield from no_day_is_too_full(found)
    yield from heaps_come_at_their_pace(found)
    yield from nobody_gets_back_what_they_let_go(found)
    yield from a_heap_has_no_clock(found)
    yield from the_first_open_are_at_work(found)
    yield from who_has_it_can_do_what_was_asked(found)
    yield from receipts_name_everybody(found)


def no_day_is_too_full(found: Findings) -> Iterator[Breach]:
    """Nobody has a turn who was given their day's leads, in the order of the ledger; unless it says so."""
    notes = _notes(found)
    had: Counter[tuple[str, str]] = Counter()
    for row in sorted(found.turns, key=lambda row: row.id):
        if row.kind not in GIVEN:
            continue
        if row.kind in BY_TURN and not notes.get((row.lead_id, row.at), "").count(ANYWAY):
            team = found.agreement_at("routing", row.at).teams.get(row.team)
            cap = team.at_most_per_day if team is not None else None
            if cap is not None and had[row.person, row.day] >= cap:
                what = f"{row.person} had {had[row.person, row.day]} of {cap} on {row.day} in {row.team}"
                yield Breach("no day is too full", what, row.lead_id)
        had[row.person, row.day] += 1


def heaps_come_at_their_pace(found: Findings) -> Iterator[Breach]:
    """Of what waited for its release nobody is given more in a day than was agreed."""
    given = (row for row in found.turns if row.kind in GIVEN and row.kind != "manual" and row.paced)
    released = Counter((row.person, row.day) for row in given)
    paces = [pace.per_rep_per_day for one in found.agreements.values() for pace in one.paces]
    for (person, day), count in released.items():
        if count > max(paces, default=0):
            yield Breach("heaps come at their pace", f"{person} was given {count} of a heap on {day}")


def nobody_gets_back_what_they_let_go(found: Findings) -> Iterator[Breach]:
    """Who rejected a lead, or let its clock run out so that it went on, has it no more by any turn."""
    for lead in found.handovers():
        let_go: dict[str, datetime] = {}
        holder = ""
        for heard in found.of_lead(lead):
            event = heard.event
            if isinstance(event, LeadRejected):
                let_go[event.by] = heard.at
            elif isinstance(event, DeadlineBreached) and event.what_follows == "reassign":
                let_go[holder] = heard.at
            elif isinstance(event, LeadAssigned):
                holder = event.owner.answers
            given = _given_by_turn(event, found.agreement_at("routing", heard.at).named)
            if given in let_go and heard.at > let_go[given]:
                yield Breach("nobody gets back what they let go", f"{given} has it again: {event}", lead)


def _given_by_turn(event: object, named: Set[str]) -> str | None:
    """Who is given a lead, or asked to take it over, and neither took it nor has it as a last resort."""
    if isinstance(event, HandoffOffered):
        return event.to if event.to not in named else None
    if isinstance(event, LeadAssigned) and event.owner.kind == "rep" and not is_taken_or_last(event):
        return event.owner.name
    return None


def who_has_it_can_do_what_was_asked(found: Findings) -> Iterator[Breach]:
    """Where the rule that decided asks for languages or skills, a member of its team has them."""
    for heard in found.said:
        event = heard.event
        if not isinstance(event, LeadAssigned) or not event.receipt.rules or event.why == WHY:
            continue
        receipt, rule = event.receipt, event.receipt.rules[-1]
        agreement = found.agreements[receipt.agreement]
        target = next((one.to for one in agreement.routing_rules if one.name == rule.name), None)
        if target is None or target.value != receipt.team or not (receipt.turn and rule.matched):
            continue
        rep = _as_they_were(found.reps, event.owner.name, receipt.at)
        if rep is not None and ANYWAY not in receipt.note and _lacks(rep, target.who):
            yield Breach("who has it can do what was asked", f"{rep} of {target}: {receipt.note}", heard.lead)


def _lacks(rep: Rep, who: Mapping[str, tuple[str, ...]]) -> bool:
    speaks = {code for language in rep.languages for code in (language, language.partition("-")[0])}
    return not (
        speaks.issuperset(who.get("speaks", ())) and set(rep.details.skills).issuperset(who.get("has", ()))
    )


def receipts_name_everybody(found: Findings) -> Iterator[Breach]:
    """Of all who could have had it only who has it is named without a reason why not."""
    for heard in found.said:
        event = heard.event
        if isinstance(event, LeadAssigned) and event.owner.kind == "rep" and event.receipt.turn:
            first = [one.person for one in event.receipt.candidates if not one.why_not]
            if first != [event.owner.name] and event.why != WHY:
                yield Breach("receipts name everybody", f"{event.owner.name} has it, of {first}", heard.lead)


def a_heap_has_no_clock(found: Findings) -> Iterator[Breach]:
    """While a lead waits for its release no clock runs."""
    for heard in found.said:
        event = heard.event
        if isinstance(event, LeadAssigned) and event.why == "paced" and event.deadlines:
            yield Breach("a heap has no clock", f"it waits with {event.deadlines}", heard.lead)


def the_first_open_are_at_work(found: Findings) -> Iterator[Breach]:
    """Who is given a lead as the first team that is open is at work."""
    for heard in found.said:
        event = heard.event
        if not isinstance(event, LeadAssigned) or "is the first team at work" not in event.receipt.note:
            continue
        rep = _as_they_were(found.reps, event.owner.name, event.receipt.at)
        agreement = found.agreements[event.receipt.agreement]
        if rep is not None and off_shift_until(rep, event.receipt.at, agreement) is not None:
            yield Breach("the first open are at work", f"{event.owner.name} is off shift", heard.lead)


def _notes(found: Findings) -> dict[tuple[LeadId, datetime], str]:
    notes: defaultdict[tuple[LeadId, datetime], str] = defaultdict(str)
    for heard in found.said:
        if isinstance(heard.event, LeadAssigned):
            notes[heard.lead, heard.event.receipt.at] += heard.event.receipt.note
    return notes
