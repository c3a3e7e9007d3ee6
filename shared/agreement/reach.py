"""Checks that what the agreement asks for can be reached: a threshold beyond all points is an error."""

from fractions import Fraction

from shared.agreement.report import Report
from shared.agreement.source import Path
from shared.agreement.written import AgreementFile

_THRESHOLD: Path = ("definitions", "mql", "score_at_least")


def check_reach(file: AgreementFile, report: Report) -> None:
    """Report grades, thresholds and hysteresis that contradict the points."""
    if not report.is_sound("definitions", "scoring"):
        return
    mql, scoring = file.definitions.mql, file.scoring
    if scoring.cools_below is not None and scoring.cools_below > mql.score_at_least:
        message = (
            f"a lead would cool as soon as it is an MQL: expected at most the threshold, {mql.score_at_least}"
        )
        report.value(("scoring", "cools_below"), f"{message}, found {scoring.cools_below}")
    if not scoring.fit.points and not scoring.engagement.points:
        if not file.definitions.fast_lane:
            message = "no lead can ever be an MQL: there are neither points under `scoring` nor a fast lane"
            report.value(("definitions",), message)
        return
    _check_grades(file, report)
    best = best_score(file)
    if best < mql.score_at_least:
        message = (
            f"no lead can reach {mql.score_at_least}: the best score the points allow is {float(best):.0f}"
        )
        report.value(_THRESHOLD, message)


def best_fit(file: AgreementFile) -> int:
    """The fit points of a lead for which every rule that gives points holds, and none that takes any."""
    return sum(rule.points for rule in file.scoring.fit.points if rule.points > 0)


def best_score(file: AgreementFile) -> Fraction:
    """A score that no lead can exceed. Rules that exclude each other may keep the best real one below it."""
    scoring = file.scoring
    acts = any(rule.points > 0 for rule in scoring.engagement.points)
    engagement = scoring.engagement.cap if acts else 0
    return scoring.score.fit * min(100, best_fit(file)) + scoring.score.engagement * engagement


def _check_grades(file: AgreementFile, report: Report) -> None:
    best, grades = best_fit(file), file.scoring.fit.grades
    if "grades" in file.scoring.fit.model_fields_set:
        for grade in ("A", "B", "C"):
            if grade in grades.model_fields_set and getattr(grades, grade) > best:
                message = f"no lead can reach grade {grade}: all fit points together are {best}"
                report.value(("scoring", "fit", "grades", grade), message)
    wanted = file.definitions.mql.grade_at_least
    if wanted != "D" and getattr(grades, wanted) > best:
        starts = getattr(grades, wanted)
        message = (
            f"no lead can be an MQL: grade {wanted} starts at {starts} fit points, all together are {best}"
        )
        report.value(("definitions", "mql", "grade_at_least"), message)
