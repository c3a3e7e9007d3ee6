"""Disputes as routing's events tell them: opened by a rep's no, ruled by the arbiter, or left to silence."""

from typing import Any

from msgspec.structs import replace

from services.recycle.domain.model import OpenDispute, RecycledLead
from services.recycle.domain.nurture import Kept
from shared.agreement import Agreement
from shared.contracts.envelope import Heard
from shared.contracts.recycle import DisputeOpened, DisputeRuled, Ruling
from shared.contracts.routing import LeadAssigned, LeadDisqualified, LeadRejected
from shared.contracts.values import Deadline, Evidence
from shared.effects import Decision, Say, nothing

_TO_THE_ARBITER = ("dispute", "merge")


def follow(lead: RecycledLead, heard: Heard[Any], agreement: Agreement) -> Kept:
    """What an event of routing means for a dispute. Routing says all of it on one topic, in this order."""
    match heard.event:
        case LeadRejected(what_follows=follows) as no if follows in _TO_THE_ARBITER:
            return nothing(replace(lead, dispute=OpenDispute(by=no.by, reason=no.reason, note=no.note)))
        case LeadAssigned(why="disputed") as assigned if lead.dispute is not None:
            return _opened(lead, lead.dispute, assigned, agreement)
        case LeadAssigned() as assigned if lead.dispute is not None:
            return _over(lead, heard, _ruling(assigned), assigned.by or assigned.owner.answers, assigned.note)
        case LeadDisqualified() as given if lead.dispute is not None:
            ruling: Ruling | None = "sales" if given.reason == "not-per-definition" else None
            return _over(lead, heard, ruling, given.by, given.note)
    return nothing(lead)


def _opened(lead: RecycledLead, dispute: OpenDispute, assigned: LeadAssigned, agreement: Agreement) -> Kept:
    due = next((one for one in assigned.deadlines if one.name == "dispute"), None)
    if due is None:
        return nothing(lead)
    event = DisputeOpened(
        by=dispute.by,
        reason=dispute.reason,
        note=dispute.note,
        ruled_by=due.due_at,
        arbiter=agreement.parties.arbiter.person,
        evidence=_evidence(lead, assigned, due, agreement),
    )
    return Decision(lead, (Say(event),))


def _evidence(lead: RecycledLead, assigned: LeadAssigned, due: Deadline, agreement: Agreement) -> Evidence:
    return Evidence(
        agreement=agreement.ref,
        score=lead.snapshot.receipt,
        deadlines=(due,),
        owner=assigned.owner.answers,
    )


def _ruling(assigned: LeadAssigned) -> Ruling | None:
    """The rules route it: marketing was right. The deputy has it: nobody ruled. Anything else is neither."""
    if assigned.why == "rerouted":
        return "marketing"
    return "silence" if assigned.why == "escalated" else None


def _over(lead: RecycledLead, heard: Heard[Any], ruling: Ruling | None, by: str, note: str) -> Kept:
    after = replace(lead, dispute=None)
    if ruling is None:
        return nothing(after)
    return Decision(after, (Say(DisputeRuled(ruling=ruling, by=by, note=note, lead=heard.lead)),))
