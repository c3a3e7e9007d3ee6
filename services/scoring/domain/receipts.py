"""Receipts: a score in words, line by line, and what is missing to be an MQL."""

from collections.abc import Iterator
from datetime import datetime

from services.scoring.domain.facts import activity_facts
from services.scoring.domain.fading import WHOLE, left_of
from services.scoring.domain.missing import missing_of
from services.scoring.domain.score import Hit, Sum
from shared.agreement import Agreement, Facts, SetAside
from shared.contracts.values import Point, RuleTried, ScoreReceipt


def receipt_of(
    total: Sum,
    facts: Facts,
    agreement: Agreement,
    now: datetime,
    *,
    number: int,
    fast_lane: str | None,
    aside: SetAside | None,
) -> ScoreReceipt:
    """The record of a score. Sentences are written here, so ask for one only if it is said or kept."""
    return ScoreReceipt(
        agreement=agreement.ref,
        at=now,
        fit=tuple(
            Point(name=rule.name, points=rule.points, sentence=rule.sentence(facts), worth=rule.points)
            for rule in total.fit
        ),
        engagement=tuple(_engagement(total, facts, agreement, now)),
        fit_points=total.fit_points,
        engagement_points=total.engagement_points,
        grade=total.grade,
        score=total.score,
        missing=tuple(missing_of(total, facts, agreement, now)) if aside is None else (),
        fast_lane=fast_lane,
        set_aside=_aside(aside, facts) if aside is not None else None,
        number=number,
    )


def _engagement(total: Sum, facts: Facts, agreement: Agreement, now: datetime) -> Iterator[Point]:
    for hit in total.hits:
        left = left_of(now - hit.activity.at, agreement.half_life)
        yield _point(hit, hit.rule.sentence({**facts, **activity_facts(hit.activity)}), left)


def _point(hit: Hit, sentence: str, left: int) -> Point:
    rule, activity = hit.rule, hit.activity
    was_cut = hit.points != rule.points
    return Point(
        name=rule.name,
        points=hit.points,
        sentence=sentence,
        worth=(hit.points * left * 2 + WHOLE) // (2 * WHOLE),
        at=activity.at,
        seq=activity.seq,
        activity=activity.type,
        uncapped=rule.points if was_cut else None,
        cap=str(rule.at_most) if was_cut else None,
    )


def _aside(aside: SetAside, facts: Facts) -> RuleTried:
    return RuleTried(name=aside.name, matched=True, sentence=aside.condition.sentence(facts))
