"""Each condition renders as a sentence with the value that it met, for receipts that anybody can contest."""

from datetime import UTC, datetime

import pytest

from shared.agreement.conditions.sentences import SHOWN_MAX
from tests.unit.test_conditions import when


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("{title: {has_word: [vp, head]}}", "VP Marketing", "title has the word 'vp' — VP Marketing"),
        ("{title: {has_word: [vp, head]}}", "Head, ex VP", "title has the words 'vp', 'head' — Head, ex VP"),
        ("{title: {has_word: [vp, head]}}", "CTO", "title has one of the words 'vp', 'head' — CTO"),
        ("{title: {has_word: vp}}", None, "title has the word 'vp' — unknown"),
        ("{title: {is: known}}", "CTO", "title is 'known' — CTO"),
        ("{title: {in: [Known, CTO]}}", "known", "title is 'known'"),
        ("{title: {in: [Known, CTO]}}", "VP", "title is one of 'Known', CTO — VP"),
        ("{title: {has_word: c++}}", "C developer", "title has the word 'c' — C developer"),
        ("{title: {has_word: C++}}", "CTO", "title has the word 'C' — CTO"),
        (
            "{title: {has_word: [.net, vice-chair]}}",
            "Vice Chair",
            "title has the word 'vice chair' — Vice Chair",
        ),
        ("{country: US}", "US", "country is US"),
        ("{country: US}", "DE", "country is US — DE"),
        ("{country: US}", None, "country is US — unknown"),
        ("{country: {in: [US, CA]}}", "ca", "country is ca"),
        ("{country: {in: [US, CA]}}", "DE", "country is one of US, CA — DE"),
        ("{source: {contains: [port, web]}}", "portal", "source contains 'port' — portal"),
        ("{source: {contains: [port, web]}}", "webport", "source contains 'port', 'web' — webport"),
        ("{source: {contains: [port, web]}}", "form", "source contains one of 'port', 'web' — form"),
        ("{source: {starts_with: [a, b]}}", "Bee", "source starts with 'b' — Bee"),
        ("{activity.url: {matches: /pricing}}", "x/pricing", "activity.url matches '/pricing' — x/pricing"),
        ("{company.employees: {at_least: 100}}", 250, "company.employees is at least 100 — 250"),
        ("{company.employees: {at_most: 100}}", 250, "company.employees is at most 100 — 250"),
        ("{company.employees: {above: 1.5}}", 2, "company.employees is above 1.5 — 2"),
        ("{company.employees: {below: 5}}", None, "company.employees is below 5 — unknown"),
        ("{company.employees: 5}", 5, "company.employees is 5"),
        ("{company.employees: 5}", 6, "company.employees is 5 — 6"),
        ("{email.is_free: true}", True, "email.is_free is true"),
        ("{email.is_free: true}", False, "email.is_free is true — false"),
        ("{email.is_free: true}", 1, "email.is_free is true — 1"),
        ("{grade: {at_least: C}}", "B", "grade is at least C — B"),
        ("{country: known}", "US", "country is known — US"),
        ("{country: known}", None, "country is known — unknown"),
        ("{country: missing}", None, "country is missing"),
        ("{country: missing}", "US", "country is missing — US"),
        ("{not: {country: US}}", "DE", "not (country is US — DE)"),
        ("{any: [{country: US}, {country: CA}]}", "CA", "country is CA"),
        ("{any: [{country: US}, {country: CA}]}", "DE", "country is US — DE or country is CA — DE"),
        (
            "{captured.at: {within: 7d}}",
            datetime(2026, 10, 30, 9, 30, 0, 5, tzinfo=UTC),
            "captured.at is within 7d — 2026-10-30T09:30:00+00:00",
        ),
    ],
)
def test_a_sentence_names_the_value_that_was_met(text: str, value: object, sentence: str) -> None:
    rule = when(text)
    [name] = rule.names
    assert rule.sentence({name: value}) == sentence


def test_a_sentence_repeats_the_value_of_this_lead_as_it_is_written() -> None:
    condition = when("{title: {has_word: vp}}")
    titles = ["VP Sales", "vp sales", "CTO", None, "VP Sales", "cto"]
    assert [condition.sentence({"title": title}).partition(" — ")[2] for title in titles] == [
        *("VP Sales", "vp sales", "CTO", "unknown", "VP Sales", "cto"),
    ]


def test_parts_are_joined_so_that_they_cannot_be_misread() -> None:
    rule = when("{country: US, any: [{score_at_least: 60}, {all: [{grade: A}, {fast_lane: true}]}]}")
    assert rule.words == "country is US and (score is at least 60 or (grade is A and fast_lane is true))"
    assert rule.sentence({"country": "US", "score": 61}) == "country is US and (score is at least 60 — 61)"


def test_what_must_not_hold_is_set_apart_with_its_value() -> None:
    rule = when("{not: {any: [{country: US}, {title: {has_word: vp}}, {all: [{grade: A}, {score: 5}]}]}}")
    assert rule.sentence({"country": "DE", "grade": "A"}) == (
        "not ((country is US — DE) or (title has the word 'vp' — unknown)"
        " or (grade is A and (score is 5 — unknown)))"
    )


def test_a_long_choice_is_cut_and_a_long_value_too() -> None:
    rule = when("{region: {in: [AA, AB, AC, AD, AE, AF, AG, AH, AI, AJ]}}")
    assert rule.words == "region is one of AA, AB, AC, AD, AE, AF, AG, AH, …"
    said = when("{title: known}").sentence({"title": "x" * 5_000})
    assert said == f"title is known — {'x' * (SHOWN_MAX - 1)}…"


def test_a_value_from_outside_stays_on_its_line() -> None:
    said = when("{title: known}").sentence({"title": "CEO\n\x1b[31m\u202ereceipt forged\t!"})
    assert said == "title is known — CEO [31m receipt forged !"
