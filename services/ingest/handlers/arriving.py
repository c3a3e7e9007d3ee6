"""Let deliveries in as a group, hear of closings, erase. Load, decide, save, say."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from services.ingest.domain.admit import Admission, Admitted, Candidate, Captured, Recorded, admit
from services.ingest.domain.announce import announce
from services.ingest.domain.delivery import delivery_key, delivery_of, fingerprint, lead_id
from services.ingest.domain.identity import Identity, identities
from services.ingest.domain.interest import interest_of
from services.ingest.domain.known import Known
from services.ingest.domain.mapping import submission_of
from services.ingest.domain.sources import Source
from services.ingest.domain.submission import CannotUnderstand, Ignored, Submission
from services.ingest.store import deliveries, erasing, leads
from services.ingest.store.deliveries import FirstTime, KeptDelivery, NewDelivery
from services.ingest.store.persons import Ended, lock_everyone
from shared.agreement import Agreement
from shared.bus.port import Delivery, Record
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import LeadClosed, LeadWon
from shared.effects import CommandRefused, PolicyError
from shared.runtime.parking import park
from shared.runtime.service import ParkedDelivery
from shared.runtime.tx import Cause, Tx
from shared.terms import Consent, LeadId

WEBHOOK_TOPIC: Final = "webhook/"
FORGET_MAX: Final = 1000
"""How many deliveries are emptied in one transaction."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One genuine delivery. Without a `submission` it asks nothing, or was not understood (`puzzle`).

    `late`: it was parked until now, and others may have come since.
    """

    source: str
    delivery: str
    body: bytes
    received_at: datetime
    submission: Submission | None = None
    puzzle: str = ""
    traceparent: str | None = None
    body_matters: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an arrival: its lead, or the reason why it is parked; whether it had come before."""

    lead: LeadId | None
    repeated: bool = False
    parked: str = ""


class AnotherBody(PolicyError):
    """The same Idempotency-Key came before with another body."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key came before with another body; use a new key for a new request"
        )


def take_in(tx: Tx, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Let a group in, in one transaction: raw bodies, leads, events. One receipt an arrival, in order."""
    repeated = deliveries.claim_deliveries(tx, [_row(one) for one in arrivals])
    first: dict[str, Arrival] = {}
    for one in arrivals:
        _refuse_another_body(one, first.setdefault(one.delivery, one), repeated.get(one.delivery))
    fresh = [one for name, one in first.items() if name not in repeated]
    for one in fresh:
        if one.puzzle:
            _park(tx, one)
    admissions = _let_in(tx, [one for one in fresh if one.submission is not None])
    return [_receipt(one, one is not first[one.delivery], repeated, admissions) for one in arrivals]


def _let_in(tx: Tx, arrivals: Sequence[Arrival]) -> dict[str, Admission]:
    if not arrivals:
        return {}
    candidates = [_candidate(tx.agreement, one) for one in arrivals]
    # Written as if each began a lead, which most do; what turns out otherwise is corrected below.
    begun = {identity: one.lead for one in reversed(candidates) for identity in _with_anyhow(one)}
    known = leads.lock_known(tx, begun)
    decided = admit(candidates, known, {}, int(tx.now.timestamp() * 1_000_000))
    leads_to = begun | {identity: lead.id for identity, lead in known.items()}
    _save(tx, decided, leads_to, {one.delivery: (one.lead, 1) for one in candidates})
    causes = {
        one.delivery: Cause(f"delivery/{one.delivery}", traceparent=one.traceparent) for one in arrivals
    }
    for admission in decided.admissions:
        said = announce(admission.lead, admission.outcomes, tx.agreement.intake.owner)
        tx.carry_out(admission.lead, said, causes[admission.delivery])
    return {one.delivery: one for one in decided.admissions}


