"""Receipts: a score in words, line by line, and what is missing to be an MQL."""

from datetime import datetime

from msgspec.structs import replace

from services.scoring.domain.aside import Aside
from services.scoring.domain.fading import WHOLE
from services.scoring.domain.missing import missing_of
from services.scoring.domain.score import Hit, Sum
from shared.agreement import Agreement, Facts
from shared.contracts.values import Point, ScoreReceipt
from shared.terms import Consent


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
        fit=total.fit.lines,
        engagement=tuple([_line(hit, left) for hit, left in zip(total.hits, total.left, strict=True)]),
        fit_points=total.fit_points,
        engagement_points=total.engagement_points,
        grade=total.grade,
        score=total.score,
        missing=_missing(total, facts, agreement, now, fast_lane, aside),
        fast_lane=fast_lane,
        set_aside=aside.tried if aside is not None else None,
        number=number,
    )


def _missing(
    total: Sum,
    facts: Facts,
    agreement: Agreement,
    now: datetime,
    fast_lane: str | None,
    aside: Aside | None,
) -> tuple[str, ...]:
    """Nothing would do for who refused contact, nor for somebody else's lead; a fast lane lacks nothing."""
    if facts.get("consent") == Consent.DENIED:
        return ("consent is denied: whoever refused contact is no MQL",)
    return missing_of(total, facts, agreement, now) if aside is None and fast_lane is None else ()


def _line(hit: Hit, left: int) -> Point:
    rule, activity, points = hit.rule, hit.activity, hit.points
    line = Point(
        name=rule.name,
        points=points,
        sentence=hit.sentence,
        worth=(points * left * 2 + WHOLE) // (2 * WHOLE),
        at=activity.at,
        seq=activity.seq or None,
        activity=activity.type,
    )
    return line if points == rule.points else replace(line, uncapped=rule.points, cap=str(rule.at_most))
