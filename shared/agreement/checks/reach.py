"""The best score and grade that a lead can have; and what no lead can ever reach, which is an error."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.agreement.building.score import PointsRule
from shared.agreement.building.scoring import engagement_rules, fit_rules, grades, score_weights
from shared.agreement.conditions.possible import holds, sorts_of_leads
from shared.agreement.conditions.vocabulary import GRADES, canonical
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile

_COOLS: Path = ("scoring", "cools_below")
_THRESHOLD: Path = ("definitions", "mql", "score_at_least")


@dataclass(frozen=True, slots=True)
class Best:
    """The most that a lead can have. `fit_rules` give the fit points; they can all hold together."""

    fit: int
    fit_rules: tuple[str, ...]
    engagement: int
    grade: str
    score: int


def best_of(file: AgreementFile, conditions: Mapping[Path, Condition]) -> Best:
    """The best lead there can be, with all that an MQL requires known."""
    known = [canonical(name) or name for name in file.definitions.mql.requires]
    fit, names = _best_fit(fit_rules(file, conditions), known)
    engagement = _best_engagement(file, engagement_rules(file, conditions))
    grade, score = grades(file).grade_of(fit), score_weights(file).score_of(fit, engagement)
    return Best(fit, names, engagement, grade, score)


def check_reach(file: AgreementFile, conditions: Mapping[Path, Condition], report: Report) -> None:
    """Report grades, thresholds and hysteresis that contradict the points."""
    mql, scoring = file.definitions.mql, file.scoring
    is_sound = report.is_sound(("definitions",), ("scoring",))
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
        report.value(
            _THRESHOLD,
            f"no lead can reach {mql.score_at_least}: the best score the points allow is {best.score}",
        )


def _check_grades(file: AgreementFile, best: Best, report: Report) -> None:
    fit = file.scoring.fit
    if "grades" in fit.model_fields_set:
        for grade in GRADES[:-1]:
            if grade in fit.grades.model_fields_set and getattr(fit.grades, grade) > best.fit:
                message = (
                    f"no lead can reach grade {grade}: the most fit points that hold together are {best.fit}"
                )
                report.value(("scoring", "fit", "grades", grade), message)
    wanted = file.definitions.mql.grade_at_least
    if GRADES.index(best.grade) > GRADES.index(wanted):
        message = (
            f"no lead can be an MQL: grade {wanted} starts at {getattr(fit.grades, wanted)} fit points, "
            f"the most that hold together are {best.fit}"
        )
        report.value(("definitions", "mql", "grade_at_least"), message)


def _best_fit(rules: Sequence[PointsRule], known: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """The most fit points, and the rules that give them. Rules with no name in common are independent."""
    of_all = [rule for group in _groups(rules) for rule in _best_together(group, known)]
    return sum(rule.points for rule in of_all), tuple(rule.name for rule in of_all if rule.points > 0)


def _best_together(rules: Sequence[PointsRule], known: Sequence[str]) -> list[PointsRule]:
    leads = sorts_of_leads((rule.condition.node for rule in rules), known)
    if leads is None:
        return [rule for rule in rules if rule.points > 0]
    met = ([rule for rule in rules if holds(rule.condition.node, lead)] for lead in leads)
    return max(met, key=lambda those: sum(rule.points for rule in those))


def _groups(rules: Iterable[PointsRule]) -> Iterator[list[PointsRule]]:
    """The rules in groups that have no name in common."""
    groups: list[tuple[set[str], list[PointsRule]]] = []
    for rule in rules:
        names = set(rule.condition.names)
        touched = [group for group in groups if group[0] & names]
        groups = [group for group in groups if group not in touched]
        merged = [one for _, some in touched for one in some]
        groups.append((names.union(*(group[0] for group in touched)), [*merged, rule]))
    return (group for _, group in groups)


def _best_engagement(file: AgreementFile, rules: Iterable[PointsRule]) -> int:
    """At the opening of a window both it and the one before are full, and older ones have faded."""
    cap, half_life, most = file.scoring.engagement.cap, file.scoring.engagement.half_life, 0.0
    for rule in (rule for rule in rules if rule.points > 0):
        if rule.at_most is None:
            return cap
        most += rule.at_most.points * (1 + 1 / (1 - 0.5 ** (rule.at_most.per / half_life)))
    return min(cap, math.floor(most))
