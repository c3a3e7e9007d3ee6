"""What scoring does when it hears something. Pure: lead, event, agreement and instant decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from services.scoring.domain.model import ACTIVITIES_MAX, ScoredLead, buried
from services.scoring.domain.score import activity_facts, assess, facts_of
from shared import baton
from shared.agreement import Agreement, Facts
from shared.baton import Holder
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from shared.contracts.recycle import OwnerConfirmed, OwnerMissing
from shared.contracts.routing import LeadAbsorbed, LeadAssigned, LeadClosed, LeadWon
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadScored
from shared.contracts.values import Activity
from shared.effects import Decision, Say, nothing
from shared.terms import Consent, Stage

Scored = Decision[ScoredLead]


def react(lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime) -> Scored:
    """The decision on one event about one lead."""
    reaction = _REACTIONS.get(type(heard.event))
    return nothing(lead) if reaction is None else reaction(lead, heard, agreement, now)


def _captured(lead: ScoredLead, heard: Heard[LeadCaptured], agreement: Agreement, now: datetime) -> Scored:
    event: LeadCaptured = heard.event
    opened = baton.hear_open(lead.custody, event.handover) if event.handover else None
    if opened is None:
        return nothing(lead)
    known = replace(
        lead,
        custody=replace(opened, seen=max(opened.seen, event.activity.seq)),
        person=event.person,
        email=event.email,
        company=event.company,
        # A denial may have been heard before the capture; it stays.
        consent=lead.consent if lead.consent is Consent.DENIED else event.consent,
        interest=event.interest,
        source=event.source,
        campaign=event.campaign,
        captured_via=event.how,
        captured_at=heard.at,
        own_ids=event.own_ids,
        earlier=event.earlier,
        was_no_lead=event.earlier_was_no_lead,
    )
    facts = facts_of(known)
    scored = _assessed(_with_activity(known, event.activity, facts, agreement), facts, agreement, now)
    return _from_intake(scored, agreement)


def _from_intake(lead: ScoredLead, agreement: Agreement) -> Scored:
    """Every captured lead leaves the intake desk at once: to sales, to a track, or aside to a desk."""
    if lead.consent is Consent.DENIED:
        return _moved(lead, _desk(agreement, agreement.privacy_desk), "consent is denied", agreement)
    if lead.was_no_lead:
        reason = "it was closed before as no lead"
        return _moved(lead, _desk(agreement, agreement.fallback_desk), reason, agreement)
    if lead.mql and agreement.may_route(lead.consent.value):
        custody, handover = baton.offer(lead.custody)
        offered = replace(lead, custody=custody)
        return Decision(offered, (Say(_qualified(offered, agreement, handover)),))
    if agreement.may_nurture(lead.consent.value):
        track = agreement.tracks[agreement.first_track]
        return _moved(lead, Holder("track", track.name, track.owner), "not an MQL yet", agreement)
    reason = f"consent to nurture is {lead.consent.value}"
    return _moved(lead, _desk(agreement, agreement.fallback_desk), reason, agreement)


def _moved(lead: ScoredLead, to: Holder, reason: str, agreement: Agreement) -> Scored:
    custody, handover = baton.move(lead.custody, to)
    moved = replace(lead, custody=custody)
    event = LeadNotQualified(
        handover=handover,
        snapshot=_snapshot(moved, agreement),
        missing=moved.receipt.missing if moved.receipt else (),
        reason=reason,
        to=to,
        **_result(moved),
    )
    return Decision(moved, (Say(event),))


def _activity(
    lead: ScoredLead, heard: Heard[ActivityRecorded], agreement: Agreement, now: datetime
) -> Scored:
    if not lead.known:
        return nothing(lead)
    facts = facts_of(lead)
    newer = _with_activity(lead, heard.event.activity, facts, agreement)
    return _rescored(lead, newer, facts, agreement, now)


def _updated(lead: ScoredLead, heard: Heard[LeadUpdated], agreement: Agreement, now: datetime) -> Scored:
    if not lead.known:
        return nothing(lead)
    event: LeadUpdated = heard.event
    newer = replace(lead, person=event.person, email=event.email, company=event.company)
    return _rescored(lead, newer, facts_of(newer), agreement, now)


def _consent(lead: ScoredLead, heard: Heard[ConsentChanged], agreement: Agreement, now: datetime) -> Scored:
    # Scoring never rests holding a lead: whoever holds it hears this too, and acts on it.
    if lead.custody.standing == "ended":
        return nothing(lead)
    return nothing(replace(lead, consent=heard.event.consent))


def _rescored(
    before: ScoredLead, lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime
) -> Scored:
    after = _assessed(lead, facts, agreement, now)
    if after.mql and not before.mql:
        return Decision(after, (Say(_qualified(after, agreement, None)),))
    if _visible(before) == _visible(after):
        return nothing(after)
    return Decision(after, (Say(LeadScored(**_result(after))),))


def _visible(lead: ScoredLead) -> tuple[Any, ...]:
    receipt = lead.receipt
    return (receipt and receipt.score, receipt and receipt.grade, lead.segment, lead.fast_seq)


def _with_activity(lead: ScoredLead, activity: Activity, facts: Facts, agreement: Agreement) -> ScoredLead:
    if any(known.seq == activity.seq for known in lead.activities):
        return lead
    kept = sorted((*lead.activities, activity), key=lambda a: a.seq)[-ACTIVITIES_MAX:]
    fast = agreement.fast_lane_for({**facts, **activity_facts(activity)})
    newer = replace(lead, activities=tuple(kept), seq=max(lead.seq, activity.seq))
    if fast is None:
        return newer
    return replace(newer, fast_seq=max(lead.fast_seq, activity.seq), fast_lane=fast)


def _assessed(lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime) -> ScoredLead:
    receipt = assess(lead, facts, agreement, now)
    mql = lead.mql or lead.fast_lane is not None or not receipt.missing
    segment = agreement.segment_of(facts)
    return replace(lead, receipt=receipt, mql=mql, segment=segment)


def _qualified(lead: ScoredLead, agreement: Agreement, handover: baton.Handover | None) -> LeadQualified:
    return LeadQualified(
        handover=handover,
        why="fast lane" if lead.fast_lane else "threshold",
        snapshot=_snapshot(lead, agreement),
        **_result(lead),
    )


def _result(lead: ScoredLead) -> dict[str, Any]:
    assert lead.receipt is not None
    return {
        "score": lead.receipt.score,
        "grade": lead.receipt.grade,
        "mql": lead.mql,
        "segment": lead.segment,
        "seq": lead.seq,
        "fast_seq": lead.fast_seq,
        "receipt": lead.receipt,
    }


def _snapshot(lead: ScoredLead, agreement: Agreement) -> Any:
    playbook = agreement.playbook_for(lead.segment, facts_of(lead))
    return lead.snapshot(playbook.offer if playbook else None)


def _desk(agreement: Agreement, name: str) -> Holder:
    return Holder("desk", name, agreement.desks[name].owner)


def _answered(lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime) -> Scored:
    handover = heard.event.handover
    answered = baton.hear_answer(lead.custody, handover) if handover else None
    return nothing(lead if answered is None else replace(lead, custody=answered))


def _closed(lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime) -> Scored:
    ending: baton.Ending = "won" if isinstance(heard.event, LeadWon) else "closed"
    ended = baton.hear_tombstone(lead.custody, ending)
    return nothing(lead if ended is None else buried(ended))


def _erased(lead: ScoredLead, heard: Heard[LeadErased], agreement: Agreement, now: datetime) -> Scored:
    ended = baton.hear_tombstone(lead.custody, "erased")
    return nothing(lead if ended is None else buried(ended))


def _merged(lead: ScoredLead, heard: Heard[LeadMerged], agreement: Agreement, now: datetime) -> Scored:
    absorbed = baton.absorb(lead.custody)
    if absorbed is None:
        return nothing(lead)
    ended, remains = absorbed
    if remains is None:
        return nothing(buried(ended))
    number, holder = remains
    stage = Stage.MQL if lead.mql else Stage.INQUIRY
    said = LeadAbsorbed(absorbed=heard.lead, stage=stage, holder=holder, number=number)
    return Decision(buried(ended), (Say(said, key=heard.event.survivor),))


def _missing_owner(
    lead: ScoredLead, heard: Heard[OwnerMissing], agreement: Agreement, now: datetime
) -> Scored:
    custody = lead.custody
    if heard.event.custodian != "scoring" or not custody.ours or custody.holder is None:
        return nothing(lead)
    return Decision(lead, (Say(OwnerConfirmed(number=custody.number, holder=custody.holder)),))


_Reaction = Callable[[ScoredLead, Heard[Any], Agreement, datetime], Scored]
_REACTIONS: Final[dict[type[Event], _Reaction]] = {
    LeadCaptured: _captured,
    ActivityRecorded: _activity,
    LeadUpdated: _updated,
    ConsentChanged: _consent,
    LeadErased: _erased,
    LeadMerged: _merged,
    LeadAssigned: _answered,
    LeadWon: _closed,
    LeadClosed: _closed,
    OwnerMissing: _missing_owner,
}
READS: Final = tuple(_REACTIONS)
