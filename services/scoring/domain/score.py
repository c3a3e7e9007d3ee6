"""The score as a sum that anyone can check: fit points, engagement points that fade, and what is missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from services.scoring.domain.fading import MILLI, worth
from services.scoring.domain.model import ScoredLead
from shared.agreement import Agreement, Facts
from shared.contracts.values import Activity, Point, ScoreReceipt

SCORE_MAX: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def facts_of(lead: ScoredLead) -> dict[str, Any]:
    """The lead in the words of the agreement's conditions; what is unknown is left out."""
    person, company, email = lead.person, lead.company, lead.email
    facts = {
        "name": person.name,
        "title": person.title,
        "phone": person.phone,
        "language": person.language,
        "country": person.country,
        "region": person.region,
        "company.name": company.name,
        "company.domain": company.domain,
        "company.employees": company.employees,
        "company.industry": company.industry,
        "company.country": company.country,
        "source": lead.source,
        "campaign": lead.campaign,
        "interest": lead.interest,
        "captured.via": lead.captured_via,
        "consent": lead.consent.value,
    }
    if email is not None:
        facts |= {
            "email": email.address,
            "email.domain": email.domain,
            "email.is_free": email.free,
            "email.is_disposable": email.disposable,
        }
    return {name: value for name, value in facts.items() if value is not None}


def activity_facts(activity: Activity) -> dict[str, Any]:
    """One activity in the words of the agreement's conditions."""
    facts = {
        "activity.type": activity.type,
        "activity.at": activity.at,
        "activity.url": activity.url,
        "activity.asset": activity.asset,
        "activity.campaign": activity.campaign,
        "activity.product": activity.product,
        "activity.source": activity.source,
    }
    return {name: value for name, value in facts.items() if value is not None}


def assess(lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime) -> ScoreReceipt:
    """Fit and engagement of a lead at an instant, with every point and its reason."""
    fit = tuple(
        Point(name=rule.name, points=rule.points, sentence=rule.sentence(facts), worth=rule.points)
        for rule in agreement.fit_for(facts)
    )
    fit_points = sum(point.points for point in fit)
    engagement, total = _engagement(lead.activities, facts, agreement, now)
    engagement_points = min(max(total, 0) // MILLI, agreement.engagement_cap)
    score = _weigh(agreement, fit_points, engagement_points)
    grade = agreement.grade_of(fit_points)
    return ScoreReceipt(
        agreement=agreement.ref,
        at=now,
        fit=fit,
        engagement=engagement,
        fit_points=fit_points,
        engagement_points=engagement_points,
        grade=grade,
        score=score,
        missing=tuple(_missing(agreement, facts, score, grade)),
        fast_lane=lead.fast_lane,
    )


def _engagement(
    activities: Iterable[Activity], facts: Facts, agreement: Agreement, now: datetime
) -> tuple[tuple[Point, ...], int]:
    """Points and their sum in thousandths. Caps apply before fading, and the newest events count first."""
    newest_first = sorted(activities, key=lambda a: (a.at, a.seq), reverse=True)
    spent: defaultdict[tuple[str, int], int] = defaultdict(int)
    points, total = [], 0
    for activity in newest_first:
        known = {**facts, **activity_facts(activity)}
        for rule in agreement.engagement_for(known):
            counted = rule.points
            if rule.at_most is not None:
                window = (rule.name, (activity.at - _EPOCH) // rule.at_most.per)
                counted = _within(rule.points, rule.at_most.points, spent[window])
                spent[window] += abs(counted)
            milli = worth(counted, now - activity.at, agreement.half_life)
            total += milli
            points.append(_point(rule.name, counted, rule.sentence(known), milli, activity))
    return tuple(points), total


def _within(points: int, at_most: int, spent: int) -> int:
    left = max(0, at_most - spent)
    return min(points, left) if points >= 0 else max(points, -left)


def _point(name: str, points: int, sentence: str, milli: int, activity: Activity) -> Point:
    return Point(
        name=name,
        points=points,
        sentence=sentence,
        worth=round(milli / MILLI),
        at=activity.at,
        seq=activity.seq,
    )


def _weigh(agreement: Agreement, fit_points: int, engagement_points: int) -> int:
    (fit, of_fit), (engagement, of_engagement) = (
        weight.as_integer_ratio()
        for weight in (agreement.score_weights.fit, agreement.score_weights.engagement)
    )
    exact = fit * of_engagement * _bounded(fit_points) + engagement * of_fit * _bounded(engagement_points)
    whole = of_fit * of_engagement
    return _bounded((exact * 2 + whole) // (2 * whole))


def _bounded(points: int) -> int:
    return max(0, min(SCORE_MAX, points))


def _missing(agreement: Agreement, facts: Facts, score: int, grade: str) -> Iterator[str]:
    """What keeps it from being an MQL by its score, in words."""
    mql = agreement.mql
    if score < mql.score_at_least:
        yield f"{mql.score_at_least - score} points: the score is {score}, an MQL has {mql.score_at_least}"
    if grade > mql.grade_at_least:
        yield f"a better fit: the grade is {grade}, an MQL has {mql.grade_at_least}"
    for name in mql.requires:
        if name not in facts:
            yield f"{name} is unknown"
