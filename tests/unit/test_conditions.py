"""The `when` language by example: every operator, every kind of value, and the sentence of each."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest

from shared.agreement.conditions.when import Condition, ConditionReader, condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import read_yaml

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Source(StrEnum):
    FORM = "form"


def when(text: str) -> Condition:
    """The condition that is written in `text`."""
    tree, found = read_yaml(f"when: {text}\n", "small.yaml")
    report = Report("small.yaml", tree)
    reader = ConditionReader(report, segments=frozenset({"enterprise"}))
    assert tree is not None
    node = reader.read(tree["when"], ("when",))
    assert node is not None, found + report.problems
    return condition(node)


@pytest.mark.parametrize(
    ("text", "name", "holds", "fails"),
    [
        ("{country: US}", "country", ["US", "us", " Us "], ["DE", "USA", 5, True, ["US"]]),
        ("{country: {is: US}}", "country", ["US"], ["DE"]),
        ("{country: {in: [US, CA]}}", "country", ["US", "ca"], ["DE", ["US"]]),
        ("{source: form}", "source", [Source.FORM, "Form"], ["forms"]),
        ("{source: {contains: port}}", "source", ["partner-PORTAL"], ["form"]),
        ("{source: {contains: [port, web]}}", "source", ["webinar"], ["form"]),
        ("{source: {starts_with: part}}", "source", ["Partner"], ["a partner"]),
        ("{source: {starts_with: [part, web]}}", "source", ["Web-form"], ["form"]),
        (
            "{title: {has_word: vp}}",
            "title",
            ["VP", "VP, Sales", "Senior-VP (EMEA)", "x/vp"],
            ["MVP", "vps", "v p"],
        ),
        ("{title: {has_word: [vp, head]}}", "title", ["Head of IT"], ["Forehead", "Headless"]),
        ("{title: {has_word: vice president}}", "title", ["Vice-President, Sales"], ["President of vice"]),
        ("{title: {has_word: Präsident}}", "title", ["PRÄSIDENT", "Pra\u0308sident"], ["Vizepräsident"]),
        (
            "{activity.url: {matches: '/pricing(/|$)'}}",
            "activity.url",
            ["a/PRICING", "a/pricing/b"],
            ["a/pricings"],
        ),
        ("{activity.url: {matches: '^é'}}", "activity.url", ["École"], ["ecole", "\ud800"]),
        ("{company.employees: 100}", "company.employees", [100, 100.0], ["100", 101, True]),
        ("{company.employees: {in: [1, 2.5]}}", "company.employees", [1, 2.5], [2, "1", True]),
        (
            "{company.employees: {at_least: 100}}",
            "company.employees",
            [100, 1e9],
            [99, "200", True, float("nan")],
        ),
        ("{company.employees: {at_most: 100}}", "company.employees", [100, -5], [101, float("-inf")]),
        ("{company.employees: {above: 100}}", "company.employees", [100.5], [100]),
        ("{company.employees: {below: 100}}", "company.employees", [99], [100]),
        ("{company.employees: {at_least: 10, below: 20}}", "company.employees", [10, 19], [9, 20]),
        ("{email.is_free: true}", "email.is_free", [True], [False, 1, "true"]),
        ("{email.is_free: false}", "email.is_free", [False], [True, 0, ""]),
        ("{grade: B}", "grade", ["B", "b"], ["A"]),
        ("{grade: {in: [A, B]}}", "grade", ["A"], ["C"]),
        ("{grade: {at_least: B}}", "grade", ["A", "B"], ["C", "D", 5]),
        ("{grade: {at_most: B}}", "grade", ["B", "C", "D"], ["A"]),
        ("{grade: {above: B}}", "grade", ["A"], ["B"]),
        ("{grade: {below: B}}", "grade", ["C", "D"], ["B"]),
        ("{grade_at_least: C}", "grade", ["C"], ["D"]),
        ("{score_at_least: 60}", "score", [60], [59]),
        ("{country: known}", "country", ["US", 5, False], ["", "  "]),
        ("{country: {known: true}}", "country", ["US"], [""]),
        ("{country: {known: false}}", "country", ["", "  "], ["US"]),
        ("{not: {country: US}}", "country", ["DE", 5], ["US"]),
        ("{any: [{country: US}, {country: DE}]}", "country", ["US", "DE"], ["FR"]),
        ("{all: [{country: known}, {not: {country: DE}}]}", "country", ["US"], ["DE", ""]),
        ("{segment: enterprise}", "segment", ["enterprise"], ["small"]),
        ("{person.title: CEO}", "title", ["ceo"], ["cto"]),
    ],
)
def test_an_operator_holds_for_what_it_says(
    text: str, name: str, holds: list[object], fails: list[object]
) -> None:
    rule = when(text)
    assert rule.names == {name}
    assert [value for value in holds if not rule.holds({name: value})] == []
    assert [value for value in fails if rule.holds({name: value})] == []


@pytest.mark.parametrize(
    "text",
    [
        "{country: US}",
        "{country: {in: [US]}}",
        "{title: {has_word: vp}}",
        "{title: {contains: vp}}",
        "{title: {starts_with: vp}}",
        "{title: {matches: .*}}",
        "{company.employees: {at_least: 0}}",
        "{company.employees: {below: 5}}",
        "{email.is_free: false}",
        "{captured.at: {within: 7d}}",
        "{grade: {at_most: A}}",
        "{country: known}",
    ],
)
def test_a_missing_value_makes_every_comparison_false(text: str) -> None:
    rule = when(text)
    for facts in ({}, dict.fromkeys(rule.names), dict.fromkeys(rule.names, " ")):
        assert not rule.holds(facts)
        assert not rule.holds({**facts, "now": NOW})


def test_missing_is_what_is_absent_none_or_blank() -> None:
    rule = when("{company.employees: missing}")
    assert rule.holds({})
    assert rule.holds({"company.employees": None})
    assert rule.holds({"company.employees": " "})
    assert not rule.holds({"company.employees": 0})


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (NOW - timedelta(days=7), True),
        (NOW - timedelta(days=7, seconds=1), False),
        (NOW + timedelta(days=400), True),
        ((NOW - timedelta(days=1)).astimezone(timezone(timedelta(hours=9))), True),
        ("2026-10-30T12:00:00Z", True),
        ("2026-10-20T12:00:00Z", False),
        ("2026-10-30T12:00:00", False),
        ("lately", False),
        (NOW.replace(tzinfo=None), False),
        (1_793_000_000, False),
    ],
)
def test_within_looks_back_from_now(at: object, holds: bool) -> None:
    rule = when("{captured.at: {within: 7d}}")
    assert rule.holds({"captured.at": at, "now": NOW}) is holds
    assert not rule.holds({"captured.at": at})


def test_several_entries_must_all_hold() -> None:
    rule = when("{country: US, any: [{segment: enterprise}, {score_at_least: 80}]}")
    assert rule.holds({"country": "US", "score": 80})
    assert not rule.holds({"country": "US", "score": 79})
    assert not rule.holds({"segment": "enterprise"})


def test_two_conditions_that_say_the_same_are_equal() -> None:
    assert when("{country: US}").node == when("{all: [{country: {is: US}}]}").node
    assert when("{person.country: US}").node == when("{country: US}").node
    assert when("{score_at_least: 60}").node == when("{score: {at_least: 60}}").node


def test_a_pattern_that_would_backtrack_for_ever_is_answered_at_once() -> None:
    rule = when("{title: {matches: '(a+)+$'}}")
    assert not rule.holds({"title": "a" * 50_000 + "!"})
