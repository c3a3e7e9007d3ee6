"""Whose lead is it? Decides for a group of submissions: a new lead, a known one, or two that are one."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from services.ingest.domain.identity import Identity
from services.ingest.domain.known import (
    Known,
    again,
    agreed,
    changed_fields,
    is_taken_back,
    joined,
    strictest,
    told,
)
from services.ingest.domain.persons import Persons
from services.ingest.domain.submission import Submission
from shared.contracts.values import Activity
from shared.terms import Consent, LeadId


@dataclass(frozen=True, slots=True)
class Candidate:
    """One submission that asks to be let in. `delivery` names its cause, `lead` is the id for a new lead.

    `interest`: what it is about, where the agreement keeps one lead per person and interest. `late`: it was
    said before what has come since.
    """

    submission: Submission
    delivery: str
    lead: LeadId
    identities: tuple[Identity, ...]
    interest: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Captured:
    """A new person: `lead.captured`. `earlier` is the closed lead they were, if they come again."""

    lead: Known
    activity: Activity
    submission: Submission
    earlier: Known | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """Two leads were one: `lead.merged`, keyed by the absorbed one, which `proof` showed."""

    survivor: LeadId
    absorbed: LeadId
    proof: Identity


@dataclass(frozen=True, slots=True)
class Updated:
    """We know more of a known lead: `lead.updated`, the lead as it is now and who said what changed."""

    lead: Known
    said_by: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What may be done with the person changed: `consent.changed`. `proof`: the delivery that says so."""

    lead: LeadId
    was: Consent
    now: Consent
    proof: str
    source: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A known lead did something: `activity.recorded`."""

    lead: LeadId
    activity: Activity


@dataclass(frozen=True, slots=True)
class Repeated:
    """This delivery came before: nothing to say, and the answer is the one that it got then."""

    lead: LeadId


Outcome = Captured | Merged | Updated | ConsentGiven | Recorded | Repeated


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of one candidate: its lead, and the outcomes in the order in which they are said."""

    delivery: str
    lead: LeadId
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What became of a group, and what the store has to write.

    `leads`: every lead that is new or changed, as it is now, the absorbed ones included. `identities`: which
    lead each of the group's identities points to now. `follow`: where all other identities of a lead go as
    well, because it was absorbed, or is closed and has a successor.
    """

    admissions: tuple[Admission, ...]
    leads: Mapping[LeadId, Known]
    identities: Mapping[Identity, LeadId]
    follow: Mapping[LeadId, LeadId]


def admit(
    group: Sequence[Candidate],
    known: Mapping[Identity, Known],
    delivered: Mapping[str, LeadId],
    born: int,
) -> Admitted:
    """Decides for a group, one after the other, so that members may meet each other's leads.

    `known`: the lead behind each identity of the group, and behind all others of the same persons; never an
    absorbed one. `delivered`: which of the group's deliveries came before, and to which lead they went.
    `born`: above that of every lead there is, such as the instant in microseconds; new leads count up.
    """
    fold = _Fold(known, delivered, born)
    admissions = tuple(fold.admit(candidate) for candidate in group)
    return Admitted(
        admissions,
        {lead.id: lead for lead in fold.leads.values() if lead != fold.before.get(lead.id)},
        {identity: fold.root(lead) for identity, lead in fold.identities.items()},
        {lead: fold.root(lead) for lead in fold.follow},
    )


class _Fold:
    """The state between two members of a group."""

    def __init__(self, known: Mapping[Identity, Known], delivered: Mapping[str, LeadId], born: int) -> None:
        self.before = {lead.id: lead for lead in known.values()}
        self.leads = dict(self.before)
        self.identities = {identity: lead.id for identity, lead in known.items()}
        self.persons = Persons()
        for identity, lead in known.items():
            self.persons.note(lead.id, [identity])
        self.follow: dict[LeadId, LeadId] = {}
        self.delivered = dict(delivered)
        self.born = born

    def admit(self, candidate: Candidate) -> Admission:
        first = self.delivered.get(candidate.delivery)
        if first is not None:
            return Admission(candidate.delivery, first, (Repeated(first),))
        candidate = self.heard(candidate)
        hits = self.hits(candidate.identities)
        living = [lead for lead in hits if not lead.closed]
        closed = [lead for lead in hits if lead.closed]
        if living:
            lead, outcomes = self.come_in(candidate, living, closed)
        else:
            lead, outcomes = self.start(candidate, closed)
        for gone in closed:
            self.follow[gone.id] = lead
        self.identities.update(dict.fromkeys(candidate.identities, lead))
        for identity in candidate.identities:
            self.identities.setdefault(identity.anyhow, lead)
        self.persons.note(lead, candidate.identities)
        self.delivered[candidate.delivery] = lead
        return Admission(candidate.delivery, lead, (*outcomes, *self.agree(candidate, lead)))

    def heard(self, candidate: Candidate) -> Candidate:
        """A yes that was said before overturns no refusal that came since."""
        said = candidate.submission
        if said.consent is not Consent.GRANTED:
            return candidate
        refused = [lead for lead in self.person(candidate) if lead.consent is Consent.DENIED]
        if not any(candidate.late or is_taken_back(lead, said.act.at) for lead in refused):
            return candidate
        silent = dataclasses.replace(said, consent=Consent.UNKNOWN)
        return dataclasses.replace(candidate, submission=silent)

    def hits(self, identities: Sequence[Identity]) -> list[Known]:
        """The leads behind the identities, oldest first."""
        roots = {self.root(self.identities[one]) for one in identities if one in self.identities}
        return sorted((self.leads[root] for root in roots), key=lambda lead: (lead.born, lead.id))

    def person(self, candidate: Candidate) -> list[Known]:
        """All leads of whoever comes, whatever their interests, oldest first."""
        roots = {self.root(lead) for lead in self.persons.leads_of(candidate.identities)}
        return sorted((self.leads[root] for root in roots), key=lambda lead: (lead.born, lead.id))

    def root(self, lead: LeadId) -> LeadId:
        """The lead that speaks for `lead` now."""
        while lead in self.follow:
            lead = self.follow[lead]
        return lead

    def start(self, candidate: Candidate, closed: Sequence[Known]) -> tuple[LeadId, tuple[Outcome, ...]]:
        earlier = closed[-1] if closed else None
        fresh = again(earlier, candidate.lead, self.born) if earlier else Known(candidate.lead, self.born)
        for other in reversed(self.person(candidate)):
            fresh = joined(fresh, other)
        said = candidate.submission
        lead = replace(told(fresh, said), seq=1, interest=candidate.interest or said.interest)
        self.leads[lead.id] = lead
        self.born += 1
        return lead.id, (Captured(lead, said.activity(1), said, earlier),)

    def come_in(
        self, candidate: Candidate, living: Sequence[Known], closed: Sequence[Known]
    ) -> tuple[LeadId, tuple[Outcome, ...]]:
        before, *others = living
        outcomes: list[Outcome] = []
        lead = before
        for other in others:
            outcomes.append(Merged(lead.id, other.id, self.proof(candidate.identities, other.id)))
            lead = joined(lead, other)
            self.leads[other.id] = replace(other, merged_into=lead.id)
            self.follow[other.id] = lead.id
        for other in closed:
            lead = joined(lead, other)
        consent = strictest(lead.consent, *(one.consent for one in self.person(candidate)))
        said = candidate.submission
        lead = replace(told(replace(lead, consent=consent), said), seq=lead.seq + 1)
        self.leads[lead.id] = lead
        changed = changed_fields(before, lead)
        if changed:
            outcomes.append(Updated(lead, {name: lead.said_by[name] for name in changed}))
        if lead.consent is not before.consent:
            proof = candidate.delivery
            outcomes.append(ConsentGiven(lead.id, before.consent, lead.consent, proof, said.connector))
        return lead.id, (*outcomes, Recorded(lead.id, said.activity(lead.seq)))

    def agree(self, candidate: Candidate, lead: LeadId) -> Iterator[Outcome]:
        """All leads of the person have the consent that this one has now."""
        person, proof = self.person(candidate), candidate.delivery
        for one in agreed(person, self.leads[lead].consent):
            was, self.leads[one.id] = self.leads[one.id].consent, one
            yield ConsentGiven(one.id, was, one.consent, proof, candidate.submission.connector)

    def proof(self, identities: Sequence[Identity], absorbed: LeadId) -> Identity:
        """The identity by which the absorbed lead was found."""
        return next(
            one
            for one in identities
            if one in self.identities and self.root(self.identities[one]) == absorbed
        )
