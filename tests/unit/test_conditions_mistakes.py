"""What is wrong in a condition is named where it stands, with what was expected. ^ marks the place."""

import pytest

from shared.agreement.conditions.vocabulary import JUDGED
from shared.agreement.conditions.when import ConditionReader
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import read_yaml


def problems(text: str, not_here: frozenset[str] = frozenset()) -> list[tuple[int, str]]:
    tree, _ = read_yaml(f"when: {text}\n", "small.yaml")
    assert tree is not None
    report = Report("small.yaml", tree)
    reader = ConditionReader(report, segments=frozenset({"enterprise"}), list_names=frozenset({"named"}))
    assert reader.read(tree["when"], ("when",), not_here) is None
    return [(problem.column, problem.message) for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{^contry: US}", "expected a name of the vocabulary, found 'contry'; did you mean 'country'?"),
        ("{^company.size: 5}", "expected a name of the vocabulary, found 'company.size'; "),
        ("{^score_at_most: 5}", "did you mean 'score_at_least'?"),
        ("{^ayn: [{country: US}]}", "did you mean 'any'?"),
        ("{country: {^equals: US}}", "expected an operator, found 'equals'; did you mean 'is'?"),
        ("{title: {^containz: x}}", "did you mean 'contains'?"),
        (
            "{company.employees: {^has_word: x}}",
            "`has_word` does not suit company.employees, which is a number; use",
        ),
        ("{country: {^at_least: 5}}", "`at_least` does not suit country, which is text"),
        ("{email.is_free: {^in: [true]}}", "which is true or false; use one of: is, known, missing"),
        ("{captured.at: {^is: 2026-01-01}}", "which is an instant; use one of: known, missing, within"),
        ("{captured.at: {within: ^7}}", "found 7; a unit is missing"),
        (
            "{company.employees: {at_least: ^'100'}}",
            "expected a number, because company.employees is a number",
        ),
        ("{company.employees: {at_least: ^true}}", "expected a number"),
        ("{company.employees: {in: [1, ^x]}}", "expected a number"),
        ("{company.employees: ^'>= 100'}", "found '>= 100'; did you mean {at_least: 100}?"),
        ("{title: ^“CEO”}", "the quotes around “CEO” would be part of it: use straight ones, or none"),
        ("^[{country: US}, {country: CA}]", "found a list; write {any: [a, b]} if one of several is enough"),
        (
            "{company.employees: ^many}",
            "expected a number, because company.employees is a number; found 'many'",
        ),
        ("{country: ^5}", "expected text, because country is text; put 5 in quotes"),
        ("{country: ^true}", "put true in quotes if it is meant so"),
        ("{country: ^[US, CA]}", "a choice of several is written {in: [a, b]}"),
        ("{country: ^USA}", "expected a two-letter country code such as US, found 'USA'"),
        ("{language: ^Spanish}", "expected a language code such as es or pt-BR, found 'Spanish'"),
        ("{country: ^UK}", "such as US, found 'UK'; did you mean 'GB'?"),
        ("{country: {in: [US, ^XX]}}", "expected a two-letter country code such as US, found 'XX'"),
        (
            "{title: ^[ceo, cto]}",
            "written {in: [a, b]}, or {has_word: [a, b]} where it has more than one word",
        ),
        ("{score: {^greater_than: 5}}", "expected an operator, found 'greater_than'; did you mean 'above'?"),
        ("{^phone number: known}", "found 'phone number'; did you mean 'phone'?"),
        (
            "{activity.type: ^demo requested}",
            "expected an activity type without blanks, such as demo_requested",
        ),
        ("{country: {in: ^US}}", "expected a list after `in`, such as [a, b], found 'US'"),
        ("{country: {in: ^[]}}", "expected 1 to 1,000 values, found 0"),
        ("{country: {in: [US, ^7, ^USA]}}", "expected text, because country is text"),
        ("{country: ^''}", "expected text, found ''"),
        ("{country: ^{}}", "expected an operator: is, in, in_list"),
        (
            "{email.is_free: ^yes}",
            "expected true or false, because email.is_free is true or false; found 'yes'",
        ),
        (
            "{consent: ^grantd}",
            "expected a value that consent can have, found 'grantd'; did you mean 'granted'?",
        ),
        ("{account.match: {in: [^strng]}}", "did you mean 'strong'?"),
        ("{grade: ^E}", "expected a grade, found 'E'; known: A, B, C, D"),
        (
            "{segment: ^entreprise}",
            "a segment of market.segments, found 'entreprise'; did you mean 'enterprise'?",
        ),
        ("{account: {in_list: ^nmed}}", "a list under `lists`, found 'nmed'; did you mean 'named'?"),
        ("{account: {in_list: ^[a]}}", "expected the name of a list under `lists`, found a list"),
        ("{title: {has_word: ^'+++'}}", "expected a word of letters or digits, found '+++'"),
        ("{title: {matches: ^'a('}}", "this regular expression is not understood: missing ): a("),
        ("{title: {matches: ^'(?=a)'}}", "this regular expression is not understood"),
        ("{title: {matches: ^''}}", "expected a regular expression as text"),
        ("{title: {matches: ^" + "x" * 501 + "}}", "at most 500 characters, this one has 501"),
        ("{country: {known: ^maybe}}", "expected `country: known`, found 'maybe'"),
        ("{any: ^{country: US}}", "expected a list of conditions after `any`, found a mapping"),
        ("{all: ^[]}", "expected a list of conditions after `all`, found an empty one"),
        ("{fast_lane: ^'true'}", "found 'true'; write it without quotes"),
        ("{any: [^US]}", "expected a condition such as {country: US}"),
        ("{not: ^US}", "expected a condition such as {country: US}"),
        ("^{}", "leave `when` out to match everything; found nothing"),
        ("^always", "leave `when` out to match everything; found 'always'"),
        ("{^contry: US, title: {^has_wrd: x}, score: ^x}", "did you mean 'country'?"),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, message: str) -> None:
    places, shown = [], f"when: {text}"
    while "^" in shown:
        places.append(shown.index("^") + 1)
        shown = shown.replace("^", "", 1)
    found = problems(text.replace("^", ""))
    assert [column for column, _ in found] == places, found
    assert message in found[0][1]


@pytest.mark.parametrize("text", ["{^score: {at_least: 5}}", "{^score_at_least: 5}", "{not: {^grade: A}}"])
def test_what_is_not_known_cannot_be_asked(text: str) -> None:
    [(column, message)] = problems(text.replace("^", ""), JUDGED)
    assert column == f"when: {text}".index("^") + 1
    assert "is not known at this point of the agreement" in message


def test_conditions_cannot_lie_in_each_other_without_end() -> None:
    [(_, message)] = problems("{not: " * 14 + "{country: US}" + "}" * 14)
    assert "deeper than 12 levels" in message
