"""What must hold of what the CRM was told, whatever happened on the way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from services.routing.domain.crm import CONTRACTS
from shared.contracts.ingest import LeadErased
from shared.terms import LeadId
from tests.simulation.findings import Breach, Findings

URL: Final = "http://crm.example/baton"
Told = tuple[str, str]
"""The type of an event, and when it was said."""


class Crm:
    """A CRM that writes down what it hears, each message once."""

    def __init__(self) -> None:
        self.heard: defaultdict[LeadId, list[Told]] = defaultdict(list)

    def hear(self, document: Mapping[str, Any]) -> None:
        self.heard[LeadId(document["data"]["lead"])].append((document["type"], document["timestamp"]))


def breaches(found: Findings, heard: Mapping[LeadId, Sequence[Told]]) -> Iterator[Breach]:
    """The CRM has heard all that was said of a lead, in order; of one that was erased perhaps less."""
    said: defaultdict[tuple[LeadId, str], list[Told]] = defaultdict(list)
    for event in found.said:
        if isinstance(event.event, CONTRACTS):
            said[event.lead, event.source].append((event.event.TYPE, event.at.isoformat()))
    erased = {event.lead for event in found.said if isinstance(event.event, LeadErased)}
    for (lead, source), wanted in said.items():
        mine = [one for one in heard.get(lead, []) if one in wanted]
        if mine != ([one for one in wanted if one in mine] if lead in erased else wanted):
            yield Breach("the CRM hears in order", f"of what {source} said, {wanted}, it heard {mine}", lead)