def _save(
    tx: Tx, decided: Admitted, leads_to: Mapping[Identity, LeadId], went: Mapping[str, tuple[LeadId, int]]
) -> None:
    leads.save_leads(tx, decided.leads.values())
    leads.follow(tx, decided.follow)
    leads.point_identities(tx, {i: lead for i, lead in decided.identities.items() if leads_to[i] != lead})
    became = {one.delivery: (one.lead, _seq(one)) for one in decided.admissions}
    deliveries.settle_deliveries(tx, {one: to for one, to in became.items() if went[one] != to})


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Hear which journeys are over: whoever comes again is a new lead."""
    endings = [event for event in events if isinstance(event.event, (LeadWon, LeadClosed))]
    known = leads.lock_leads(tx, [event.lead for event in endings])
    for event in endings:
        lead = known.pop(event.lead, None)
        if lead is None or lead.closed or lead.merged_into is not None:
            continue
        leads.save_leads(tx, [_closed(lead, event.event)])
        if _begin_again(tx, lead, event.event):
            known = leads.lock_leads(tx, known)  # The others may have changed by it.


def _begin_again(tx: Tx, lead: Known, ending: LeadWon | LeadClosed) -> bool:
    # What was recorded after the closing, before we heard of it, belongs to the lead that begins then.
    seen = ending.handover.seen if ending.handover else lead.seq
    late = deliveries.activities_after(tx, lead.id, seen) if seen < lead.seq else []
    take_in(tx, [_after(lead.id, one) for one in late])
    return bool(late)


def erase(tx: Tx, lead: LeadId) -> None:
    """Forget a person: everything but the ids of their leads, here and, through tombstones, everywhere."""
    person = lock_everyone(tx, [lead])
    if lead not in person:
        raise CommandRefused("unknown", f"there is no lead {lead}; look it up with GET /v1/leads?email=…")
    if person[lead].ending == "merged":
        raise CommandRefused("gone", f"{lead} was merged into {_survivor(person, lead)}; erase that one")
    erasing.forget(tx, sorted(person))
    for one, ended in sorted(person.items()):
        if ended.ending != "erased":
            tx.say(one, LeadErased(), erased_by(one))


def erased_by(lead: LeadId) -> Cause:
    """What its erasure is said by, however often."""
    return Cause(f"erase/{lead}")


def forget_contents(bodies_for: timedelta, history_for: timedelta, tx: Tx) -> None:
    """Drop what was received longer ago, a batch at a time: raw bodies, later what we read in them."""
    deliveries.forget_bodies(tx, tx.now - bodies_for, FORGET_MAX)
    deliveries.forget_submissions(tx, tx.now - history_for, FORGET_MAX)


def replayed(sources: Mapping[str, Source], tx: Tx, parked: ParkedDelivery) -> None:
    """Try a parked webhook again, with the settings of now. Raises CannotUnderstand if it still puzzles."""
    name = parked.topic.removeprefix(WEBHOOK_TOPIC)
    if name not in sources:
        raise PolicyError(
            f"there is no source {name!r} any more; add it to the file of sources to replay this"
        )
    said = submission_of(sources[name], parked.value, parked.parked_at)
    if isinstance(said, Ignored):
        return
    arrival = Arrival(name, f"{parked.key}/replayed", parked.value, parked.parked_at, said, late=True)
    take_in(tx, [arrival])


def arrival_of(
    source: Source, body: bytes, delivery_id: str | None, received_at: datetime, traceparent: str | None
) -> Arrival:
    """A genuine webhook, read. What can not be understood is a puzzle: it is parked, never dropped."""
    fallback = delivery_of(source.name, delivery_key(delivery_id, body))
    try:
        said = submission_of(source, body, received_at, delivery_id)
    except CannotUnderstand as wrong:
        return Arrival(source.name, fallback, body, received_at, puzzle=str(wrong), traceparent=traceparent)
    if isinstance(said, Ignored):
        return Arrival(source.name, fallback, body, received_at, traceparent=traceparent)
    name = delivery_of(source.name, delivery_key(said.delivery_id or delivery_id, body))
    return Arrival(source.name, name, body, received_at, said, traceparent=traceparent)


def _candidate(agreement: Agreement, one: Arrival) -> Candidate:
    assert one.submission is not None
    interest = interest_of(agreement, one.submission)
    known_by = identities(one.submission, interest)
    return Candidate(one.submission, one.delivery, lead_id(one.delivery), known_by, interest, one.late)


def _with_anyhow(one: Candidate) -> set[Identity]:
    # Two who come at once in two interests meet there, and the second one sees the first.
    return {*one.identities, *(identity.anyhow for identity in one.identities)}


def _seq(admission: Admission) -> int | None:
    for outcome in admission.outcomes:
        if isinstance(outcome, (Captured, Recorded)):
            return outcome.activity.seq
    return None


def _closed(lead: Known, ending: LeadWon | LeadClosed) -> Known:
    return replace(lead, closed=True, closed_as_no_lead=isinstance(ending, LeadClosed))


def _survivor(person: Mapping[LeadId, Ended], lead: LeadId) -> LeadId:
    ended = person[lead]
    return lead if ended.ending != "merged" or not ended.goes_on_as else _survivor(person, ended.goes_on_as)


def _after(closed: LeadId, one: KeptDelivery) -> Arrival:
    # Its consent is known already, and may have been taken back since.
    name, said = delivery_of(one.source, f"after:{closed}", one.seq), one.submission
    silent = dataclasses.replace(said, consent=Consent.UNKNOWN)
    return Arrival(one.source, name, b"", one.received_at, silent)


def _row(one: Arrival) -> NewDelivery:
    kept = fingerprint(one.body)
    if one.submission is None:
        # Parked, it is kept there, whole and once; asking nothing of us, it leaves nothing behind.
        return NewDelivery(one.delivery, one.source, kept, one.received_at)
    begun = lead_id(one.delivery)
    body = one.body or None
    return NewDelivery(one.delivery, one.source, kept, one.received_at, begun, 1, one.submission, body)


def _refuse_another_body(one: Arrival, first: Arrival, before: FirstTime | None) -> None:
    if not one.body_matters:
        return
    known = before.fingerprint if before else fingerprint(first.body)
    if known != fingerprint(one.body):
        raise AnotherBody


def _park(tx: Tx, one: Arrival) -> None:
    key = lead_id(one.delivery)
    record = Record(f"{WEBHOOK_TOPIC}{one.source}", key, one.body)
    park(tx, Delivery(record, partition=-1, offset=0), key, "webhook", one.puzzle)


def _receipt(
    one: Arrival, again: bool, repeated: Mapping[str, FirstTime], admissions: Mapping[str, Admission]
) -> Receipt:
    if one.delivery in repeated:
        return Receipt(repeated[one.delivery].lead, repeated=True)
    admission = admissions.get(one.delivery)
    return Receipt(admission.lead if admission else None, again, one.puzzle)
