"""When a lead goes back to sales: judged by what recycle remembers, not by the arrival of an event."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from services.recycle.domain import nurture
from services.recycle.domain.facts import facts_of
from services.recycle.domain.model import RecycledLead, Stay
from services.recycle.domain.nurture import Kept
from services.recycle.domain.scene import Scene
from shared import baton
from shared.agreement import Agreement, Facts
from shared.contracts.recycle import LeadReturned
from shared.contracts.values import RecycleReceipt, RuleTried
from shared.effects import CancelTimer, Decision, Say, nothing
from shared.terms import Stage


@dataclass(frozen=True, slots=True)
class _Signal:
    """Why the lead goes back, in words, and the rules that were tried."""

    words: str
    fast: bool = False
    rules: tuple[RuleTried, ...] = ()


def judge(lead: RecycledLead, scene: Scene) -> Kept:
    """Offer the lead to routing if something says so and nothing forbids it."""
    stay = lead.stay
    if stay is None or not scene.agreement.may_route(lead.consent.value):
        return nothing(lead)
    signal = _signal(lead, stay, scene)
    return nothing(lead) if signal is None else _offered_back(lead, stay, signal, scene)


def _signal(lead: RecycledLead, stay: Stay, scene: Scene) -> _Signal | None:
    ripe = stay.not_before is None or scene.now >= stay.not_before
    due = _due(stay, ripe=ripe)
    back = baton.comes_back(
        lead.custody,
        lead.memory,
        wanted=_wanted(lead, stay, scene),
        ripe=ripe,
        rounds_at_most=scene.agreement.rounds_at_most,
        first_time=stay.first_time,
        never=_never(lead, stay, scene.agreement),
        due=due is not None,
    )
    if not back:
        return None
    fast = baton.is_fast(lead.custody, lead.memory)
    if due is not None and not fast:
        return _Signal(due)
    return _told(lead, stay, scene, fast=fast, ripe=ripe)


def _due(stay: Stay, *, ripe: bool) -> str | None:
    """What brings it back without a signal, in words."""
    if stay.returns == "on_date" and stay.not_before is not None and ripe:
        return "the date agreed with the lead has come"
    if stay.returns == "when_repaired" and stay.repaired:
        return "its facts were put right"
    return None


def _never(lead: RecycledLead, stay: Stay, agreement: Agreement) -> bool:
    known = agreement.tracks.get(lead.custody.holder.name) if lead.custody.holder is not None else None
    return stay.returns == "never" or (known is not None and known.returns == "never")


def _wanted(lead: RecycledLead, stay: Stay, scene: Scene) -> bool:
    if stay.first_time:
        # It is no return: what the agreement asks of an MQL is all that is asked.
        return lead.mql
    return stay.returns != "when_repaired" and scene.agreement.may_return(_facts(lead, stay, scene.now))


def _told(lead: RecycledLead, stay: Stay, scene: Scene, *, fast: bool, ripe: bool) -> _Signal:
    if stay.first_time:
        return _Signal("it is an MQL now", fast)
    agreement, facts = scene.agreement, _facts(lead, stay, scene.now)
    rounds, most = lead.custody.rounds, agreement.rounds_at_most
    sentence = agreement.return_when.sentence(facts)
    rules = (
        RuleTried(name="return_when", matched=agreement.may_return(facts), sentence=sentence),
        RuleTried(name="earliest return", matched=ripe, sentence=_earliest(stay, ripe)),
        RuleTried(name="rounds", matched=rounds < most, sentence=f"{rounds} of {most} are used"),
    )
    return _Signal(_words(lead, fast), fast, rules)


def _facts(lead: RecycledLead, stay: Stay, now: datetime) -> Facts:
    return {
        **facts_of(lead, now),
        "fast_lane": baton.is_fast(lead.custody, lead.memory),
        "new_activity": baton.is_new(lead.custody, lead.memory),
        "round": lead.custody.rounds,
        "reason": stay.reason,
    }


def _earliest(stay: Stay, ripe: bool) -> str:
    if stay.not_before is None:
        return "it may come back at any time"
    return f"not before {stay.not_before:%Y-%m-%d %H:%M} UTC" + (
        "" if ripe else ": the fast lane does not wait"
    )


def _words(lead: RecycledLead, fast: bool) -> str:
    merged = baton.newly_absorbed(lead.custody, lead.memory)
    if merged:
        return f"another lead of the same person was merged into it: {', '.join(one.lead for one in merged)}"
    newest = lead.snapshot.activities[-1].type if lead.snapshot.activities else "activity"
    lane = ", on the fast lane" if fast else f", with a score of {lead.memory.score}"
    return f"new activity {lead.memory.seq} ({newest}; sales had seen {lead.custody.seen}){lane}"


def _offered_back(lead: RecycledLead, stay: Stay, signal: _Signal, scene: Scene) -> Kept:
    holder = lead.custody.holder
    custody, handover = baton.offer_back(lead.custody, lead.memory, first_time=stay.first_time)
    avoid, prefer = _whom(lead, stay, scene.agreement)
    facts = {"score": lead.memory.score, "seq": lead.memory.seq, "seen": lead.custody.seen}
    event = LeadReturned(
        handover=handover,
        signal=signal.words,
        round=custody.rounds,
        first_time=stay.first_time,
        avoid=avoid,
        prefer=prefer,
        reason=stay.reason,
        track=holder.name if holder is not None else None,
        since=stay.since,
        receipt=RecycleReceipt(
            agreement=scene.agreement.ref,
            at=scene.now,
            why=signal.words,
            rules=signal.rules,
            facts={**facts, "consent": lead.consent.value, "fast_lane": signal.fast},
        ),
        snapshot=replace(lead.snapshot, consent=lead.consent, stage=Stage.MQL, fast_lane=signal.fast),
    )
    offered = replace(lead, custody=custody)
    return Decision(offered, (CancelTimer(nurture.RETURN), Say(event)))


def _whom(lead: RecycledLead, stay: Stay, agreement: Agreement) -> tuple[str | None, str | None]:
    """Whom to avoid and whom to prefer. After a reject or a breach never the same."""
    avoid = stay.giver if stay.never_giver else None
    worked = [one for one in baton.newly_absorbed(lead.custody, lead.memory) if one.holder.kind == "rep"]
    if worked:
        rep = max(worked, key=lambda one: one.number).holder.answers
        return avoid, rep if rep != avoid else None
    reason = agreement.reasons.get(stay.reason)
    back_to = (reason.back_to if reason is not None else None) or agreement.back_to
    if avoid is not None or stay.giver is None or back_to == "rules":
        return avoid, None
    return (stay.giver, None) if back_to == "another_rep" else (None, stay.giver)
