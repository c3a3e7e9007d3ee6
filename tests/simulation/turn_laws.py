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
