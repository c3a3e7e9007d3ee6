"""What is said of each outcome: the events of `baton.ingest`."""

from collections.abc import Iterator

from services.ingest.domain.admit import Captured, ConsentGiven, Merged, Outcome, Recorded, Updated
from shared.baton import Handover, Holder
from shared.contracts.envelope import Event
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadMerged,
    LeadUpdated,
)
from shared.effects import Say
from shared.terms import LeadId


def announce(lead: LeadId, outcomes: tuple[Outcome, ...], intake_owner: str) -> Iterator[Say]:
    """One event an outcome, keyed by the lead it is about. The intake desk answers for a captured lead."""
    for outcome in outcomes:
        match outcome:
            case Captured():
                yield Say(_captured(outcome, intake_owner))
            case Merged():
                yield Say(_merged(outcome), key=outcome.absorbed)
            case Updated():
                yield Say(_updated(outcome))
            case ConsentGiven():
                changed = ConsentChanged(consent=outcome.now, proof=outcome.proof, source=outcome.source)
                yield Say(changed, key=outcome.lead)
            case Recorded():
                yield Say(ActivityRecorded(activity=outcome.activity), key=outcome.lead)


def _captured(outcome: Captured, intake_owner: str) -> Event:
    lead, said, earlier = outcome.lead, outcome.submission, outcome.earlier
    intake = Holder("intake", "intake", intake_owner)
    return LeadCaptured(
        handover=Handover(kind="open", number=1, taker=intake, seen=outcome.activity.seq),
        person=lead.person,
        email=lead.email,
        company=lead.company,
        consent=lead.consent,
        interest=lead.interest,
        source=said.source,
        campaign=said.campaign,
        how=said.how,
        activity=outcome.activity,
        earlier=earlier.id if earlier else None,
        earlier_was_no_lead=earlier.closed_as_no_lead if earlier else False,
        own_ids=dict(lead.own_ids),
    )


def _merged(outcome: Merged) -> Event:
    # The kind alone: an address or a number in a topic would outlive the person's erasure.
    return LeadMerged(survivor=outcome.survivor, proved_by=outcome.proof.kind)


def _updated(outcome: Updated) -> Event:
    lead = outcome.lead
    return LeadUpdated(
        person=lead.person,
        email=lead.email,
        company=lead.company,
        said_by=dict(outcome.said_by),
        own_ids=dict(lead.own_ids),
    )
