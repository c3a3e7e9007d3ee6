"""Where a lead would go now, by when, and why: decided as every other, and nothing of it is written."""

from typing import Final

from msgspec.structs import replace

from services.routing.domain.choosing.wanted import to_route, to_tell
from services.routing.domain.facts import facts_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.steps.hear import hear
from services.routing.handlers.deciding import Step, try_out
from services.routing.handlers.spelling import as_known_here
from shared.baton import Handover, Holder
from shared.contracts.envelope import Heard
from shared.contracts.scoring import LeadQualified
from shared.contracts.values import ScoreReceipt, Snapshot
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId, Stage

LEAD: Final = LeadId("preview")


def preview(tx: Tx, story: Snapshot) -> RoutedLead:
    """A lead that scoring would offer now, as routing would have it. Another's ties may fall otherwise."""
    known = facts_of(story, rounds=0, now=tx.now)
    story = replace(
        story, stage=Stage.MQL, segment=story.segment or tx.agreement.segment_of(known), captured_at=tx.now
    )
    offered: Heard[LeadQualified] = Heard(
        id=LEAD, lead=LEAD, source="scoring", at=tx.now, event=_offered(story, tx)
    )
    [heard] = as_known_here(tx, [offered])
    step = Step(
        LEAD,
        Cause(LEAD),
        lambda lead, scene: hear(lead, heard, scene),
        lambda lead: to_tell(lead, tx.agreement) | to_route(lead, tx.agreement, tx.now, heard.event.snapshot),
    )
    return try_out(tx, [step], {LEAD: RoutedLead()})[LEAD]


def _offered(story: Snapshot, tx: Tx) -> LeadQualified:
    agreement, grade = tx.agreement, story.grade or "D"
    owner = agreement.intake.owner
    return LeadQualified(
        handover=Handover(kind="offer", number=1, giver=Holder("intake", "intake", owner), seen=1),
        why="fast lane" if story.fast_lane else "threshold",
        snapshot=story,
        score=story.score,
        grade=grade,
        mql=True,
        receipt=ScoreReceipt(agreement=agreement.ref, at=tx.now, score=story.score, grade=grade),
    )
