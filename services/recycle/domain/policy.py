"""What recycle does when it hears something. Pure: lead, event, agreement and instant decide."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from services.recycle.domain import nurture, receiving, returning
from services.recycle.domain.aside import to_whose_it_is
from services.recycle.domain.disputes import follow
from services.recycle.domain.memory import remember
from services.recycle.domain.model import RecycledLead, Stay, buried
from services.recycle.domain.nurture import Kept
from services.recycle.domain.scene import Scene
from shared import baton
from shared.agreement import Agreement
from shared.baton import Ending, Holder, Remains
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import LeadErased, LeadMerged
from shared.contracts.recycle import OwnerConfirmed, OwnerMissing
from shared.contracts.routing import (
    LeadAbsorbed,
    LeadAssigned,
    LeadClosed,
    LeadDisqualified,
    LeadLost,
    LeadStalled,
    LeadWon,
)
from shared.contracts.scoring import LeadNotQualified
from shared.effects import CancelTimer, CommandRefused, Decision, Effect, FiredTimer, Say, nothing
from shared.terms import LeadId, Stage


def react(lead: RecycledLead, heard: Heard[Any], scene: Scene) -> Kept:
    """The decision on one event about one lead: remember it, act on it, then on what it makes possible."""
    if lead.custody.standing == "ended":
        return _merged_before(lead, heard)
    remembered = remember(lead, heard, scene.agreement, scene.now)
    reaction = _REACTIONS.get(type(heard.event))
    followed = follow(remembered, heard, scene.agreement)
    acted = followed if reaction is None else followed.then(reaction(followed.state, heard, scene))
    return acted.then(settle(acted.state, scene))


def settle(lead: RecycledLead, scene: Scene) -> Kept:
    """What follows from what is remembered, whenever it was heard: refusal, a deal, whose it is, a return."""
    if lead.custody.standing not in ("asked", "holding"):
        return nothing(lead)
    decision = _duties(lead, scene)
    decision = decision.then(to_whose_it_is(decision.state, scene))
    decision = decision.then(_nurtured_again(decision.state, scene))
    return decision.then(returning.judge(decision.state, scene))


# ---- what follows


def _duties(lead: RecycledLead, scene: Scene) -> Kept:
    privacy = nurture.desk(scene.agreement, scene.agreement.privacy_desk)
    won = lead.won is not None
    match baton.recycle_must(lead.custody, privacy, denied=lead.denied, won=won):
        case "close":
            return _closed_as_won(lead, scene.lead)
        case "privacy":
            sheltered = receiving.sheltered(lead, scene)
            # A deal that waited while a track was asked can be closed now.
            return sheltered.then(_closed_as_won(sheltered.state, scene.lead)) if won else sheltered
        case _:
            return nothing(lead)


def _closed_as_won(lead: RecycledLead, who: LeadId) -> Kept:
    custody, handover = baton.close(lead.custody, "won")
    by = custody.holder.answers if custody.holder is not None else ""
    value, currency = (lead.won.value, lead.won.currency) if lead.won is not None else (None, None)
    won = LeadWon(handover=handover, by=by, value=value, currency=currency)
    return Decision(buried(lead, custody), (*_left(lead, who), Say(won)))


def _nurtured_again(lead: RecycledLead, scene: Scene) -> Kept:
    """A lead leaves its desk when the cause ceases: consent was given, or it is nobody else's any more."""
    stay, agreement = lead.stay, scene.agreement
    if lead.custody.standing != "holding" or stay is None or stay.then_track is None:
        return nothing(lead)
    if not lead.may_be_nurtured(agreement):
        return nothing(lead)
    known = nurture.track_named(agreement, stay.then_track)
    on_track = replace(_without_its_cause(stay, agreement), tool=known.deliver_to, then_track=None)
    passed = baton.move(lead.custody, nurture.track(agreement, known.name))
    return nurture.move(lead, passed, on_track, "what kept it there has ceased", scene)


def _without_its_cause(stay: Stay, agreement: Agreement) -> Stay:
    """A reason that names no track kept it at the desk, and nothing from coming back once it has ceased."""
    reason = agreement.reasons.get(stay.reason)
    if reason is None or reason.track is not None:
        return stay
    return replace(stay, reason=nurture.ALLOWED_AGAIN, returns=None)


