"""What must be true of the debt ledger when bad luck is over: a line for each lead that was given."""

from collections import Counter
from collections.abc import Iterator

from services.routing.domain.steps.handoff import WHY
from services.routing.domain.turns.tally import GIVEN
from shared.contracts.routing import HandoffOffered, LeadAssigned
from tests.simulation.findings import Breach, Findings


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of the ledger that is broken."""
    yield from each_lead_given_is_a_line(found)
    yield from a_turn_counts_what_its_receipt_says(found)
    yield from what_is_given_back_was_taken(found)


def each_lead_given_is_a_line(found: Findings) -> Iterator[Breach]:
    """Whoever was assigned a lead, or asked to take it over, has one line for it, and nobody else has."""
    said: Counter[tuple[str, str]] = Counter()
    for heard in found.said:
        event = heard.event
        if isinstance(event, LeadAssigned) and event.owner.kind == "rep" and event.why != WHY:
            said[heard.lead, event.owner.name] += 1
        elif isinstance(event, HandoffOffered):
            said[heard.lead, event.to] += 1
    written = Counter((row.lead_id, row.person) for row in found.turns if row.kind in GIVEN)
    for lead, person in sorted((said - written) + (written - said)):
        what = f"{person} was given it {said[lead, person]} times, and has {written[lead, person]} lines"
        yield Breach("each lead given is a line of the ledger", what, lead)


def a_turn_counts_what_its_receipt_says(found: Findings) -> Iterator[Breach]:
    """A lead counts as much in the ledger as its receipt says, and nowhere else for more than 1."""
    said: Counter[tuple[str, str, str, int]] = Counter()
    for heard in found.said:
        event = heard.event
        if isinstance(event, LeadAssigned) and event.receipt.team is not None and event.receipt.turn:
            said[heard.lead, event.owner.name, event.receipt.team, event.receipt.worth] += 1
    written = Counter(_turns(found, "turn"))
    more = Counter({line: count for line, count in written.items() if line[3] > 1})
    for line in sorted((said - written) + (more - said)):
        lead, person, team, worth = line
        what = f"{person} in {team}: {worth}, {said[line]} times by receipts, {written[line]} by the ledger"
        yield Breach("a turn counts what its receipt says", what, lead)


def what_is_given_back_was_taken(found: Findings) -> Iterator[Breach]:
    """Each credit is for a turn of the same person, team and worth, and no turn is given back twice."""
    taken, given_back = Counter(_turns(found, "turn")), Counter(_turns(found, "credit"))
    for lead, person, team, worth in sorted(given_back - taken):
        yield Breach("what is given back was taken", f"{worth} of {person} in {team}", lead)


def _turns(found: Findings, kind: str) -> list[tuple[str, str, str, int]]:
    return [(row.lead_id, row.person, row.team, row.worth) for row in found.turns if row.kind == kind]
