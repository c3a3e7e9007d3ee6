"""Where a lead would go now, by when, and why: decided as every other, and nothing of it is written."""

from collections.abc import Callable
from typing import Any, Final, Literal

from msgspec.structs import replace

from services.routing.domain.choosing.wanted import Wanted, to_route, to_set_aside, to_tell
from services.routing.domain.facts import Found, facts_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.steps.hear import hear
from services.routing.domain.words import SET_ASIDE
from services.routing.handlers.deciding import Step, try_out
from services.routing.handlers.spelling import as_known_here
from shared.agreement import SetAside
from shared.baton import Custody, Handover, Holder
from shared.contracts.envelope import Heard
from shared.contracts.routing import Why
from shared.contracts.scoring import LeadQualified, LeadSetAside
from shared.contracts.values import RouteReceipt, RuleTried, ScoreReceipt, Snapshot
from shared.runtime.tx import Cause, Tx
from shared.terms import Consent, LeadId, Stage

LEAD: Final = LeadId("preview")


def preview(tx: Tx, story: Snapshot) -> RoutedLead:
    """A lead that scoring would hand on now, as routing would have it. Another's ties may fall otherwise.

    As at the intake desk, consent comes before all else: who may not be called never comes to routing.
    """
    story = replace(story, captured_at=tx.now)
    story = replace(story, segment=story.segment or tx.agreement.segment_of(_facts(story, tx)))
    if story.consent is Consent.DENIED:
        refused = replace(story, stage=Stage.INQUIRY, fast_lane=False)
        return _elsewhere(_desk(tx.agreement.privacy_desk, tx), "consent is denied", refused, tx)
    aside = tx.agreement.set_aside_for(_facts(story, tx))
    if aside is not None:
        return _set_aside(aside, replace(story, stage=Stage.INQUIRY, fast_lane=False), tx)
    fast = story.fast_lane or tx.agreement.fast_lane_for(_facts(story, tx)) is not None
    return _qualified(replace(story, stage=Stage.MQL, fast_lane=fast), tx)


def _qualified(story: Snapshot, tx: Tx) -> RoutedLead:
    if not tx.agreement.may_route(story.consent.value):
        return _elsewhere(_nurture(story, tx), _not_called(story), story, tx)
    why: Literal["fast lane", "threshold"] = "fast lane" if story.fast_lane else "threshold"
    event = LeadQualified(why=why, mql=True, **_offered(story, tx))

    def wants(event: LeadQualified, lead: RoutedLead) -> Wanted:
        return to_tell(lead, tx.agreement) | to_route(lead, tx.agreement, tx.now, event.snapshot)

    return _heard(event, wants, tx)


def _set_aside(rule: SetAside, story: Snapshot, tx: Tx) -> RoutedLead:
    if rule.hold is not None:
        return _held(rule, rule.hold, "", story, tx)
    if not tx.agreement.may_route(story.consent.value):
        return _held(rule, tx.agreement.fallback_desk, _not_called(story), story, tx)
    event = LeadSetAside(rule=rule.name, mql=False, **_offered(story, tx))

    def wants(event: LeadSetAside, lead: RoutedLead) -> Wanted:
        named = to_set_aside(event.whose, lead, tx.agreement, tx.now, event.snapshot, Found())
        return to_tell(lead, tx.agreement) | named

    return _heard(event, wants, tx)


# ---- what never comes to routing


def _held(rule: SetAside, desk: str, note: str, story: Snapshot, tx: Tx) -> RoutedLead:
    sentence = rule.condition.sentence(_facts(story, tx))
    tried = RuleTried(name=rule.name, matched=True, sentence=f"the desk '{desk}' holds it: {sentence}")
    return _elsewhere(_desk(desk, tx), note, story, tx, rules=(tried,), why=SET_ASIDE)


def _elsewhere(
    holder: Holder,
    note: str,
    story: Snapshot,
    tx: Tx,
    *,
    rules: tuple[RuleTried, ...] = (),
    why: Why = "new",
) -> RoutedLead:
    return RoutedLead(
        custody=Custody(standing="gone", holder=holder),
        stage=story.stage,
        snapshot=story,
        why=why,
        since=tx.now,
        receipt=RouteReceipt(agreement=tx.agreement.ref, at=tx.now, why=why, rules=rules, note=note),
    )


def _nurture(story: Snapshot, tx: Tx) -> Holder:
    """The track that takes every new lead, or the desk for those who may not be nurtured either."""
    agreement = tx.agreement
    if not agreement.may_nurture(story.consent.value):
        return _desk(agreement.fallback_desk, tx)
    track = agreement.tracks[agreement.first_track]
    return Holder("track", track.name, track.owner)


def _desk(name: str, tx: Tx) -> Holder:
    return Holder("desk", name, tx.agreement.desks[name].owner)


def _not_called(story: Snapshot) -> str:
    return f"consent to be called is {story.consent.value}"


# ---- what is offered to routing


def _heard(
    event: LeadQualified | LeadSetAside, wants: Callable[[Any, RoutedLead], Wanted], tx: Tx
) -> RoutedLead:
    said: Heard[LeadQualified | LeadSetAside] = Heard(
        id=LEAD, lead=LEAD, source="scoring", at=tx.now, event=event
    )
    [heard] = as_known_here(tx, [said])
    step = Step(
        LEAD,
        Cause(LEAD),
        lambda lead, scene: hear(lead, heard, scene),
        lambda lead: wants(heard.event, lead),
    )
    return try_out(tx, [step], {LEAD: RoutedLead()})[LEAD]


def _offered(story: Snapshot, tx: Tx) -> dict[str, Any]:
    """What both of scoring's offers say."""
    agreement, grade = tx.agreement, story.grade or "D"
    return {
        "handover": Handover(
            kind="offer", number=1, giver=Holder("intake", "intake", agreement.intake.owner), seen=1
        ),
        "snapshot": story,
        "score": story.score,
        "grade": grade,
        "receipt": ScoreReceipt(agreement=agreement.ref, at=tx.now, score=story.score, grade=grade),
    }


def _facts(story: Snapshot, tx: Tx) -> dict[str, Any]:
    return facts_of(story, rounds=0, now=tx.now)
