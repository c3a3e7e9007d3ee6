"""A receipt as people read it."""

from datetime import timedelta

from shared.agreement import SCORE_MAX, Agreement, Facts
from shared.contracts.values import Point, ScoreReceipt

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def lines_in_words(receipt: ScoreReceipt) -> list[str]:
    """Every point: how many, by which rule, why, for what the lead did and when, and what is left of it."""
    of_points = ((point, why_in_words(point, receipt)) for point in (*receipt.fit, *receipt.engagement))
    return [f"{point.points:+d} {point.name}: {why}" for point, why in of_points]


def why_in_words(point: Point, receipt: ScoreReceipt) -> str:
    """Why a rule gave these points, for what the lead did and when, and what is left of them."""
    return point.sentence + _history(point, receipt)


def total_in_words(receipt: ScoreReceipt, agreement: Agreement) -> str:
    """How the points make the score. The weights are said if this is the version that scored."""
    fit = f"fit {receipt.fit_points} (grade {receipt.grade})"
    engagement = f"engagement {receipt.engagement_points}"
    if receipt.agreement != agreement.ref:
        return f"{fit} and {engagement} make a score of {receipt.score}"
    weights = agreement.score_weights
    counted = "" if 0 <= receipt.fit_points <= SCORE_MAX else ", counted as 0 to 100,"
    parts = f"{fit}{counted} × {float(weights.fit):g} + {engagement} × {float(weights.engagement):g}"
    return f"{parts} = {receipt.score}"


def place_in_words(segment: str | None, facts: Facts, agreement: Agreement) -> str:
    """Where in the market a lead is: its segment, outside of all, or not known for want of a fact."""
    if segment is not None:
        return segment
    unknown = agreement.unknown_for_segment(facts)
    return f"unknown, because {' and '.join(unknown)} is unknown" if unknown else "outside the market"


def set_aside_in_words(receipt: ScoreReceipt) -> str | None:
    """Why it is no MQL, whatever its score."""
    aside = receipt.set_aside
    return None if aside is None else f"{aside.name}: {aside.sentence}"


def _history(point: Point, receipt: ScoreReceipt) -> str:
    parts = []
    if point.at is not None:
        parts.append(f"{point.activity or 'activity'} {_ago(receipt.at - point.at)}")
    if point.uncapped is not None:
        parts.append(f"of {point.uncapped:+d}, as there are at most {point.cap}")
    if point.worth != point.points:
        parts.append(f"worth {point.worth:+d} now")
    return f" ({'; '.join(parts)})" if parts else ""


def _ago(age: timedelta) -> str:
    for name, unit in _UNITS:
        if age >= unit:
            number = age // unit
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"
