"""Which leads are one person's, where each of their interests is a lead of its own."""

from collections import defaultdict
from collections.abc import Iterable

from services.ingest.domain.identity import Identity
from shared.terms import LeadId


class Persons:
    """Leads that share an identity, whatever their interests, are one person's; so are those in between."""

    def __init__(self) -> None:
        self._leads: defaultdict[Identity, set[LeadId]] = defaultdict(set)
        self._identities: defaultdict[LeadId, set[Identity]] = defaultdict(set)

    def note(self, lead: LeadId, identities: Iterable[Identity]) -> None:
        """The lead is known by these, too."""
        for one in identities:
            self._leads[one.anyhow].add(lead)
            self._identities[lead].add(one.anyhow)

    def leads_of(self, identities: Iterable[Identity]) -> set[LeadId]:
        """All leads of the person, or persons, whom these identify."""
        found: set[LeadId] = set()
        latest = self._next_to({one.anyhow for one in identities})
        while latest:
            found |= latest
            latest = self._next_to({one for lead in latest for one in self._identities[lead]}) - found
        return found

    def _next_to(self, shared: Iterable[Identity]) -> set[LeadId]:
        return {lead for one in shared for lead in self._leads.get(one, ())}
