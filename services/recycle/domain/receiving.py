"""Where a lead goes that is given to recycle: to the track or desk that its reason names, or refused."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from services.recycle.domain import nurture
from services.recycle.domain.aside import because, desk_for
from services.recycle.domain.model import Asked, RecycledLead, Stay, buried
from services.recycle.domain.nurture import Kept
from services.recycle.domain.scene import Scene
from shared import baton
from shared.agreement import Agreement
from shared.baton import Handover
from shared.contracts.envelope import Heard
from shared.contracts.routing import BY_CONSENT, LeadClosed, LeadDisqualified, LeadLost, LeadStalled
from shared.contracts.scoring import LeadNotQualified
from shared.effects import CancelTimer, Decision, Effect, Say, nothing

_GivenUp = LeadDisqualified | LeadStalled | LeadLost


def moved_here(lead: RecycledLead, heard: Heard[LeadNotQualified], scene: Scene) -> Kept:
    """From the intake desk: the track's or desk's owner answers at once, and the tool is told."""
    event, agreement = heard.event, scene.agreement
    custody = nurture.hears_move(lead, event.handover)
    if custody is None or custody.holder is None:
        return nothing(lead)
    to = custody.holder
    tool = nurture.tool_of(agreement.tracks.get(to.name)) if to.kind == "track" else None
    waits = to.kind == "desk" and not lead.was_no_lead and not lead.may_be_nurtured(agreement)
    stay = Stay(
        number=custody.number,
        reason=event.reason,
        since=scene.now,
        # Who has refused contact is moved on in this transaction: the tool never hears of them.
        tool=None if lead.denied else tool,
        first_time=True,
        then_track=agreement.first_track if waits else None,
    )
    effects: tuple[Effect, ...] = ()
    if stay.tool is not None:
        told = {"track": to.name, "reason": event.reason, "not_before": None, "acknowledge_by": None}
        effects = (nurture.start(scene.lead, custody.number, stay.tool, told),)
    return Decision(replace(lead, custody=custody, stay=stay), effects)


def offered(lead: RecycledLead, heard: Heard[Any], scene: Scene) -> Kept:
    """A rep, a clock or an outcome gives it up: its reason decides what happens."""
    handover: Handover | None = heard.event.handover
    custody = baton.hear_offer(lead.custody, handover) if handover is not None else None
    if custody is None:
        return nothing(lead)
    held = replace(lead, custody=custody, asked=None, stay=None)
    given = _given(held, heard, scene.now)
    if isinstance(heard.event, LeadDisqualified) and heard.event.by == BY_CONSENT:
        return _withdrawn(held, given, scene)
    return _placed(held, given, scene)


def _given(lead: RecycledLead, heard: Heard[Any], now: datetime) -> Asked:
    holder = lead.custody.holder
    giver = holder.answers if holder is not None and holder.kind == "rep" else None
    event: _GivenUp = heard.event
    return Asked(
        number=lead.custody.number,
        reason=event.reason,
        track="",
        tool="",
        by_delivery=True,
        due_at=now,
        giver=giver,
        never_giver=giver is not None and giver == lead.failed,
        revisit_on=None if isinstance(event, LeadStalled) else event.revisit_on,
        hop=heard.hop,
    )


def _withdrawn(lead: RecycledLead, given: Asked, scene: Scene) -> Kept:
    """Its person refused contact: nurture has it again once they allow it, perhaps by now."""
    agreement = scene.agreement
    track, note = _while_rounds_last(lead, agreement.first_track, agreement)
    if lead.denied:
        return _to_desk(lead, given, agreement.privacy_desk, scene, then_track=track)
    return _nurtured(lead, replace(given, reason=nurture.ALLOWED_AGAIN), track, note, scene)


def _placed(lead: RecycledLead, given: Asked, scene: Scene) -> Kept:
    agreement = scene.agreement
    reason = agreement.reasons.get(given.reason)
    name, note = _track_for(lead, given.reason, agreement)
    if lead.denied:
        goes_on = reason is None or reason.track is not None
        return _to_desk(lead, given, agreement.privacy_desk, scene, then_track=name if goes_on else None)
    if reason is not None and reason.hold is not None:
        return _to_desk(lead, given, reason.hold, scene)
    if reason is not None and reason.ends is not None:
        return _closed(lead, given, scene)
    return _nurtured(lead, given, name, note, scene)


def _nurtured(lead: RecycledLead, given: Asked, name: str, note: str, scene: Scene) -> Kept:
    """To a track, or to a desk until consent or whose it is lets it go there."""
    agreement = scene.agreement
    if not lead.may_be_nurtured(agreement):
        if lead.set_aside:
            note = because(lead.whose)
        else:
            note = f"{note}; consent to nurture is {lead.consent.value}".removeprefix("; ")
        given = replace(given, note=note)
        return _to_desk(lead, given, desk_for(lead, agreement), scene, then_track=name)
    return _to_track(lead, replace(given, track=name, note=note), scene)


def _track_for(lead: RecycledLead, reason: str, agreement: Agreement) -> tuple[str, str]:
    known = agreement.reasons.get(reason)
    if known is None or known.track is None:
        return agreement.first_track, f"{agreement.ref} knows no reason '{reason}': its first track takes it"
    return _while_rounds_last(lead, known.track, agreement)


def _while_rounds_last(lead: RecycledLead, track: str, agreement: Agreement) -> tuple[str, str]:
    if baton.rounds_used_up(lead.custody, agreement.rounds_at_most):
        note = f"all {agreement.rounds_at_most} rounds are used up"
        return agreement.after_last_round_track, note
    return track, ""


def _to_track(lead: RecycledLead, given: Asked, scene: Scene) -> Kept:
    agreement, now = scene.agreement, scene.now
    known = agreement.tracks[given.track]
    if known.deliver_to is None:
        custody, handover = baton.take(lead.custody, nurture.track(agreement, given.track))
        return nurture.settle_in(replace(lead, custody=custody), handover, given, scene)
    asked = replace(
        given,
        tool=known.deliver_to,
        by_delivery=known.acknowledged_by == "delivery",
        due_at=now + known.acknowledge_within,
    )
    not_before = nurture.earliest(now, agreement.reasons.get(given.reason), given)
    return nurture.ask(lead, scene.lead, asked, not_before)


def _to_desk(
    lead: RecycledLead, given: Asked, name: str, scene: Scene, then_track: str | None = None
) -> Kept:
    custody, handover = baton.take(lead.custody, nurture.desk(scene.agreement, name))
    taken = replace(lead, custody=custody)
    return nurture.settle_in(taken, handover, given, scene, then_track=then_track)


def _closed(lead: RecycledLead, given: Asked, scene: Scene) -> Kept:
    """It was no lead at all: a desk takes it, so that somebody may close it, and it is closed."""
    at_desk = _to_desk(lead, given, scene.agreement.fallback_desk, scene)
    custody, handover = baton.close(at_desk.state.custody, "closed")
    by = custody.holder.answers if custody.holder is not None else ""
    closed = LeadClosed(handover=handover, by=by, reason=given.reason)
    return at_desk.then(Decision(buried(at_desk.state, custody), (Say(closed),)))


def sheltered(lead: RecycledLead, scene: Scene) -> Kept:
    """Contact was refused: the privacy desk has it from now on, and the tool lets it go."""
    privacy = nurture.desk(scene.agreement, scene.agreement.privacy_desk)
    passed = baton.to_privacy(lead.custody, privacy)
    if passed is None:
        return nothing(lead)
    if lead.asked is not None:
        void = nurture.take_back(scene.lead, lead.asked.number, lead.asked.tool)
        taken = replace(lead, custody=passed[0], asked=None)
        at_desk = nurture.settle_in(taken, passed[1], lead.asked, scene, then_track=lead.asked.track)
        return Decision(at_desk.state, (CancelTimer(nurture.ACKNOWLEDGE), void, *at_desk.effects))
    if lead.stay is None:
        return nothing(lead)
    at_privacy = replace(lead.stay, tool=None, then_track=_back(lead, lead.stay, scene.agreement))
    return nurture.move(lead, passed, at_privacy, "contact was refused", scene)


def _back(lead: RecycledLead, stay: Stay, agreement: Agreement) -> str | None:
    """Where it goes once contact is allowed again; nowhere, if its reason holds it at a desk."""
    holder, reason = lead.custody.holder, agreement.reasons.get(stay.reason)
    if holder is not None and holder.kind == "track":
        return holder.name
    return stay.then_track or (reason.track if reason is not None else None)
