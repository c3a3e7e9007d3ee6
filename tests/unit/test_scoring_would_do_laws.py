"""What a receipt says would do does: in small agreements at random it is done, and the lead scored anew."""

import re
from typing import Any, Final

import pytest
from hypothesis import given, settings

from services.scoring.domain.facts import facts_of
from services.scoring.domain.judging import judge
from shared.contracts.ingest import ActivityRecorded, LeadUpdated
from shared.testing.leads import NOON
from tests.unit.scoring_lead import Told
from tests.unit.small_agreements import DONE, LEADS, PLAIN, Small, deed, smalls, told_of, who

TIMES: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


def lacks(told: Told) -> tuple[str, ...]:
    facts = facts_of(told.lead, told.agreement, NOON)
    return judge(told.lead, facts, told.agreement, NOON).said().receipt.missing


def ways(missing: tuple[str, ...]) -> list[str]:
    """What the last sentence says would do."""
    said = missing[-1].partition("; ")[2] if missing else ""
    return re.split(",? or ", said.removesuffix(" would do")) if said else []


def follow(told: Told, small: Small, facts: dict[str, Any], way: str) -> None:
    """Find out what it says is unknown, each as the rule asks for it, and do what it says is to be done."""
    known = re.match(r"([\w.]+(?: and [\w.]+)*) known", way)
    found = {name: PLAIN[name] for name in known[1].split(" and ")} if known else {}
    for name in re.findall(r"'(fit \d)' \(", way):
        found.update(small.asks[name].facts)
    assert all(facts[name] is None for name in found), f"{way}: of {found} something is known"
    told.hear(LeadUpdated(**who({**facts, **found})))
    for times, name in re.findall(r"(\w+) '((?:deed|lane) \d)'", way):
        for _ in range(TIMES.index(times)):
            told.hear(ActivityRecorded(activity=deed(told.lead.seq + 1, small.asks[name].does)))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(smalls(), LEADS, DONE)
def test_doing_what_would_do_makes_an_mql(
    small: Small, facts: dict[str, Any], done: list[dict[str, Any]]
) -> None:
    told = told_of(small.agreement, facts, {}, *done)
    if told.lead.mql or told.lead.set_aside:
        return
    before = told.lead
    for way in ways(lacks(told)):
        told.lead = before
        follow(told, small, facts, way)
        assert told.lead.mql, f"{lacks(told)}: {way} did not do"


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(smalls(), LEADS, DONE)
def test_where_one_activity_would_do_something_is_named(
    small: Small, facts: dict[str, Any], done: list[dict[str, Any]]
) -> None:
    told = told_of(small.agreement, facts, {}, *done)
    if told.lead.mql or told.lead.set_aside or ways(lacks(told)):
        return
    # In a full window one more takes the place of what has faded, and gives a little: that is not promised.
    capped = {rule.name for rule in small.agreement.sections.engagement.choices if rule.at_most is not None}
    before = told.lead
    for name, asks in small.asks.items():
        if not name.startswith("fit") and not capped:
            told.lead = before
            told.hear(ActivityRecorded(activity=deed(told.lead.seq + 1, asks.does)))
            assert not told.lead.mql, f"'{name}' would have done"