def _left(lead: RecycledLead, who: LeadId) -> tuple[Effect, ...]:
    """The journey here is over: no clock runs, and a tool that has it, or was asked, lets it go."""
    effects: list[Effect] = []
    if lead.asked is not None:
        effects.append(CancelTimer(nurture.ACKNOWLEDGE))
        effects.append(nurture.take_back(who, lead.asked.number, lead.asked.tool))
    if lead.stay is not None:
        effects.append(CancelTimer(nurture.RETURN))
    return (*effects, *nurture.stop(who, lead.stay))


# ---- reactions


def _taken(lead: RecycledLead, heard: Heard[LeadAssigned], scene: Scene) -> Kept:
    handover = heard.event.handover
    answered = baton.hear_answer(lead.custody, handover) if handover is not None else None
    if answered is None:
        return nothing(lead)
    # Only now, with routing's word that it holds the lead, does the tool stop.
    return Decision(replace(lead, custody=answered, stay=None), nurture.stop(heard.lead, lead.stay))


def _ended(lead: RecycledLead, who: LeadId, ending: Ending) -> Kept:
    custody = baton.hear_tombstone(lead.custody, ending)
    return nothing(lead) if custody is None else Decision(buried(lead, custody), _left(lead, who))


def _erased(lead: RecycledLead, heard: Heard[LeadErased], scene: Scene) -> Kept:
    return _ended(lead, heard.lead, "erased")


def _over(lead: RecycledLead, heard: Heard[Any], scene: Scene) -> Kept:
    return _ended(lead, heard.lead, "won" if isinstance(heard.event, LeadWon) else "closed")


def _merged(lead: RecycledLead, heard: Heard[LeadMerged], scene: Scene) -> Kept:
    absorbed = baton.absorb(lead.custody)
    if absorbed is None:
        return nothing(lead)
    custody, remains = absorbed
    effects = _left(lead, heard.lead)
    survivor = heard.event.survivor
    if remains is not None:
        effects = (*effects, _absorbed(heard.lead, lead.snapshot.stage, remains, survivor))
    # Whom it had absorbed itself, and nobody acts on any more, goes on to the root.
    passed_on = (
        _absorbed(LeadId(one.lead), one.stage, (one.number, one.holder), survivor)
        for one in baton.newly_absorbed(lead.custody, lead.memory)
    )
    return Decision(buried(lead, custody, survivor), (*effects, *passed_on))


def _merged_before(lead: RecycledLead, heard: Heard[Any]) -> Kept:
    """The lead is another by now: what its survivor must hear of is said to that one."""
    if lead.survivor is None:
        return nothing(lead)
    match heard.event:
        case LeadAbsorbed():
            return Decision(lead, (Say(heard.event, key=lead.survivor),))
        case LeadNotQualified():
            return _moved_too_late(lead, heard, lead.survivor)
    return nothing(lead)


def _moved_too_late(lead: RecycledLead, heard: Heard[LeadNotQualified], survivor: LeadId) -> Kept:
    """It was moved to us before its giver heard that it was merged: we say what became of it."""
    handover = heard.event.handover
    remains = baton.absorb_late(lead.custody, handover) if handover is not None else None
    if remains is None or remains[1].custodian != "recycle":
        return nothing(lead)
    stage = heard.event.snapshot.stage
    return Decision(lead, (_absorbed(heard.lead, stage, remains, survivor),))


def _absorbed(lead: LeadId, stage: Stage, remains: Remains, survivor: LeadId) -> Say:
    number, holder = remains
    return Say(LeadAbsorbed(absorbed=lead, stage=stage, holder=holder, number=number), key=survivor)


