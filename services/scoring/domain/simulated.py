"""A recorded lead, scored as if another agreement had been in force. Nothing is said, nothing kept."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from services.scoring.domain.facts import facts_of
from services.scoring.domain.intake import from_intake
from services.scoring.domain.judging import Judged, judge
from services.scoring.domain.model import ScoredLead, matched
from services.scoring.domain.policy import with_activity
from shared import baton
from shared.agreement import Agreement
from shared.baton import Handover, Holder
from shared.contracts.history import Recorded
from shared.contracts.scoring import ScoringEvent
from shared.effects import Say

InForce = Callable[[datetime], Agreement]
"""The version in force at an instant."""
FOREVER: Final = datetime.max.replace(tzinfo=UTC)
"""Where no present is known, whatever is dated came then."""


def simulated(recorded: Recorded, in_force: InForce, until: datetime = FOREVER) -> ScoringEvent:
    """Where the lead would leave the intake desk for, with its receipt: what scoring would have said.

    Judged at each activity until the one that makes it an MQL, else at the last. That an MQL cools, or is
    worked meanwhile, is not replayed. `until`: what is dated later is here already, and came before that.
    """
    judged = _judged(recorded, in_force, until)
    said, *_ = from_intake(judged).effects
    assert isinstance(said, Say)
    assert isinstance(said.event, ScoringEvent)
    return said.event


def _judged(recorded: Recorded, in_force: InForce, until: datetime) -> Judged:
    now = recorded.captured_at
    agreement, judged = in_force(now), None
    lead = _captured(recorded, agreement)
    for activity in recorded.activities:
        now = max(now, activity.at) if activity.at <= until else now
        agreement = in_force(now)
        facts = facts_of(lead, agreement, now)
        judged = judge(with_activity(lead, activity, facts, agreement, now), facts, agreement, now)
        lead = judged.lead
        if lead.mql:
            break
    return judged or judge(lead, facts_of(lead, agreement, now), agreement, now)


def _captured(recorded: Recorded, agreement: Agreement) -> ScoredLead:
    intake = Holder("intake", "intake", agreement.intake.owner)
    opened = baton.hear_open(baton.Custody(), Handover(kind="open", number=1, taker=intake))
    assert opened is not None
    return ScoredLead(
        custody=opened,
        person=recorded.person,
        email=recorded.email,
        company=recorded.company,
        consent=recorded.consent,
        interest=recorded.interest,
        source=recorded.source,
        campaign=recorded.campaign,
        captured_via=recorded.captured_via,
        captured_at=recorded.captured_at,
        account=matched(recorded.account, recorded.email),
    )
