"""The best score and grade that a lead can have; and what no lead can ever reach, which is an error."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.agreement.building.scoring import grades, score_weights
from shared.agreement.checks.most import Most, most_of
from shared.agreement.conditions.vocabulary import GRADES
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile

_COOLS: Path = ("scoring", "cools_below")
_THRESHOLD: Path = ("definitions", "mql", "score_at_least")


@dataclass(frozen=True, slots=True)
class Best:
    """The best that an MQL can be. `fit_rules` give the fit points; they can all hold together.

    `most_fit`: the most points of fit there can be, also of a lead that can do less.
    """

    fit: int
    fit_rules: tuple[str, ...]
    engagement: int
    grade: str
    score: int
    most_fit: int


def best_of(file: AgreementFile, conditions: Mapping[Path, Condition]) -> Best:
    """The best lead there can be, with the grade of an MQL if any has it; nothing if all are set aside."""
    leads = most_of(file, conditions) or [Most((), 0)]
    grade_of, score_of = grades(file).grade_of, score_weights(file).score_of

    def rank(lead: Most) -> tuple[bool, int, int]:
        is_fit = grade_of(lead.points) <= file.definitions.mql.grade_at_least
        return is_fit, score_of(lead.points, lead.engagement), lead.points

    best = max(leads, key=rank)
    return Best(
        fit=best.points,
        fit_rules=tuple(rule.name for rule in best.fit if rule.points > 0),
        engagement=best.engagement,
        grade=grade_of(best.points),
        score=score_of(best.points, best.engagement),
        most_fit=max(lead.points for lead in leads),
    )


def check_reach(file: AgreementFile, conditions: Mapping[Path, Condition], report: Report) -> None:
    """Report grades, thresholds and hysteresis that contradict the points."""
    mql, scoring = file.definitions.mql, file.scoring
    is_sound = report.is_sound(("definitions",), ("scoring",), ("market",))
    cools_below = scoring.cools_below
    if cools_below is not None and cools_below > mql.score_at_least and report.is_sound(_COOLS, _THRESHOLD):
        message = (
            f"a lead would cool as soon as it is an MQL: expected at most the threshold, {mql.score_at_least}"
        )
        report.value(_COOLS, f"{message}, found {cools_below}")
    if not is_sound:
        return
    if not scoring.fit.points and not scoring.engagement.points:
        if not file.definitions.fast_lane:
            message = "no lead can ever be an MQL: there are neither points under `scoring` nor a fast lane"
            report.value(("definitions",), message)
        return
    best = best_of(file, conditions)
    _check_grades(file, best, report)
    if best.score < mql.score_at_least:
        report.objection(
            _THRESHOLD,
            f"no lead can reach {mql.score_at_least}: the best score the points allow is {best.score}",
        )


def _check_grades(file: AgreementFile, best: Best, report: Report) -> None:
    fit = file.scoring.fit
    if "grades" in fit.model_fields_set:
        most = f"the most fit points that hold together are {best.most_fit}"
        for grade in GRADES[:-1]:
            if grade in fit.grades.model_fields_set and getattr(fit.grades, grade) > best.most_fit:
                message = f"no lead can reach grade {grade}: {most}"
                report.objection(("scoring", "fit", "grades", grade), message)
    wanted = file.definitions.mql.grade_at_least
    if GRADES.index(best.grade) > GRADES.index(wanted):
        message = (
            f"no lead can be an MQL: grade {wanted} starts at {getattr(fit.grades, wanted)} fit points, "
            f"the most that hold together are {best.most_fit}"
        )
        report.objection(("definitions", "mql", "grade_at_least"), message)
