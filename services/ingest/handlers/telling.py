"""What people and tools tell of leads that are known: two are one, consent, what became of a deal."""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from services.ingest.domain.admit import ConsentGiven, Outcome, Updated
from services.ingest.domain.announce import announce
from services.ingest.domain.delivery import fingerprint
from services.ingest.domain.known import Known, agreed, changed_fields, consenting, joined, strictest
from services.ingest.handlers.arriving import AnotherBody
from services.ingest.store import deliveries, leads
from services.ingest.store.deliveries import NewDelivery
from services.ingest.store.persons import lock_everyone
from shared.contracts.ingest import AccountUpdated, ConsentChanged, LeadMerged, OutcomeReported
from shared.effects import CommandRefused
from shared.runtime.tx import Cause, Tx
from shared.terms import Consent, LeadId

REQUEST: Final = "request"
"""What proves a merge for which somebody asked."""


@dataclass(frozen=True, slots=True)
class Word:
    """One request that tells something: its name, by which a repeat is known, who sent it, and its body."""

    name: str
    source: str
    body: bytes
    traceparent: str | None = None

    @property
    def cause(self) -> Cause:
        return Cause(f"delivery/{self.name}", traceparent=self.traceparent)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of it: the lead that it is about now, and whether it was told before."""

    lead: LeadId
    repeated: bool = False


def merge(tx: Tx, word: Word, absorbed: LeadId, survivor: LeadId) -> Told:
    """Two leads are one person: `absorbed` ends, and all by which it was known leads to `survivor`.

    Raises CommandRefused unless both journeys go on, AnotherBody for a name that came with another body.
    """
    if _came_before(tx, word, survivor):
        return Told(survivor, repeated=True)
    if absorbed == survivor:
        raise CommandRefused("invalid", f"{survivor} can not be merged into itself: name two leads")
    everyone = lock_everyone(tx, [absorbed, survivor])
    known = leads.lock_leads(tx, everyone)
    if (gone := known.get(absorbed)) is not None and gone.merged_into == survivor:
        return Told(survivor, repeated=True)
    before, other = _going_on(tx, survivor, known), _going_on(tx, absorbed, known)
    beside = [
        known[one] for one in known if one not in (absorbed, survivor) and everyone[one].goes_on_as is None
    ]
    after = joined(before, other)
    after = replace(after, consent=strictest(after.consent, *(one.consent for one in beside)))
    agreeing = agreed(beside, after.consent)
    leads.save_leads(tx, [after, replace(other, merged_into=survivor), *agreeing])
    leads.follow(tx, {absorbed: survivor})
    tx.say(absorbed, LeadMerged(survivor=survivor, proved_by=REQUEST), word.cause)
    outcomes = (*_learned(before, after, word), *(_agreed(known[one.id], one, word) for one in agreeing))
    tx.carry_out(survivor, announce(survivor, outcomes, tx.agreement.intake.owner), word.cause)
    return Told(survivor)


def set_consent(tx: Tx, word: Word, lead: LeadId, said: ConsentChanged) -> Told:
    """What may be done with the person, as all their leads know then. To say what is known says nothing."""
    if _came_before(tx, word, lead):
        return Told(lead, repeated=True)
    person = leads.lock_leads(tx, lock_everyone(tx, [lead]))
    _known(tx, lead, person)
    consent = Consent(said.consent)
    leads.save_leads(
        tx, [consenting(one, consent, tx.now) for one in person.values() if one.merged_into is None]
    )
    for one in agreed(person.values(), consent):
        tx.say(one.id, said, word.cause)
    return Told(lead)


def report_outcome(tx: Tx, word: Word, lead: LeadId, said: OutcomeReported) -> Told:
    """What the CRM says became of it. Whoever has the lead acts on it."""
    if _came_before(tx, word):
        return Told(lead, repeated=True)
    _known(tx, lead, leads.lock_leads(tx, [lead]))
    tx.say(lead, said, word.cause)
    return Told(lead)


def set_account(tx: Tx, word: Word, said: AccountUpdated) -> bool:
    """What the CRM says of a company. Returns whether this was told before."""
    if _came_before(tx, word):
        return True
    tx.say(LeadId(said.domain), said, word.cause)
    return False


def _came_before(tx: Tx, word: Word, lead: LeadId | None = None) -> bool:
    """Whether this was told before. `lead`: whose state it changes."""
    body = fingerprint(word.body)
    before = deliveries.claim_deliveries(tx, [NewDelivery(word.name, word.source, body, tx.now, lead)])
    if word.name not in before:
        return False
    if before[word.name].fingerprint != body:
        raise AnotherBody
    return True


def _learned(before: Known, after: Known, word: Word) -> tuple[Outcome, ...]:
    outcomes: list[Outcome] = []
    changed = changed_fields(before, after)
    if changed:
        outcomes.append(Updated(after, {name: after.said_by[name] for name in changed}))
    if after.consent is not before.consent:
        outcomes.append(_agreed(before, after, word))
    return tuple(outcomes)


def _agreed(before: Known, after: Known, word: Word) -> ConsentGiven:
    return ConsentGiven(after.id, before.consent, after.consent, word.name, word.source)


def _going_on(tx: Tx, lead: LeadId, known: dict[LeadId, Known]) -> Known:
    found = _known(tx, lead, known)
    if found.closed:
        raise CommandRefused(
            "wrong stage", f"the journey of {lead} is over: what is closed can not be merged"
        )
    return found


def _known(tx: Tx, lead: LeadId, known: dict[LeadId, Known]) -> Known:
    found = known.get(lead)
    if found is None:
        kept = leads.read_lead(tx, lead)
        if kept is None:
            raise CommandRefused("unknown", f"there is no lead {lead}; look it up with GET /v1/leads?email=…")
        raise CommandRefused(
            "gone", f"the person behind {lead} asked to be forgotten: nothing is known of it"
        )
    if found.merged_into is not None:
        raise CommandRefused("gone", f"{lead} was merged into {found.merged_into}: name that one")
    return found
