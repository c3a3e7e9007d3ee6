"""Laws of admission, on groups that nobody thought of: a group is decided as its members would be alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.ingest.domain.admit import (
    Admission,
    Admitted,
    Candidate,
    Captured,
    ConsentGiven,
    Merged,
    Recorded,
    Repeated,
    admit,
)
from services.ingest.domain.delivery import delivery_of, lead_id
from services.ingest.domain.identity import Identity, identities
from services.ingest.domain.known import Known
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.persons import Persons
from services.ingest.domain.sources import Kind, Source
from shared.terms import Consent, LeadId

NOW = datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)
CRM = Source("crm", Kind.STANDARD)


@dataclass
class Shelf:
    """What a store would keep, in the plainest way."""

    leads: dict[LeadId, Known] = field(default_factory=dict)
    identities: dict[Identity, LeadId] = field(default_factory=dict)
    deliveries: dict[str, LeadId] = field(default_factory=dict)
    said: list[Admission] = field(default_factory=list)

    def let_in(self, group: Sequence[Candidate]) -> None:
        everyone = self.persons().leads_of(identity for one in group for identity in one.identities)
        known = {i: self.leads[lead] for i, lead in self.identities.items() if lead in everyone}
        born = max((lead.born for lead in self.leads.values()), default=0) + 1
        self.keep(admit(group, known, self.deliveries, born))

    def keep(self, admitted: Admitted) -> None:
        self.leads |= admitted.leads
        self.identities = {i: admitted.follow.get(lead, lead) for i, lead in self.identities.items()}
        self.identities |= admitted.identities
        self.deliveries |= {one.delivery: one.lead for one in admitted.admissions}
        self.said += admitted.admissions

    def persons(self) -> Persons:
        found = Persons()
        for identity, lead in self.identities.items():
            found.note(lead, [identity])
        return found

    def close(self, lead: LeadId) -> None:
        self.leads[lead] = replace(self.leads[lead], closed=True)


rows = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@x.example", "b@x.example"]),
        "phone": st.sampled_from(["+351210000000", "+12125550100"]),
        "own_id": st.sampled_from(["1", "2"]),
        "title": st.sampled_from(["CEO", "COO"]),
        "consent": st.sampled_from(["yes", "unsubscribed"]),
        "interest": st.sampled_from(["planner", "insight"]),
    },
).filter(lambda row: bool(row.keys() & {"email", "phone", "own_id"}))


def candidate(number: int, row: dict[str, str]) -> Candidate:
    said = submission_from(CRM, row, NOW)
    delivery = delivery_of("crm", str(number))
    known_by = identities(said, said.interest)
    return Candidate(said, delivery, lead_id(delivery), known_by, said.interest)


candidates = st.lists(st.builds(candidate, st.integers(0, 9), rows), max_size=7)


@given(candidates, candidates, st.data())
def test_a_group_is_decided_as_its_members_would_be_alone(
    first: list[Candidate], second: list[Candidate], data: st.DataObject
) -> None:
    together, alone = Shelf(), Shelf()
    for group in (first, second):
        together.let_in(group)
        for one in group:
            alone.let_in([one])
        living = sorted(lead for lead, known in together.leads.items() if not known.merged_into)
        for lead in data.draw(st.lists(st.sampled_from(living), unique=True) if living else st.just([])):
            together.close(lead)
            alone.close(lead)
    assert together.said == alone.said
    assert together.identities == alone.identities
    assert together.deliveries == alone.deliveries


@given(st.lists(candidates, max_size=3))
def test_every_identity_leads_to_one_living_lead_and_every_activity_counts_once(
    groups: list[list[Candidate]],
) -> None:
    shelf = Shelf()
    for group in groups:
        shelf.let_in(group)
    assert all(shelf.leads[lead].merged_into is None for lead in shelf.identities.values())
    outcomes = [outcome for one in shelf.said for outcome in one.outcomes]
    captured = [one.lead.id for one in outcomes if isinstance(one, Captured)]
    assert sorted(captured) == sorted(shelf.leads)
    absorbed = [one.absorbed for one in outcomes if isinstance(one, Merged)]
    assert sorted(absorbed) == sorted(lead for lead, known in shelf.leads.items() if known.merged_into)
    for lead, known in shelf.leads.items():
        seqs = [1, *(one.activity.seq for one in outcomes if isinstance(one, Recorded) and one.lead == lead)]
        assert seqs == list(range(1, known.seq + 1))
    deliveries = [one.delivery for one in shelf.said if not isinstance(one.outcomes[0], Repeated)]
    assert len(deliveries) == len(set(deliveries))


@given(st.lists(candidates, max_size=3), st.data())
def test_all_leads_of_a_person_have_one_consent_and_it_is_what_was_said_of_them_last(
    groups: list[list[Candidate]], data: st.DataObject
) -> None:
    shelf = Shelf()
    for group in groups:
        shelf.let_in(group)
        if data.draw(st.booleans()) and shelf.identities:
            shelf.close(data.draw(st.sampled_from(sorted(shelf.identities.values()))))
    said: dict[LeadId, Consent] = {}
    for outcome in (outcome for one in shelf.said for outcome in one.outcomes):
        if isinstance(outcome, Captured):
            said[outcome.lead.id] = outcome.lead.consent
        if isinstance(outcome, ConsentGiven):
            said[outcome.lead] = outcome.now
    persons = shelf.persons()
    for identity in shelf.identities:
        assert len({said[lead] for lead in persons.leads_of([identity])}) == 1
    assert all(said[lead] is shelf.leads[lead].consent for lead in shelf.identities.values())
