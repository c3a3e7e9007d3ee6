"""What leaves the intake desk, and where to: every captured lead does, in the transaction that scores it."""

from msgspec.structs import replace

from services.scoring.domain.judging import Judged, Said, Scored
from shared import baton
from shared.agreement import SetAside
from shared.baton import Holder
from shared.contracts.scoring import LeadNotQualified, ScoringEvent
from shared.effects import Say


def from_intake(judged: Judged) -> Scored:
    """To sales, to a track, to whom it belongs already, or to a desk. Consent comes before all else."""
    said, agreement = judged.said(), judged.agreement
    lead = said.lead
    if lead.refused:
        return _to_desk(said, agreement.privacy_desk, "consent is denied")
    if lead.was_no_lead:
        return _to_desk(said, agreement.fallback_desk, "it was closed before as no lead")
    if judged.aside is not None:
        return _set_aside(said, judged.aside.rule)
    if lead.mql and agreement.may_route(lead.consent.value):
        return _offered(said)
    if agreement.may_nurture(lead.consent.value):
        track = agreement.tracks[agreement.first_track]
        reason = f"consent to be called is {lead.consent.value}" if lead.mql else "not an MQL yet"
        return _moved(said, Holder("track", track.name, track.owner), reason)
    return _to_desk(said, agreement.fallback_desk, f"consent to nurture is {lead.consent.value}")


def _offered(said: Said) -> Scored:
    custody, handover = baton.offer(said.lead.custody)
    return _scored(said, custody, said.qualified(handover))


def _moved(said: Said, to: Holder, reason: str) -> Scored:
    custody, handover = baton.move(said.lead.custody, to)
    event = LeadNotQualified(
        handover=handover,
        snapshot=said.snapshot(),
        missing=said.receipt.missing,
        reason=reason,
        to=to,
        **said.result,
    )
    return _scored(said, custody, event)


def _to_desk(said: Said, name: str, reason: str) -> Scored:
    return _moved(said, Holder("desk", name, said.agreement.desks[name].owner), reason)


def _set_aside(said: Said, rule: SetAside) -> Scored:
    """Never to nurture: to the desk or to whom the rule names; to a desk as well if nobody may call them."""
    reason = f"set aside by the rule '{rule.name}'"
    if rule.hold is not None:
        return _also_told(_to_desk(said, rule.hold, reason), said, rule)
    consent = said.lead.consent.value
    if not said.agreement.may_route(consent):
        reason = f"{reason}, and consent to be called is {consent}"
        return _also_told(_to_desk(said, said.agreement.fallback_desk, reason), said, rule)
    custody, handover = baton.offer(said.lead.custody)
    return _scored(said, custody, said.set_aside(rule, handover))


def _also_told(moved: Scored, said: Said, rule: SetAside) -> Scored:
    """Whoever is to hear that a desk has it, and as what it counts, is said beside the move."""
    if rule.tell is None and rule.counts_as is None:
        return moved
    return replace(moved, effects=(*moved.effects, Say(said.set_aside(rule, None))))


def _scored(said: Said, custody: baton.Custody, event: ScoringEvent) -> Scored:
    return Scored(replace(said.lead, custody=custody), (Say(event),), kept=said.kept())
