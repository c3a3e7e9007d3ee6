"""What we know of a lead, and how it grows: later words win, silence changes nothing, who said it is kept."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from services.ingest.domain.submission import Submission
from shared.contracts.values import Company, Email, Person, Value
from shared.terms import Consent, LeadId

V = TypeVar("V", bound=Value)


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lead as ingest keeps it. `born`: the order of capture, smaller is older; `seq` counts activities.

    `own_ids`: the person's ids in the sources' own systems, by source. `said_by`: for each known field the
    source that said it. `earlier`: the closed lead that this person was.
    """

    id: LeadId
    born: int
    seq: int = 0
    person: Person = Person()
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    own_ids: Mapping[str, str] = msgspec.field(default_factory=dict)
    said_by: Mapping[str, str] = msgspec.field(default_factory=dict)
    earlier: LeadId | None = None
    closed: bool = False
    closed_as_no_lead: bool = False
    merged_into: LeadId | None = None


def told(lead: Known, said: Submission) -> Known:
    """The lead after a submission: what it says replaces what was known; only yes or no changes consent."""
    person = _spoken_over(lead.person, _named(lead.person, said.person))
    company = _spoken_over(lead.company, said.company)
    email = said.email or lead.email
    consent = lead.consent if said.consent is Consent.UNKNOWN else said.consent
    own_ids = {**lead.own_ids, said.connector: said.own_id} if said.own_id else lead.own_ids
    after = replace(lead, person=person, email=email, company=company, consent=consent, own_ids=own_ids)
    changed = changed_fields(lead, after)
    return replace(after, said_by={**lead.said_by, **dict.fromkeys(changed, said.connector)})


def joined(survivor: Known, other: Known) -> Known:
    """The survivor with its gaps filled by another lead. A refusal by either is a refusal by the person."""
    person = _spoken_over(other.person, survivor.person)
    company = _spoken_over(other.company, survivor.company)
    email, own_ids = survivor.email or other.email, {**other.own_ids, **survivor.own_ids}
    after = replace(survivor, person=person, email=email, company=company, own_ids=own_ids)
    filled = {name: other.said_by.get(name, "") for name in changed_fields(survivor, after)}
    consent = strictest(survivor.consent, other.consent)
    return replace(after, consent=consent, said_by={**survivor.said_by, **filled})


def again(earlier: Known, lead: LeadId, born: int) -> Known:
    """A new lead for a person whose earlier one is closed: what they told and refused is not forgotten."""
    return replace(
        earlier,
        id=lead,
        born=born,
        seq=0,
        interest=None,
        earlier=earlier.id,
        closed=False,
        closed_as_no_lead=False,
    )


def changed_fields(before: Known, after: Known) -> tuple[str, ...]:
    """The names of the fields in which two states of a lead differ, sorted."""
    names = _differing(before.person, after.person)
    names += [f"company.{name}" for name in _differing(before.company, after.company)]
    names += [name for name in ("email", "own_ids") if getattr(before, name) != getattr(after, name)]
    return tuple(sorted(names))


def strictest(*consents: Consent) -> Consent:
    """Denied before granted before unknown."""
    for consent in (Consent.DENIED, Consent.GRANTED):
        if consent in consents:
            return consent
    return Consent.UNKNOWN


def agreed(person: Iterable[Known], consent: Consent) -> list[Known]:
    """Consent is the person's, not one lead's: those of their leads that change by it, as they are then."""
    return [
        replace(lead, consent=consent)
        for lead in person
        if lead.consent is not consent and lead.merged_into is None
    ]


def _spoken_over(old: V, new: V) -> V:
    """`old` with everything that `new` says."""
    if old == new or old == type(old)():
        return new
    said = {name: value for name in new.__struct_fields__ if (value := getattr(new, name)) is not None}
    return msgspec.structs.replace(old, **said)


def _named(old: Person, new: Person) -> Person:
    """`new` with a full name if it says a part of one: else the old full name would contradict the part."""
    first, last = new.first_name or old.first_name, new.last_name or old.last_name
    if new.name or not (new.first_name or new.last_name):
        return new
    if old.name and not (first and last):
        return new  # "Ana" adds nothing to "Ana Silva".
    return msgspec.structs.replace(new, name=" ".join(part for part in (first, last) if part))


def _differing(before: Value, after: Value) -> list[str]:
    if before == after:
        return []
    return [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]
