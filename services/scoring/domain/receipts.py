"""Receipts: a score in words, line by line, and what is missing to be an MQL."""

from datetime import datetime, timedelta

from services.scoring.domain.aside import Aside
from services.scoring.domain.fading import WHOLE, left_of
from services.scoring.domain.missing import missing_of
from services.scoring.domain.score import Hit, Sum
from shared.agreement import Agreement, Facts
from shared.contracts.values import Point, ScoreReceipt


def receipt_of(
    total: Sum,
    facts: Facts,
    agreement: Agreement,
    now: datetime,
    *,
    number: int,
    fast_lane: str | None,
    aside: Aside | None,
) -> ScoreReceipt:
    """The record of a score. Sentences are written here, so ask for one only if it is said or kept."""
    return ScoreReceipt(
        agreement=agreement.ref,
        at=now,
        fit=tuple(
            Point(name=rule.name, points=rule.points, sentence=rule.sentence(facts), worth=rule.points)
            for rule in total.fit
        ),
        engagement=tuple(_point(hit, agreement.half_life, now) for hit in total.hits),
        fit_points=total.fit_points,
        engagement_points=total.engagement_points,
        grade=total.grade,
        score=total.score,
        missing=tuple(missing_of(total, facts, agreement, now)) if aside is None else (),
        fast_lane=fast_lane,
        set_aside=aside.tried if aside is not None else None,
        number=number,
    )


def _point(hit: Hit, half_life: timedelta, now: datetime) -> Point:
    rule, activity = hit.rule, hit.activity
    left, was_cut = left_of(now - activity.at, half_life), hit.points != rule.points
    return Point(
        name=rule.name,
        points=hit.points,
        sentence=hit.sentence,
        worth=(hit.points * left * 2 + WHOLE) // (2 * WHOLE),
        at=activity.at,
        seq=activity.seq or None,
        activity=activity.type,
        uncapped=rule.points if was_cut else None,
        cap=str(rule.at_most) if was_cut else None,
    )