def _owner_missing(lead: RecycledLead, heard: Heard[OwnerMissing], scene: Scene) -> Kept:
    """The auditor asks us: give the lead to who answers for its track or desk now, or confirm who does."""
    custody, stay = lead.custody, lead.stay
    if heard.event.custodian != "recycle" or not custody.ours or custody.holder is None:
        return nothing(lead)
    owner = _owner_of(custody.holder, scene.agreement)
    if stay is None or owner in (None, custody.holder.answers) or custody.standing != "holding":
        return Decision(lead, (Say(OwnerConfirmed(number=custody.number, holder=custody.holder)),))
    to = Holder(custody.holder.kind, custody.holder.name, owner or "")
    moved, handover = baton.move(custody, to)
    kept = replace(lead, custody=moved)
    note = f"{custody.holder.answers} no longer answers for it"
    return Decision(kept, (nurture.recycled(kept, handover, scene, note=note),))


def _owner_of(holder: Holder, agreement: Agreement) -> str | None:
    if holder.kind == "track":
        known = agreement.tracks.get(holder.name)
        return known.owner if known is not None else None
    desk = agreement.desks.get(holder.name)
    return desk.owner if desk is not None else None


# ---- timers, and the tool's answers


def fire(lead: RecycledLead, timer: FiredTimer, scene: Scene) -> Kept:
    """A clock has run out. It is moot unless the lead still waits for it."""
    asked, stay = lead.asked, lead.stay
    if timer.purpose == nurture.ACKNOWLEDGE and asked is not None and asked.due_at == timer.due_at:
        why = f"the track {asked.track} did not acknowledge in time"
        return _lapsed(lead, why, scene)
    if timer.purpose == nurture.RETURN and stay is not None and stay.not_before == timer.due_at:
        return returning.judge(lead, scene)
    return nothing(lead)


def delivered(lead: RecycledLead, number: int, tool: str, scene: Scene) -> Kept:
    """The tool has answered 2xx to "start": an acknowledgement, if the track takes it for one, in time."""
    if lead.asked is not None and lead.asked.number == number:
        if not lead.asked.by_delivery:
            return nothing(lead)
        return _acknowledged(lead, scene)
    if lead.custody.ours and lead.stay is not None and lead.stay.number == number:
        return nothing(lead)
    return Decision(lead, (nurture.take_back(scene.lead, number, tool, late=True),))


def undelivered(lead: RecycledLead, number: int, why: str, scene: Scene) -> Kept:
    """The tool will never have it: there is no use in waiting for its acknowledgement."""
    if lead.asked is None or lead.asked.number != number:
        return nothing(lead)
    return _lapsed(lead, f"the track {lead.asked.track} can not be reached: {why}", scene)


def acknowledge(lead: RecycledLead, number: int, scene: Scene) -> Kept:
    """The tool calls back: it has the lead. Raises CommandRefused if it comes late: the tool lets it go."""
    if lead.asked is not None and lead.asked.number == number:
        return _acknowledged(lead, scene)
    if lead.custody.ours and lead.stay is not None and lead.stay.number == number:
        return nothing(lead)
    who = scene.lead
    if lead.custody.standing == "ended":
        raise CommandRefused("gone", f"the journey of {who} is over; take it out of your track")
    if lead.custody.standing == "none":
        raise CommandRefused("unknown", f"recycle knows no lead {who}; send the id as it was given to you")
    raise CommandRefused(
        "wrong stage", f"baton {number} of {who} does not wait for you (any more): take it out of your track"
    )


def _acknowledged(lead: RecycledLead, scene: Scene) -> Kept:
    assert lead.asked is not None
    taken = nurture.acknowledged(lead, scene, by=lead.asked.tool)
    return taken.then(settle(taken.state, scene))


def _lapsed(lead: RecycledLead, why: str, scene: Scene) -> Kept:
    # A desk may have taken it: then a deal that waited for the track's answer can be closed.
    let_go = nurture.lapsed(lead, why, scene)
    return let_go.then(settle(let_go.state, scene))


_Reaction = Callable[[RecycledLead, Heard[Any], Scene], Kept]
_REACTIONS: Final[dict[type[Event], _Reaction]] = {
    LeadNotQualified: receiving.moved_here,
    LeadDisqualified: receiving.offered,
    LeadStalled: receiving.offered,
    LeadLost: receiving.offered,
    LeadAssigned: _taken,
    LeadErased: _erased,
    LeadMerged: _merged,
    LeadWon: _over,
    LeadClosed: _over,
    OwnerMissing: _owner_missing,
}
