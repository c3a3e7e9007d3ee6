"""How a lead comes to a track or a desk: asked, acknowledged, refused, moved; and what the tool is told."""

from datetime import UTC, datetime, time

from msgspec.structs import replace

from services.recycle.domain.model import Asked, RecycledLead, Stay
from services.recycle.domain.scene import Scene
from shared import baton
from shared.agreement import Agreement, Reason, Track
from shared.baton import Custody, Handover, Holder, Passed
from shared.contracts.recycle import LeadRecycled, LeadRecycleRefused
from shared.contracts.values import RecycleReceipt
from shared.effects import CancelTimer, Decision, Effect, Errand, Say, SetTimer
from shared.terms import LeadId

START = "start"
ACKNOWLEDGE = "acknowledge"
RETURN = "return"
ALLOWED_AGAIN = "contact was allowed again"
"""The reason of a lead's stay whose person had refused contact while sales had it."""
Kept = Decision[RecycledLead]


# ---- holders


def desk(agreement: Agreement, name: str) -> Holder:
    """A desk and its named owner."""
    return Holder("desk", name, agreement.desks[name].owner)


def _fallback(agreement: Agreement) -> Holder:
    return desk(agreement, agreement.fallback_desk)


def track_named(agreement: Agreement, name: str) -> Track:
    """The track of this name; the first one, if this version knows it no more."""
    return agreement.tracks.get(name) or agreement.tracks[agreement.first_track]


def track(agreement: Agreement, name: str) -> Holder:
    """That track and its named owner."""
    known = track_named(agreement, name)
    return Holder("track", known.name, known.owner)


# ---- what the tool is told; keys make repeats harmless


def start(lead: LeadId, number: int, tool: str, told: dict[str, str | None]) -> Errand:
    """Nurture this lead. Who it is, the gateway adds when it is sent: errands keep nothing personal."""
    return Errand(tool, START, f"{lead}/{number}/start", {"number": number, **told})


def stop(lead: LeadId, stay: Stay | None) -> tuple[Effect, ...]:
    """The lead has left: the tool that had it stops."""
    if stay is None or stay.tool is None:
        return ()
    return (Errand(stay.tool, "stop", f"{lead}/{stay.number}/stop", {"number": stay.number}),)


def take_back(lead: LeadId, number: int, tool: str, *, late: bool = False) -> Errand:
    """What was asked under this number is void. `late`: the tool said yes after that; say it once more."""
    key = f"{lead}/{number}/take back" + ("/late" if late else "")
    return Errand(tool, "take back", key, {"number": number})


# ---- asking a track


def ask(lead: RecycledLead, who: LeadId, asked: Asked, not_before: datetime | None) -> Kept:
    """Ask the track's tool; the giver answers until it has acknowledged."""
    told = {
        "track": asked.track,
        "reason": asked.reason,
        "acknowledge_by": asked.due_at.isoformat(),
        "not_before": not_before.isoformat() if not_before else None,
    }
    effects = (SetTimer(ACKNOWLEDGE, asked.due_at), start(who, asked.number, asked.tool, told))
    return Decision(replace(lead, asked=asked), effects)


def earliest(now: datetime, reason: Reason | None, asked: Asked) -> datetime | None:
    """When it may come back at the earliest: on the date agreed on, or after its reason's pause."""
    if reason is not None and reason.returns == "on_date" and asked.revisit_on is not None:
        return datetime.combine(asked.revisit_on, time(), UTC)
    if reason is not None and reason.not_before is not None:
        return now + reason.not_before
    return None


def acknowledged(lead: RecycledLead, scene: Scene, by: str) -> Kept:
    """The tool has it: the track's owner answers from now on, and the giver is released."""
    asked = lead.asked
    assert asked is not None
    passed = baton.acknowledge(lead.custody, asked.number, track(scene.agreement, asked.track))
    assert passed is not None
    custody, handover = passed
    taken = replace(lead, custody=custody, asked=None)
    decision = settle_in(taken, handover, asked, scene, by=by)
    return Decision(decision.state, (CancelTimer(ACKNOWLEDGE), *decision.effects))


def settle_in(
    lead: RecycledLead,
    handover: Handover,
    asked: Asked,
    scene: Scene,
    *,
    by: str = "",
    then_track: str | None = None,
) -> Kept:
    """A track or desk has taken it: how long it stays, what brings it back, and the event that says so."""
    to = handover.taker
    assert to is not None
    reason, now = scene.agreement.reasons.get(asked.reason), scene.now
    on_track = to.kind == "track"
    stay = Stay(
        number=asked.number,
        reason=asked.reason,
        since=now,
        tool=asked.tool or None if on_track else None,
        giver=asked.giver,
        never_giver=asked.never_giver,
        not_before=earliest(now, reason, asked),
        returns=reason.returns if reason is not None else None,
        repaired=asked.repaired,
        then_track=then_track,
    )
    settled = replace(lead, stay=stay)
    said = recycled(settled, handover, scene, note=asked.note, by=by)
    return Decision(settled, (said, *_clock(to, stay, now)))


