"""The best score and the shortest ways are so: in small agreements at random, leads try them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from services.scoring.domain.facts import facts_of
from shared.agreement import Agreement, Facts
from shared.agreement.checks.reach import Best, best_of
from shared.agreement.checks.ways import Way, shortest_ways
from shared.agreement.facts import facts_of_activity
from shared.testing.leads import NOON
from tests.unit.scoring_lead import Told
from tests.unit.small_agreements import DONE, EVERY_DEED, EVERY_LEAD, LEADS, Small, deed, smalls, told_of


def best(agreement: Agreement) -> Best:
    return best_of(agreement.written, agreement.conditions)


def leads(agreement: Agreement) -> Iterator[tuple[dict[str, Any], Facts]]:
    """Every sort of lead that may be an MQL by its score, as ingest says it and as rules meet it."""
    for known in EVERY_LEAD:
        told = told_of(agreement, known)
        facts = facts_of(told.lead, agreement, NOON)
        if told.lead.set_aside is None and all(name in facts for name in agreement.mql.requires):
            yield known, facts


def words_of(agreement: Agreement, facts: Facts, does: dict[str, str]) -> str:
    """What a way calls what such a lead does; nothing if it takes a fast lane, or sets the lead aside."""
    met = {**facts, **facts_of_activity(deed(2, does))}
    if agreement.fast_lane_for(met) is not None or agreement.set_aside_for(met) is not None:
        return ""
    rules = sorted(agreement.engagement_for(met), key=lambda rule: -rule.points)
    also = f" (also {', '.join(rule.name for rule in rules[1:])})" if rules[1:] else ""
    return f"{rules[0].name}{also}" if rules else ""


def follow(agreement: Agreement, way: Way) -> Told | None:
    """A lead that meets exactly these rules of fit, and does this."""
    for known, facts in leads(agreement):
        can = {words_of(agreement, facts, does): does for does in EVERY_DEED}
        is_meant = [rule.name for rule in agreement.fit_for(facts)] == list(way.fit)
        if is_meant and all(name in can for name in way.activities):
            return told_of(agreement, known, *(can[name] for name in way.activities))
    return None


def takes(agreement: Agreement, lane: str) -> bool:
    return any(
        (told := told_of(agreement, known, does)).lead.mql and told.lead.fast_lane == lane
        for known in EVERY_LEAD
        for does in EVERY_DEED
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(smalls())
def test_every_way_makes_an_mql_with_the_score_that_it_says(small: Small) -> None:
    agreement = small.agreement
    for way in shortest_ways(agreement):
        if way.fast_lane:
            assert takes(agreement, way.fast_lane), f"{way}: nobody takes it"
            continue
        told = follow(agreement, way)
        assert told is not None, f"{way}: there is no such lead"
        assert (told.lead.mql, told.lead.score, told.lead.grade) == (True, way.score, way.grade), str(way)
        assert way.score <= best(agreement).score


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(smalls(), LEADS, DONE)
def test_no_lead_is_better_than_the_best(
    small: Small, known: dict[str, Any], done: list[dict[str, Any]]
) -> None:
    agreement, most = small.agreement, best(small.agreement)
    told = told_of(agreement, known, {}, *done)
    facts = facts_of(told.lead, agreement, NOON)
    if told.lead.set_aside is None and all(name in facts for name in agreement.mql.requires):
        fit = sum(rule.points for rule in agreement.fit_for(facts))
        assert fit <= most.most_fit
        is_fit = agreement.grade_of(fit) <= agreement.mql.grade_at_least
        assert not is_fit or told.lead.score <= most.score


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(smalls(capped=False))
def test_the_best_score_is_reached_by_some_way(small: Small) -> None:
    agreement, most = small.agreement, best(small.agreement)
    for known, facts in leads(agreement):
        met = {rule.name for rule in agreement.fit_for(facts) if rule.points > 0}
        for does in EVERY_DEED if met == set(most.fit_rules) else ():
            given = agreement.engagement_for({**facts, **facts_of_activity(deed(2, does))})
            often = 10 if sum(rule.points for rule in given) > 0 else 0
            if told_of(agreement, known, {}, *[does] * often).lead.score == most.score:
                return
    pytest.fail(f"no lead has the score {most.score}")
