"""What recycle remembers of every lead, whoever holds it: folded from what all services say."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from services.recycle.domain.facts import facts_of
from services.recycle.domain.model import SHOWN_MAX, RecycledLead, Won
from shared import baton
from shared.agreement import Agreement
from shared.agreement.facts import facts_of_activity
from shared.baton import Absorbed
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadUpdated,
    OutcomeReported,
)
from shared.contracts.routing import LeadAbsorbed, LeadDisqualified, LeadLost, LeadRejected, LeadStalled
from shared.contracts.scoring import (
    LeadCooled,
    LeadNotQualified,
    LeadQualified,
    LeadScored,
    LeadSetAside,
)
from shared.contracts.values import Activity, Snapshot
from shared.terms import Consent

_Scoring = LeadScored | LeadQualified | LeadNotQualified | LeadSetAside | LeadCooled


def remember(lead: RecycledLead, heard: Heard[Any], agreement: Agreement, now: datetime) -> RecycledLead:
    """The lead with what this event says about it. Order between topics does not matter."""
    fold = _FOLDS.get(type(heard.event))
    if fold is None:
        return lead
    told = fold(lead, heard)
    if isinstance(heard.event, (LeadCaptured, ActivityRecorded)):
        return _with_fast_lane(told, heard.event.activity, agreement, now)
    return told


def _with_fast_lane(
    lead: RecycledLead, activity: Activity, agreement: Agreement, now: datetime
) -> RecycledLead:
    # Scoring will say so too, a moment later; until then the lead might go back as any other.
    of_lead = facts_of(lead, now) if _lanes_ask_of_leads(agreement) else {"now": now}
    if agreement.fast_lane_for(of_lead | facts_of_activity(activity)) is None:
        return lead
    memory = replace(lead.memory, fast_seq=max(lead.memory.fast_seq, activity.seq))
    return replace(lead, memory=memory)


@lru_cache(maxsize=8)
def _lanes_ask_of_leads(agreement: Agreement) -> bool:
    asked = (name for lane in agreement.fast_lanes for name in lane.condition.names)
    return any(not name.startswith("activity.") for name in asked)


def _captured(lead: RecycledLead, heard: Heard[LeadCaptured]) -> RecycledLead:
    event: LeadCaptured = heard.event
    known = replace(
        lead.snapshot,
        person=event.person,
        email=event.email,
        company=event.company,
        interest=event.interest,
        source=event.source,
        campaign=event.campaign,
        captured_via=event.how,
        captured_at=lead.snapshot.captured_at or heard.at,
        earlier=event.earlier,
        own_ids=event.own_ids,
    )
    # A denial may have been heard before the capture; it stays.
    consent = lead.consent if lead.denied else event.consent
    named = replace(lead, snapshot=known, consent=consent, was_no_lead=event.earlier_was_no_lead)
    return _with_activities(named, event.activity)


def _updated(lead: RecycledLead, heard: Heard[LeadUpdated]) -> RecycledLead:
    event: LeadUpdated = heard.event
    snapshot = replace(lead.snapshot, person=event.person, email=event.email, company=event.company)
    if snapshot == lead.snapshot:  # Said again, it mends nothing.
        return lead
    asked = replace(lead.asked, repaired=True) if lead.asked is not None else None
    stay = replace(lead.stay, repaired=True) if lead.stay is not None else None
    return replace(lead, snapshot=snapshot, asked=asked, stay=stay)


def _activity(lead: RecycledLead, heard: Heard[ActivityRecorded]) -> RecycledLead:
    return _with_activities(lead, heard.event.activity)


def _with_activities(lead: RecycledLead, *activities: Activity) -> RecycledLead:
    memory = replace(lead.memory, seq=max(lead.memory.seq, *(one.seq for one in activities)))
    shown = {known.seq: known for known in (*lead.snapshot.activities, *activities)}
    last = tuple(shown[seq] for seq in sorted(shown)[-SHOWN_MAX:])
    return replace(lead, memory=memory, snapshot=replace(lead.snapshot, activities=last))


def _consent(lead: RecycledLead, heard: Heard[ConsentChanged]) -> RecycledLead:
    return replace(lead, consent=heard.event.consent)


def _outcome(lead: RecycledLead, heard: Heard[OutcomeReported]) -> RecycledLead:
    event: OutcomeReported = heard.event
    if event.outcome != "won":
        return lead
    return replace(lead, won=Won(event.value, event.currency))


def _scored(lead: RecycledLead, heard: Heard[Any]) -> RecycledLead:
    event: _Scoring = heard.event
    before = lead.memory
    memory = replace(before, seq=max(before.seq, event.seq), fast_seq=max(before.fast_seq, event.fast_seq))
    if event.seq < lead.scored_seq:
        return replace(lead, memory=memory)
    whole = None if isinstance(event, LeadScored | LeadCooled) else event.snapshot
    snapshot = replace(
        lead.snapshot,
        segment=event.segment,
        score=event.score,
        grade=event.grade,
        receipt=event.receipt,
        playbook=lead.snapshot.playbook if whole is None else whole.playbook,
        account=event.account if isinstance(event, LeadScored | LeadCooled) else event.snapshot.account,
    )
    newer = replace(lead, memory=replace(memory, score=event.score), snapshot=snapshot)
    aside = event.receipt.set_aside is not None
    whose = event.whose if isinstance(event, LeadSetAside) else lead.whose if aside else None
    newer = replace(newer, mql=event.mql, set_aside=aside, whose=whose, scored_seq=event.seq)
    return newer if whole is None else _with_snapshot(newer, whole)


def _given_up(lead: RecycledLead, heard: Heard[Any]) -> RecycledLead:
    snapshot: Snapshot = heard.event.snapshot
    # Routing alone knows what the reps did and what the CRM says of the account.
    told = replace(lead.snapshot, stage=snapshot.stage, history=snapshot.history, account=snapshot.account)
    return _with_snapshot(replace(lead, snapshot=told), snapshot)


def _with_snapshot(lead: RecycledLead, snapshot: Snapshot) -> RecycledLead:
    """An offer may come before the capture is heard; once ingest has spoken, ingest is believed."""
    if snapshot.activities:
        lead = _with_activities(lead, *snapshot.activities)
    if lead.snapshot.captured_at is not None and lead.snapshot.source:
        return lead
    memory = lead.memory if lead.scored_seq else replace(lead.memory, score=snapshot.score)
    consent = lead.consent if lead.consent is not Consent.UNKNOWN else snapshot.consent
    receipt = snapshot.receipt or lead.snapshot.receipt
    known = replace(snapshot, activities=lead.snapshot.activities, receipt=receipt)
    return replace(lead, memory=memory, consent=consent, snapshot=known)


def _breached(lead: RecycledLead, heard: Heard[Any]) -> RecycledLead:
    """What ran out off shift, or while Baton was down, is nobody's failure."""
    return lead if heard.event.off_shift or heard.event.outage else _failed(lead, heard)


def _failed(lead: RecycledLead, heard: Heard[Any]) -> RecycledLead:
    by = heard.event.by if isinstance(heard.event, LeadRejected) else heard.event.owner
    return replace(lead, failed=by)


def _absorbed(lead: RecycledLead, heard: Heard[LeadAbsorbed]) -> RecycledLead:
    event: LeadAbsorbed = heard.event
    absorbed = Absorbed(event.absorbed, event.number, event.holder, event.stage)
    return replace(lead, memory=baton.remember_absorbed(lead.memory, absorbed))


_Fold = Callable[[RecycledLead, Heard[Any]], RecycledLead]
_FOLDS: Final[dict[type[Event], _Fold]] = {
    LeadCaptured: _captured,
    LeadUpdated: _updated,
    ActivityRecorded: _activity,
    ConsentChanged: _consent,
    OutcomeReported: _outcome,
    LeadScored: _scored,
    LeadQualified: _scored,
    LeadNotQualified: _scored,
    LeadSetAside: _scored,
    LeadCooled: _scored,
    LeadDisqualified: _given_up,
    LeadStalled: _given_up,
    LeadLost: _given_up,
    LeadRejected: _failed,
    DeadlineBreached: _breached,
    LeadAbsorbed: _absorbed,
}