def _returns_from(to: Holder, stay: Stay) -> datetime | None:
    """Its earliest return, if it is on a track: at a desk it is only kept, for the track it goes on to."""
    return stay.not_before if to.kind == "track" else None


def _clock(to: Holder, stay: Stay, now: datetime) -> tuple[Effect, ...]:
    """The timer at the earliest return, if that lies ahead."""
    at = _returns_from(to, stay)
    return () if at is None or at <= now else (SetTimer(RETURN, at),)


def recycled(lead: RecycledLead, handover: Handover, scene: Scene, *, note: str = "", by: str = "") -> Say:
    """The event that says who answers now, with its receipt."""
    to, stay = handover.taker, lead.stay
    assert to is not None
    assert stay is not None
    came = stay.reason if stay.reason == ALLOWED_AGAIN else f"given back as '{stay.reason}'"
    receipt = RecycleReceipt(
        agreement=scene.agreement.ref,
        at=scene.now,
        why="; ".join(part for part in (came, note) if part),
        acknowledged_by=by,
        acknowledged_at=scene.now if by else None,
        facts={"consent": lead.consent.value, "round": handover.rounds, "reason": stay.reason},
    )
    event = LeadRecycled(
        handover=handover,
        owner=to,
        reason=stay.reason,
        not_before=_returns_from(to, stay),
        condition=condition(to, stay, scene.agreement),
        round=handover.rounds,
        receipt=receipt,
    )
    return Say(event)


def condition(to: Holder, stay: Stay, agreement: Agreement) -> str:
    """What brings the lead back, in words."""
    if to.kind == "desk":
        return "nothing but the desk's owner" if stay.then_track is None else "consent to nurture"
    known = agreement.tracks.get(to.name)
    if stay.returns == "never" or (known is not None and known.returns == "never"):
        return "nothing: it never returns by itself"
    if stay.returns == "on_date":
        return "the date agreed with the lead"
    if stay.returns == "when_repaired":
        return "its facts being put right"
    return f"a new signal, when {agreement.return_when.words}"


# ---- no acknowledgement


def lapsed(lead: RecycledLead, why: str, scene: Scene) -> Kept:
    """The track did not acknowledge: refuse; the second time in a row the fallback desk takes it instead."""
    asked = lead.asked
    assert asked is not None
    custody, handover = baton.lapse(lead.custody, _fallback(scene.agreement))
    void = (CancelTimer(ACKNOWLEDGE), take_back(scene.lead, asked.number, asked.tool))
    answered = replace(lead, custody=custody, asked=None)
    if handover.kind == "take":
        note = f"the track {asked.track} did not take it, for the second time in a row: {why}"
        decision = settle_in(answered, handover, replace(asked, note=note), scene)
        return Decision(decision.state, (*void, *decision.effects))
    refusal = LeadRecycleRefused(handover=handover, track=asked.track, reason=why)
    return Decision(answered, (*void, Say(refusal)))


# ---- moving on


def move(lead: RecycledLead, passed: Passed, stay: Stay, note: str, scene: Scene) -> Kept:
    """From a track or desk of ours to another: the old tool stops, the new one starts."""
    custody, handover = passed
    to = handover.taker
    assert to is not None
    moved = replace(lead, custody=custody, stay=replace(stay, number=custody.number, since=scene.now))
    effects: list[Effect] = [CancelTimer(RETURN), *stop(scene.lead, lead.stay)]
    effects += [recycled(moved, handover, scene, note=note), *_clock(to, stay, scene.now)]
    if stay.tool is not None:
        not_before = stay.not_before.isoformat() if stay.not_before else None
        told = {"track": to.name, "reason": stay.reason, "not_before": not_before, "acknowledge_by": None}
        effects.append(start(scene.lead, custody.number, stay.tool, told))
    return Decision(moved, tuple(effects))


def tool_of(known: Track | None) -> str | None:
    """The destination that has a track's leads, if it has one."""
    return known.deliver_to if known is not None else None


def hears_move(lead: RecycledLead, handover: Handover | None) -> Custody | None:
    """The custody after a move to a track or desk of ours; None if it is no such thing, or stale."""
    if handover is None or handover.taker is None or handover.taker.custodian != "recycle":
        return None
    return baton.hear_move(lead.custody, handover)
