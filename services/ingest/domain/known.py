"""What we know of a lead, and how it grows: later words win, silence changes nothing, who said it is kept.

Later is what was said later, not what came later: a webhook may have been parked, or imported.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from services.ingest.domain.outdated import IsOutdated, company_of_now, person_of_now, when_said
from services.ingest.domain.submission import Submission
from shared.contracts.values import Company, Email, Person, Value
from shared.terms import Consent, LeadId

V = TypeVar("V", bound=Value)
CONSENT: Final = "consent"


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lead as ingest keeps it. `born`: the order of capture, smaller is older; `seq` counts activities.

    `own_ids`: the person's ids in the sources' own systems, by source. `said_by`: for each known field the
    source that said it, `said_at` when; of consent too. `earlier`: the closed lead that this person was.
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
    said_at: Mapping[str, datetime] = msgspec.field(default_factory=dict)
    earlier: LeadId | None = None
    closed: bool = False
    closed_as_no_lead: bool = False
    merged_into: LeadId | None = None


def told(lead: Known, said: Submission) -> Known:
    """The lead after a submission: what it says replaces what was said before.

    Only yes or no changes consent.
    """
    at = said.act.at
    own_ids = {said.connector: said.own_id} if said.own_id else {}
    facts = _Facts(said.person, said.email, said.company, own_ids)
    is_late = at < max(lead.said_at.values(), default=at)
    after, heard = _with(lead, facts, (lambda name: at < lead.said_at.get(name, at)) if is_late else None)
    said_by = dict.fromkeys(changed_fields(lead, after), said.connector)
    after = _noted(after, said_by, dict.fromkeys(heard, at))
    return after if said.consent is Consent.UNKNOWN else consenting(after, said.consent, at)


def consenting(lead: Known, consent: Consent, at: datetime) -> Known:
    """The lead with what was said at an instant of what may be done with its person."""
    last = max(at, lead.said_at.get(CONSENT, at))
    return replace(lead, consent=consent, said_at={**lead.said_at, CONSENT: last})


def is_taken_back(lead: Known, at: datetime) -> bool:
    """Whether a yes that was given at an instant was followed by a refusal."""
    return lead.consent is Consent.DENIED and at < lead.said_at.get(CONSENT, at)


def joined(survivor: Known, other: Known) -> Known:
    """The survivor with its gaps filled by another lead, and with what was said of that one later.

    A refusal by either is a refusal by the person.
    """
    here, there = survivor.said_at, other.said_at
    facts = _Facts(other.person, other.email, other.company, other.own_ids)
    after, heard = _with(
        survivor, facts, lambda name: name not in here or name not in there or there[name] <= here[name]
    )
    said_by = {name: other.said_by.get(name, "") for name in changed_fields(survivor, after)}
    said_at = {name: there[name] for name in heard if name in there}
    consent = strictest(survivor.consent, other.consent)
    agreed_at = [
        one.said_at[CONSENT] for one in (survivor, other) if one.consent is consent and CONSENT in one.said_at
    ]
    if agreed_at:
        said_at[CONSENT] = max(agreed_at)
    return replace(_noted(after, said_by, said_at), consent=consent)


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


class _Facts(NamedTuple):
    """What somebody says of a lead."""

    person: Person
    email: Email | None
    company: Company
    own_ids: Mapping[str, str]


def _with(lead: Known, said: _Facts, is_outdated: IsOutdated | None) -> tuple[Known, set[str]]:
    """The lead with all of this that is not outdated, and what that was. Nearly always it is all of it."""
    if is_outdated is not None:
        said = _of_now(said, lead, is_outdated)
    after = replace(
        lead,
        person=_spoken_over(lead.person, _named(lead.person, said.person)),
        company=_spoken_over(lead.company, said.company),
        email=said.email or lead.email,
        own_ids={**lead.own_ids, **said.own_ids} if said.own_ids else lead.own_ids,
    )
    heard = when_said(said.person, said.company)
    heard.update(_said_of(source) for source in said.own_ids)
    return after, heard | ({"email"} if said.email else set())


def _of_now(said: _Facts, lead: Known, is_outdated: IsOutdated) -> _Facts:
    """The same without what is outdated by what is known of the lead."""
    outdated = {source for source in lead.own_ids if is_outdated(_said_of(source))}
    return _Facts(
        person_of_now(said.person, lead.person, is_outdated),
        None if lead.email and is_outdated("email") else said.email,
        company_of_now(said.company, lead.company, is_outdated),
        {source: own_id for source, own_id in said.own_ids.items() if source not in outdated},
    )


def _said_of(source: str) -> str:
    """Under which name it is kept when a source said its own id."""
    return f"own_ids.{source}"


def _noted(lead: Known, said_by: Mapping[str, str], said_at: Mapping[str, datetime]) -> Known:
    """The same, with who said what of it, and when."""
    return replace(lead, said_by={**lead.said_by, **said_by}, said_at={**lead.said_at, **said_at})


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
