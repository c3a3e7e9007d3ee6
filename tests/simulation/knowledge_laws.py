"""What must be true of what services know of a person: the same everywhere, and it is acted upon."""

from collections import defaultdict
from collections.abc import Iterator

from shared.contracts.ingest import LeadErased, LeadMerged, OutcomeReported
from shared.contracts.routing import LeadClosed, LeadWon
from shared.terms import Consent, LeadId
from tests.simulation.findings import Breach, Findings


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of knowledge that is broken."""
    yield from consent_is_known_everywhere(found)
    yield from a_person_consents_once(found)
    yield from what_was_won_is_over(found)


def consent_is_known_everywhere(found: Findings) -> Iterator[Breach]:
    """Of a lead whose journey goes on every service knows what ingest knows; routing, if it has it."""
    for lead, known in found.known.items():
        if found.endings[lead] is not None:
            continue
        for name in ("scoring", "recycle", "routing"):
            state = found.states[name].get(lead)
            if state is None or (name == "routing" and not state.custody.ours):
                continue
            has = state.consent
            if name == "routing" and has is None:
                has = state.story.consent
            if has is not known.consent:
                what = f"{name} has {has}, ingest {known.consent}"
                yield Breach("consent is known everywhere", what, lead)


def a_person_consents_once(found: Findings) -> Iterator[Breach]:
    """All leads of one address know the same consent."""
    by_address: defaultdict[str, dict[LeadId, Consent]] = defaultdict(dict)
    for lead, known in found.known.items():
        if known.email is not None and found.endings[lead] is None:
            by_address[known.email.address][lead] = known.consent
    for leads in by_address.values():
        if len(set(leads.values())) > 1:
            yield Breach("a person consents once", f"their leads know {leads}", min(leads))


def what_was_won_is_over(found: Findings) -> Iterator[Breach]:
    """A deal that the CRM says was won ends the journey, whoever has the lead."""
    over = (LeadWon, LeadClosed, LeadMerged, LeadErased)
    ended = {heard.lead for heard in found.said if isinstance(heard.event, over)}
    for heard in found.said:
        is_won = isinstance(heard.event, OutcomeReported) and heard.event.outcome == "won"
        if is_won and heard.lead not in ended:
            yield Breach("what was won is over", f"the CRM said so at {heard.at}", heard.lead)
