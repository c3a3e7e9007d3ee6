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


def follow(told: Told, small: Small, facts: dict[str, Any], way: str, *, other: bool) -> None:
    """Find out what it says is unknown, each as the rule asks for it, and do what it says is to be done.

    `other`: where a rule is met by several activities, not the first of them.
    """
    known = re.match(r"([\w.]+(?: and [\w.]+)*) known", way)
    found = {name: PLAIN[name] for name in known[1].split(" and ")} if known else {}
    for name in re.findall(r"'(fit \d)' \(", way):
        found.update(small.asks[name].facts)
    assert all(facts[name] is None for name in found), f"{way}: of {found} something is known"
    told.hear(LeadUpdated(**who({**facts, **found})))
    for times, name in re.findall(r"(\w+) '((?:deed|lane) \d)'", way):
        asks = small.asks[name]
        does = asks.or_does if other and asks.or_does else asks.does
        for _ in range(TIMES.index(times)):
            told.hear(ActivityRecorded(activity=deed(told.lead.seq + 1, does)))


def makes_an_mql(told: Told, small: Small, facts: dict[str, Any], way: str, *, other: bool) -> bool:
    before = told.lead
    follow(told, small, facts, way, other=other)
    mql, told.lead = told.lead.mql, before
    return mql


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(smalls(), LEADS, DONE)
def test_doing_what_would_do_makes_an_mql(
    small: Small, facts: dict[str, Any], done: list[dict[str, Any]]
) -> None:
    told = told_of(small.agreement, facts, {}, *done)
    if told.lead.mql or told.lead.set_aside:
        return
    for way in ways(lacks(told)):
        done_so = (makes_an_mql(told, small, facts, way, other=other) for other in (False, True))
        assert any(done_so), f"{lacks(told)}: {way} did not do"


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
