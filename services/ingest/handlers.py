"""What ingest does: let deliveries in as a group, hear of closings, erase. Load, decide, save, say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.ingest import store
from services.ingest.domain.admit import Admission, Candidate, Captured, Recorded, admit
from services.ingest.domain.announce import announce
from services.ingest.domain.delivery import delivery_key, delivery_of, fingerprint, lead_id
from services.ingest.domain.identity import identities
from services.ingest.domain.mapping import submission_of
from services.ingest.domain.sources import Source
from services.ingest.domain.submission import CannotUnderstand, Ignored, Submission
from services.ingest.store import FirstTime, NewDelivery
from shared.agreement import Agreement
from shared.bus.port import Delivery, Record
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import LeadClosed, LeadWon
from shared.effects import CommandRefused, PolicyError
from shared.runtime.parking import park
from shared.runtime.service import ParkedDelivery
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

WEBHOOK_TOPIC = "webhook/"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One genuine delivery. Without a `submission` it asks nothing, or was not understood (`puzzle`)."""

    source: str
    delivery: str
    body: bytes
    received_at: datetime
    submission: Submission | None = None
    puzzle: str = ""
    traceparent: str | None = None
    body_matters: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an arrival: its lead, or the reason why it is parked; whether it had come before."""

    lead: LeadId | None
    repeated: bool = False
    parked: str = ""


class AnotherBody(PolicyError):
    """The same Idempotency-Key came before with another body."""


def take_in(tx: Tx, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Let a group in, in one transaction: raw bodies, leads, events. One receipt an arrival, in order."""
    repeated = store.claim_deliveries(tx, [_row(one) for one in arrivals])
    first: dict[str, Arrival] = {}
    for one in arrivals:
        _refuse_another_body(one, repeated)
        if one.delivery not in repeated:
            first.setdefault(one.delivery, one)
    for one in first.values():
        if one.puzzle:
            _park(tx, one)
    admissions = _let_in(tx, [one for one in first.values() if one.submission is not None])
    return [_receipt(one, one is not first.get(one.delivery), repeated, admissions) for one in arrivals]


def _let_in(tx: Tx, arrivals: Sequence[Arrival]) -> dict[str, Admission]:
    candidates = [_candidate(tx.agreement, one) for one in arrivals]
    known = store.lock_known(tx, [identity for one in candidates for identity in one.identities])
    decided = admit(candidates, known, {}, int(tx.now.timestamp() * 1_000_000))
    store.save_leads(tx, decided.leads.values())
    store.save_identities(tx, decided.identities, decided.follow)
    store.settle_deliveries(tx, {one.delivery: (one.lead, _seq(one)) for one in decided.admissions})
    causes = {
        one.delivery: Cause(f"delivery/{one.delivery}", traceparent=one.traceparent) for one in arrivals
    }
    for admission in decided.admissions:
        said = announce(admission.lead, admission.outcomes, tx.agreement.intake.owner)
        tx.carry_out(admission.lead, said, causes[admission.delivery])
    return {one.delivery: one for one in decided.admissions}


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Hear which journeys are over: whoever comes again is a new lead."""
    for event in events:
        if isinstance(event.event, (LeadWon, LeadClosed)):
            _close(tx, event)


def _close(tx: Tx, heard: Heard[Any]) -> None:
    lead = store.lock_leads(tx, [heard.lead]).get(heard.lead)
    if lead is None or lead.closed or lead.merged_into is not None:
        return
    store.save_leads(tx, [replace(lead, closed=True, closed_as_no_lead=isinstance(heard.event, LeadClosed))])
    # What was recorded after the closing, before we heard of it, belongs to the lead that begins then.
    seen = heard.event.handover.seen if heard.event.handover else lead.seq
    late = store.activities_after(tx, heard.lead, seen)
    if late:
        take_in(tx, [_again(one) for one in late])


def erase(tx: Tx, lead: LeadId) -> None:
    """Forget a person: everything but the id of the lead, here and, through the tombstone, everywhere."""
    found = store.read_lead(tx, lead)
    if found is None:
        raise CommandRefused("unknown", f"there is no lead {lead}; look it up with GET /v1/leads?email=…")
    if found[1] == "erased":
        return
    if found[0] is not None and found[0].merged_into is not None:
        raise CommandRefused("gone", f"{lead} was merged into {found[0].merged_into}; erase that one")
    everyone = [lead, *store.absorbed_by(tx, lead)]
    store.erase(tx, everyone)
    tx.say(lead, LeadErased(), Cause(f"erase/{lead}"))


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
    arrival = Arrival(name, f"{parked.key}/replayed", parked.value, parked.parked_at, said)
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
    interest = _interest(agreement, one.submission)
    known_by = identities(one.submission, interest)
    return Candidate(one.submission, one.delivery, lead_id(one.delivery), known_by, interest)


def _interest(agreement: Agreement, said: Submission) -> str | None:
    if agreement.interests is None:
        return None
    by_name = {
        "activity.product": said.act.product,
        "activity.asset": said.act.asset,
        "campaign": said.campaign,
        "source": said.source,
        "interest": said.interest,
    }
    return by_name.get(agreement.interests.by) or said.interest or agreement.interests.otherwise


def _seq(admission: Admission) -> int | None:
    for outcome in admission.outcomes:
        if isinstance(outcome, (Captured, Recorded)):
            return outcome.activity.seq
    return None


def _again(one: store.KeptDelivery) -> Arrival:
    return Arrival(one.source, f"{one.delivery}/after-closing", b"", one.received_at, one.submission)


def _row(one: Arrival) -> NewDelivery:
    return NewDelivery(
        one.delivery, one.source, fingerprint(one.body), one.submission, one.body or None, one.received_at
    )


def _refuse_another_body(one: Arrival, repeated: Mapping[str, FirstTime]) -> None:
    before = repeated.get(one.delivery)
    if one.body_matters and before is not None and before.fingerprint != fingerprint(one.body):
        raise AnotherBody(
            "this Idempotency-Key came before with another body; use a new key for a new request"
        )


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
