"""What scoring does when it hears something. Pure: lead, event, agreement and instant decide."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace

from services.scoring.domain.cooling import COOL, with_cooling
from services.scoring.domain.facts import facts_of
from services.scoring.domain.folding import bare, folded
from services.scoring.domain.given import fast_lane_by
from services.scoring.domain.intake import from_intake
from services.scoring.domain.judging import Outcome, Scored, United, judge, rescored
from services.scoring.domain.model import ScoredLead, buried
from shared import baton
from shared.agreement import Agreement, Facts
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadErased,
    LeadMerged,
    LeadUpdated,
)
from shared.contracts.recycle import LeadRecycled, OwnerConfirmed, OwnerMissing
from shared.contracts.routing import (
    LeadAbsorbed,
    LeadAccepted,
    LeadAssigned,
    LeadClosed,
    LeadDisqualified,
    LeadLost,
    LeadRejected,
    LeadSalesQualified,
    LeadWon,
)
from shared.contracts.values import Account, Activity
from shared.effects import FiredTimer, Say
from shared.terms import Consent, Stage

RESCORE: Final = "account"
"""The purpose of the timer that has a lead look at its account anew, at once."""
_by_seq: Final = attrgetter("seq")
_Came = LeadAccepted | LeadRejected | LeadSalesQualified | LeadDisqualified | LeadLost | LeadWon | LeadClosed


def react(
    lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime, account: Account | None = None
) -> Scored:
    """The decision on one event about one lead. `account`: what is known of its company, if that matters."""
    reaction = _REACTIONS.get(type(heard.event))
    if reaction is None:
        return Scored(lead)
    return with_cooling(lead, reaction(lead, heard, agreement, now, account), agreement, now)


def fire(
    lead: ScoredLead, timer: FiredTimer, agreement: Agreement, now: datetime, account: Account | None = None
) -> Scored:
    """A timer is due. It is moot unless the lead still waits for it."""
    if timer.purpose == RESCORE and lead.known:
        looked = replace(lead, account=account)
        return with_cooling(lead, _changed(lead, looked, agreement, now), agreement, now)
    if timer.purpose == COOL and lead.cools_at == timer.due_at:
        # Fired late, it says what would have been said in time.
        cooled = _changed(lead, lead, agreement, timer.due_at)
        return with_cooling(lead, cooled, agreement, now)
    return Scored(lead)


# ---- what ingest says


def _captured(
    lead: ScoredLead,
    heard: Heard[LeadCaptured],
    agreement: Agreement,
    now: datetime,
    account: Account | None,
) -> Scored:
    event: LeadCaptured = heard.event
    opened = baton.hear_open(lead.custody, event.handover) if event.handover else None
    if opened is None:
        return Scored(lead)
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
        account=account,
    )
    facts = facts_of(known, agreement, now)
    first = with_activity(known, event.activity, facts, agreement, now)
    return from_intake(judge(first, facts, agreement, now))


def _activity(
    lead: ScoredLead, heard: Heard[ActivityRecorded], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    if not lead.known:
        return Scored(lead)
    facts = facts_of(lead, agreement, now)
    newer = with_activity(lead, heard.event.activity, facts, agreement, now)
    return rescored(lead, newer, facts, agreement, now)


def _updated(
    lead: ScoredLead, heard: Heard[LeadUpdated], agreement: Agreement, now: datetime, account: Account | None
) -> Scored:
    if not lead.known:
        return Scored(lead)
    event: LeadUpdated = heard.event
    newer = replace(lead, person=event.person, email=event.email, company=event.company, account=account)
    return _changed(lead, newer, agreement, now)


def _consent(
    lead: ScoredLead, heard: Heard[ConsentChanged], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    # Scoring never rests holding a lead: whoever holds it hears this too, and acts on it.
    if lead.custody.standing == "ended":
        return Scored(lead)
    newer = replace(lead, consent=heard.event.consent)
    return _changed(lead, newer, agreement, now) if lead.known else Scored(newer)


def _changed(before: ScoredLead, lead: ScoredLead, agreement: Agreement, now: datetime) -> Scored:
    return rescored(before, lead, facts_of(lead, agreement, now), agreement, now)


def with_activity(
    lead: ScoredLead, activity: Activity, facts: Facts, agreement: Agreement, now: datetime
) -> ScoredLead:
    """The lead after one more activity, which may take the fast lane. `facts`: its own, without it."""
    known = (*lead.activities, activity)
    if activity.seq <= lead.seq:
        if any(one.seq == activity.seq for one in lead.activities):
            return lead
        known = tuple(sorted(known, key=_by_seq))
    # However late an older one comes, the newest that took a lane counts.
    fast = fast_lane_by(agreement)(facts)(activity) if activity.seq > lead.fast_seq else None
    newer = replace(
        lead,
        activities=known,
        seq=max(lead.seq, activity.seq),
        fast_seq=lead.fast_seq if fast is None else activity.seq,
        fast_lane=fast or lead.fast_lane,
        fast_at=lead.fast_at if fast is None else lead.receipts + 1,
    )
    return folded(newer, facts, agreement, now)


# ---- what became of a lead that was handed on


def _assigned(
    lead: ScoredLead, heard: Heard[LeadAssigned], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    event: LeadAssigned = heard.event
    handover = event.handover
    if handover is None or not lead.known:
        return Scored(lead)
    answered = baton.hear_answer(lead.custody, handover) or lead.custody
    held = _held(replace(lead, custody=answered), handover, with_rep=event.owner.kind == "rep")
    if handover.kind != "take" or event.owner.custodian != "routing":
        return Scored(held)
    if held.handed and handover.rounds <= held.round:
        return Scored(held)
    return Scored(replace(held, handed=held.receipts, round=handover.rounds, outcomes=frozenset()))


def _recycled(
    lead: ScoredLead, heard: Heard[LeadRecycled], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    handover = heard.event.handover
    if handover is None or not lead.known:
        return Scored(lead)
    return Scored(_held(lead, handover, with_rep=False))


def _held(lead: ScoredLead, handover: baton.Handover, *, with_rep: bool) -> ScoredLead:
    # Two topics say who holds it, in no order: the higher number is later.
    if handover.number <= lead.held:
        return lead
    return replace(lead, held=handover.number, with_rep=with_rep)


def _came_of(
    lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    what = _OUTCOMES[type(heard.event)]
    if not lead.known or not lead.handed or what in lead.outcomes:
        return Scored(lead)
    event: _Came = heard.event
    reason = "" if isinstance(event, LeadAccepted | LeadSalesQualified | LeadWon) else event.reason
    outcome = Outcome(what, reason, lead.handed, "accepted" in lead.outcomes)
    return Scored(replace(lead, outcomes=lead.outcomes | {what}), outcome=outcome)


def _closed(
    lead: ScoredLead, heard: Heard[Any], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    ending: baton.Ending = "won" if isinstance(heard.event, LeadWon) else "closed"
    ended = baton.hear_tombstone(lead.custody, ending)
    if ended is None:
        return Scored(lead)
    return Scored(buried(ended), outcome=_came_of(lead, heard, agreement, now, None).outcome)


def _erased(
    lead: ScoredLead, heard: Heard[LeadErased], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    ended = baton.hear_tombstone(lead.custody, "erased")
    return Scored(lead if ended is None else buried(ended))


def _merged(
    lead: ScoredLead, heard: Heard[LeadMerged], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    absorbed = baton.absorb(lead.custody)
    if absorbed is None:
        return Scored(lead)
    (ended, remains), survivor = absorbed, heard.event.survivor
    over, united = buried(ended, survivor), United(survivor, lead.deeds, lead.fast_lane)
    if remains is None:
        return Scored(over, united=united)
    number, holder = remains
    stage = Stage.MQL if lead.mql else Stage.INQUIRY
    said = LeadAbsorbed(absorbed=heard.lead, stage=stage, holder=holder, number=number)
    return Scored(over, (Say(said, key=survivor),), united=united)


def unite(lead: ScoredLead, with_: United, agreement: Agreement, now: datetime) -> Scored:
    """Another lead of the same person was merged into this one: what that one did counts here too.

    If this one was merged on meanwhile, it says where to.
    """
    if lead.custody.standing == "ended":
        further = lead.goes_on_as
        return Scored(lead, united=None if further is None else with_._replace(survivor=further))
    uncounted = sorted((replace(bare(deed), seq=0) for deed in with_.deeds), key=lambda deed: deed.at)
    newer = replace(lead, united=(*lead.united, *uncounted), fast_lane=lead.fast_lane or with_.fast_lane)
    newer = folded(newer, facts_of(newer, agreement, now), agreement, now)
    decision = _changed(lead, newer, agreement, now) if lead.known else Scored(newer)
    return with_cooling(lead, decision, agreement, now)


def _missing_owner(
    lead: ScoredLead, heard: Heard[OwnerMissing], agreement: Agreement, now: datetime, _: Account | None
) -> Scored:
    custody = lead.custody
    if heard.event.custodian != "scoring" or not custody.ours or custody.holder is None:
        return Scored(lead)
    return Scored(lead, (Say(OwnerConfirmed(number=custody.number, holder=custody.holder)),))


_Reaction = Callable[[ScoredLead, Heard[Any], Agreement, datetime, Account | None], Scored]
_REACTIONS: Final[dict[type[Event], _Reaction]] = {
    LeadCaptured: _captured,
    ActivityRecorded: _activity,
    LeadUpdated: _updated,
    ConsentChanged: _consent,
    LeadErased: _erased,
    LeadMerged: _merged,
    LeadAssigned: _assigned,
    LeadRecycled: _recycled,
    LeadAccepted: _came_of,
    LeadRejected: _came_of,
    LeadSalesQualified: _came_of,
    LeadDisqualified: _came_of,
    LeadLost: _came_of,
    LeadWon: _closed,
    LeadClosed: _closed,
    OwnerMissing: _missing_owner,
}
_OUTCOMES: Final[dict[type[_Came], str]] = {
    LeadAccepted: "accepted",
    LeadRejected: "rejected",
    LeadSalesQualified: "sql",
    LeadDisqualified: "disqualified",
    LeadLost: "lost",
    LeadWon: "won",
    LeadClosed: "closed",
}
READS: Final = tuple(_REACTIONS)
