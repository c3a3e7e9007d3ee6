"""Where a lead would go now, by when, and why: decided as every other, and nothing of it is written."""

from collections.abc import Callable
from typing import Any, Final

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
from shared.contracts.scoring import LeadQualified, LeadSetAside
from shared.contracts.values import RouteReceipt, RuleTried, ScoreReceipt, Snapshot
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId, Stage

LEAD: Final = LeadId("preview")


def preview(tx: Tx, story: Snapshot) -> RoutedLead:
    """A lead that scoring would hand on now, as routing would have it. Another's ties may fall otherwise."""
    story = replace(story, captured_at=tx.now)
    story = replace(story, segment=story.segment or tx.agreement.segment_of(_facts(story, tx)))
    aside = tx.agreement.set_aside_for(_facts(story, tx))
    if aside is None:
        return _qualified(story, tx)
    story = replace(story, stage=Stage.INQUIRY, fast_lane=False)
    return _set_aside(aside, story, tx) if aside.hold is None else _held(aside, aside.hold, story, tx)


def _qualified(story: Snapshot, tx: Tx) -> RoutedLead:
    fast = story.fast_lane or tx.agreement.fast_lane_for(_facts(story, tx)) is not None
    story = replace(story, stage=Stage.MQL, fast_lane=fast)
    event = LeadQualified(why="fast lane" if fast else "threshold", mql=True, **_offered(story, tx))

    def wants(event: LeadQualified, lead: RoutedLead) -> Wanted:
        return to_tell(lead, tx.agreement) | to_route(lead, tx.agreement, tx.now, event.snapshot)

    return _heard(event, wants, tx)


def _set_aside(rule: SetAside, story: Snapshot, tx: Tx) -> RoutedLead:
    event = LeadSetAside(rule=rule.name, mql=False, **_offered(story, tx))

    def wants(event: LeadSetAside, lead: RoutedLead) -> Wanted:
        named = to_set_aside(event.whose, lead, tx.agreement, tx.now, event.snapshot, Found())
        return to_tell(lead, tx.agreement) | named

    return _heard(event, wants, tx)


def _held(rule: SetAside, desk: str, story: Snapshot, tx: Tx) -> RoutedLead:
    """What a desk holds never comes to routing."""
    sentence = rule.condition.sentence(_facts(story, tx))
    tried = RuleTried(name=rule.name, matched=True, sentence=f"the desk '{desk}' holds it: {sentence}")
    return RoutedLead(
        custody=Custody(standing="gone", holder=Holder("desk", desk, tx.agreement.desks[desk].owner)),
        stage=story.stage,
        snapshot=story,
        why=SET_ASIDE,
        since=tx.now,
        receipt=RouteReceipt(agreement=tx.agreement.ref, at=tx.now, why=SET_ASIDE, rules=(tried,)),
    )


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
