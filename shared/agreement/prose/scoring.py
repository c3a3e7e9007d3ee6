"""What an MQL is and how the score is made, in words."""

from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.score import PointsRule
from shared.agreement.prose.words import bullets, counted, length, listed, numbered, percent, signed, when

_SPANS: Final = (
    "Spans follow one another since 1 January 1970, 00:00 UTC, and do not slide: activities in two of them "
    "have the limit of each. In one, the newest count first."
)


def scoring(agreement: Agreement) -> list[str]:
    """The definitions, the points, the score, and when a lead cools."""
    return [
        "## What an MQL is",
        *_mql(agreement),
        "## How the score is made",
        *_fit(agreement),
        *_engagement(agreement),
        *_score(agreement),
    ]


def _mql(agreement: Agreement) -> list[str]:
    mql, definitions = agreement.mql, agreement.written.definitions
    known = f", and {listed(mql.requires)} must be known" if mql.requires else ""
    asked = agreement.sql_requires
    sql = f"{listed(asked)} must be known" if asked else "nothing in particular must be known"
    lanes = (f"**{lane.name}**{when(lane.condition.node)}." for lane in agreement.fast_lanes)
    blocks = [
        f"A lead is an MQL with a score of at least {mql.score_at_least} and a grade of at least "
        f"{mql.grade_at_least}{known}."
    ]
    if agreement.fast_lanes:
        blocks += ["Whatever its score, a lead is an MQL at once by a fast lane:", numbered(lanes)]
    return [
        *blocks,
        f"A lead is an SAL when it is {definitions.sal}. Before a rep calls it an SQL, {sql}.",
    ]


def _fit(agreement: Agreement) -> list[str]:
    rules, grades = agreement.sections.fit.choices, agreement.written.scoring.fit.grades
    starts = f"Grade A starts at {grades.A} fit points, B at {grades.B}, C at {grades.C}; below is D."
    if not rules:
        return ["### Fit: who they are", "There are no fit points.", starts]
    return ["### Fit: who they are", bullets(_points(rule) for rule in rules), starts]


def _engagement(agreement: Agreement) -> list[str]:
    rules = agreement.sections.engagement.choices
    fades = (
        f"Each point halves every {length(agreement.half_life)}, from the instant of its activity. Together "
        f"they are never below 0 and never above {agreement.engagement_cap}."
    )
    if not rules:
        return ["### Engagement: what they do", "There are no points for activities."]
    said = ["### Engagement: what they do", bullets(_points(rule) for rule in rules), fades]
    return [*said, _SPANS] if any(rule.at_most is not None for rule in rules) else said


def _points(rule: PointsRule) -> str:
    cap = rule.at_most
    most = f", at most {counted(cap.points, 'point')} in each span of {length(cap.per)}" if cap else ""
    return f"**{rule.name}**: {signed(rule.points)}{when(rule.condition.node)}{most}."


def _score(agreement: Agreement) -> list[str]:
    weights = agreement.score_weights
    cools = (
        "A lead does not cool."
        if agreement.cools_below is None
        else f"An MQL cools when its score falls below {agreement.cools_below}; not while an accept clock "
        "runs, and not one that took a fast lane."
    )
    return [
        "### The score",
        f"The score is {percent(weights.fit)} of the fit and {percent(weights.engagement)} of the "
        f"engagement, each taken from 0 to 100. {cools} What is not qualified is nurtured by the track "
        f"{agreement.first_track}.",
    ]
