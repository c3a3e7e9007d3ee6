"""Makes the scoring part of an agreement: points, fast lanes, segments, and what an MQL is."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from shared.agreement.building.parts import (
    SetAside,
)
from shared.agreement.building.routing import policies, routing_rules, target
from shared.agreement.building.score import FastLane, Grades, Mql, PointsRule, ScoreWeights
from shared.agreement.building.sections import Sections, chosen, points
from shared.agreement.conditions.generate import each_that_holds
from shared.agreement.conditions.nodes import Test
from shared.agreement.conditions.rules import Conditions
from shared.agreement.conditions.vocabulary import canonical
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile


def sections(file: AgreementFile, conditions: Conditions) -> Sections:
    """The sections of which one generated function answers for all rules."""
    market = file.market
    asides = set_asides(file, conditions)
    clocks = policies(file, conditions)
    asked = _asked_in_scoring(conditions)
    return Sections(
        segment=chosen(
            [
                (segment.name, conditions[("market", "segments", index)].node)
                for index, segment in enumerate(market.segments)
            ]
        ),
        set_aside=chosen([(aside, aside.condition.node) for aside in asides]),
        fit=points(fit_rules(file, conditions.by_path)),
        engagement=points(engagement_rules(file, conditions.by_path)),
        grades=grades(file),
        fast_lane=chosen([(lane, lane.condition.node) for lane in fast_lanes(file, conditions)]),
        routing=each_that_holds([rule.condition.node for rule in routing_rules(file, conditions)]),
        policy=chosen([(policy, policy.condition.node) for policy in clocks]),
        segments_ask=frozenset(test.name for test in conditions.tests_below(("market", "segments"))),
        scoring_asks=frozenset(test.name for test in asked).union(mql(file).requires),
        scoring_withins=frozenset(
            (test.name, test.operand) for test in asked if isinstance(test.operand, timedelta)
        ),
    )


_BEFORE_AND_IN_THE_SCORE: Final[tuple[Path, ...]] = (
    ("market",),
    ("definitions", "fast_lane"),
    ("scoring",),
)


def _asked_in_scoring(conditions: Conditions) -> list[Test]:
    return [test for start in _BEFORE_AND_IN_THE_SCORE for test in conditions.tests_below(start)]


def set_asides(file: AgreementFile, conditions: Conditions) -> tuple[SetAside, ...]:
    """The rules that set a lead aside before it is scored."""
    return tuple(
        SetAside(
            name=rule.name,
            condition=conditions[("market", "set_aside", index)],
            hold=rule.hold,
            to=target(rule.to) if rule.to is not None else None,
            tell=_fact_or_person(rule.tell),
            counts_as=rule.counts_as,
        )
        for index, rule in enumerate(file.market.set_aside)
    )


def fast_lanes(file: AgreementFile, conditions: Conditions) -> tuple[FastLane, ...]:
    """What makes an MQL whatever the score."""
    return tuple(
        FastLane(lane.name, conditions[("definitions", "fast_lane", index)])
        for index, lane in enumerate(file.definitions.fast_lane)
    )


def fit_rules(file: AgreementFile, conditions: Mapping[Path, Condition]) -> tuple[PointsRule, ...]:
    """The points for who a lead is, in the order of the agreement."""
    return tuple(
        PointsRule(rule.name, rule.points, None, conditions[("scoring", "fit", "points", index)])
        for index, rule in enumerate(file.scoring.fit.points)
    )


def engagement_rules(file: AgreementFile, conditions: Mapping[Path, Condition]) -> tuple[PointsRule, ...]:
    """The points for what a lead does, in the order of the agreement."""
    return tuple(
        PointsRule(
            rule.name, rule.points, rule.at_most, conditions[("scoring", "engagement", "points", index)]
        )
        for index, rule in enumerate(file.scoring.engagement.points)
    )


def score_weights(file: AgreementFile) -> ScoreWeights:
    """How much fit and engagement count."""
    return ScoreWeights(file.scoring.score.fit, file.scoring.score.engagement)


def grades(file: AgreementFile) -> Grades:
    """From how many fit points on a lead has each grade."""
    starts = file.scoring.fit.grades
    return Grades(MappingProxyType({"A": starts.A, "B": starts.B, "C": starts.C}))


def mql(file: AgreementFile) -> Mql:
    """What an MQL is, its required names in the vocabulary's own spelling."""
    wanted = file.definitions.mql
    requires = tuple(canonical(name) or name for name in wanted.requires)
    return Mql(wanted.score_at_least, wanted.grade_at_least, requires)


def _fact_or_person(name: str | None) -> str | None:
    return (canonical(name) or name) if name is not None else None
