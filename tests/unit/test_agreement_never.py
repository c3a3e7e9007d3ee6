"""What is written as if it could happen, and never can, is an error; what hardly can be meant, a warning."""

import pytest

from shared.agreement import AgreementInvalid, load_text
from tests.unit.test_agreement_defaults import MINIMAL
from tests.unit.test_agreement_mistakes import check, problems_with
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow

NEVER = "no lead can ever fulfil this: its comparisons contradict each other"
TAKEN = "this can never be reached:"
SIGNAL = "return_when: {any: [{fast_lane: true}, {new_activity: true, score_at_least: 60}]}"
SPANISH = "    - {name: in Spanish"
REST = "    - {name: rest, "


INSIGHT = "{interest: insight}"


def rule(when: str) -> str:
    """One more, and the place at which a problem with it stands, if that is marked."""
    marked = "^" if "^" in when else ""
    return (
        f"    - {marked}{{name: {when.strip('^')[1:-1]!r}, when: {when.strip('^')}, to: {{team: inside}}}}\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            SIGNAL,
            "return_when: ^{score: {at_least: 101}}",
            "no lead can ever fulfil this: score is the score, 0 to 100",
        ),
        (SIGNAL, "return_when: ^{grade: {above: A}}", "fulfil this: grade is the grade of the fit, A to D"),
        (SIGNAL, "return_when: ^{score: {above: 100}}", "no lead can ever fulfil this: score is"),
        (SPANISH, rule("^{grade: {below: D}}") + SPANISH, "no lead can ever fulfil this: grade is"),
        (
            SPANISH,
            rule("^{segment: enterprise, company.employees: {below: 50}}") + SPANISH,
            NEVER,
        ),
        (
            SPANISH,
            rule("^{segment: {in: [small, mid-market]}, company.employees: missing}") + SPANISH,
            NEVER,
        ),
        (
            "    - {name: rest, ",
            rule("{fast_lane: false}") + rule("^{country: {in: [FR, IT]}}") + "    - ^{name: rest, ",
            TAKEN,
        ),
        (
            "    - {name: rest, ",
            rule("{score: {at_least: 0}}") + rule("^{country: FR}") + "    - ^{name: rest, ",
            TAKEN,
        ),
        (
            "\ndefinitions:\n",
            "    - {name: a, when: {consent: granted}, hold: marketing}\n"
            "    - {name: b, when: {consent: {in: [denied, unknown]}}, hold: marketing}\n"
            "    - ^{name: c, when: {consent: missing}, hold: marketing}\ndefinitions:\n",
            "with this everybody is set aside",
        ),
        (
            "when: {company.employees: missing}}\n",
            "when: {company.employees: missing}}\n    - ^{name: us, when: {country: US}}\n",
            TAKEN,
        ),
        (
            REST,
            rule("{segment: {in: [enterprise, small]}}")
            + rule("{segment: mid-market}")
            + rule("{segment: unknown}")
            + rule("^{country: FR}")
            + REST,
            TAKEN,
        ),
        (REST, rule("{country: known}") + rule("{country: missing}") + rule("^{language: fr}") + REST, TAKEN),
        (
            REST,
            rule("{grade: {at_least: C}}")
            + rule("{grade: D}")
            + rule("^{language: fr}")
            + "    - ^{name: rest, ",
            TAKEN,
        ),
        (
            REST,
            rule("{score: {at_most: 50}}")
            + rule("{score: {at_least: 51}}")
            + rule("^{language: fr}")
            + "    - ^{name: rest, ",
            TAKEN,
        ),
        (REST, rule("{title: {has_word: [vp, chief]}}") + rule("^{title: {has_word: VP}}") + REST, TAKEN),
        (REST, rule("{title: {has_word: vp}}") + rule("^{title: {has_word: senior VP}}") + REST, TAKEN),
        (REST, rule("{region: {starts_with: e}}") + rule("^{region: {starts_with: [es, en]}}") + REST, TAKEN),
        (
            REST,
            rule("{region: {contains: a}}") + rule("^{region: {contains: ca}, country: FR}") + REST,
            TAKEN,
        ),
        (
            REST,
            rule("{title: {has_word: vp}, country: known}")
            + rule("{title: {has_word: vp}, country: missing}")
            + rule("^{title: {has_word: senior vp}}")
            + REST,
            TAKEN,
        ),
        (REST, rule("^{consent: denied}") + REST, "whoever refused is given to the desk of `consent.denied`"),
        (
            "email.domain: {in: [rival.example]}",
            "email.domain: {in: [^'@rival.example']}",
            "expected a domain without an @, such as acme.example, found '@rival.example'",
        ),
        (
            "{segment: enterprise, country: US}",
            "{^captured.at: 2026-01-01}",
            "`is` does not suit captured.at, which is an instant; use one of: known, missing, within",
        ),
    ],
)
def test_what_can_never_be_is_an_error(old: str, new: str, message: str) -> None:
    check(old, new, message)


@pytest.mark.parametrize(
    "rules",
    [
        ["{country: known}", "{country: missing, region: known}", "{language: fr}"],
        ["{segment: {in: [enterprise, mid-market, small]}}", "{country: FR}"],
        ["{grade: {at_least: B}}", "{grade: D}", "{language: fr}"],
        ["{score: {at_most: 50}}", "{score: {at_least: 52}}", "{language: fr}"],
        ["{title: {has_word: senior vp}}", "{title: {has_word: vp}}"],
        ["{region: {starts_with: es}}", "{region: {starts_with: e}}"],
        ["{region: {contains: a}}", "{region: {contains: [ca, b]}}"],
        ["{region: {contains: a}}", "{name: {contains: ca}}"],
        ["{consent: {in: [denied, unknown]}}"],
    ],
)
def test_what_some_lead_can_reach_is_none(rules: list[str]) -> None:
    assert load_text(WHOLE.replace(REST, "".join(map(rule, rules)) + REST), lists=LISTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("requires: [email, comp", "requires: [email, ^interest, comp"),
        (SPANISH, rule(f"^{INSIGHT}") + SPANISH),
    ],
)
def test_an_interest_is_only_asked_for_where_there_are_some(old: str, new: str) -> None:
    assert load_text(WHOLE.replace(old, new.replace("^", "")), lists=LISTS)
    problems, places = problems_with(("interests: {by: activity.product, else: general}\n", ""), (old, new))
    assert [(problem.line, problem.column) for problem in problems] == places
    assert "no lead has an interest here: say with `interests`" in problems[0].message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: demo request, ", "name: ^asked for a demo, "),
        ("name: bounced, ", "name: ^decision maker, "),
        ("name: demo request, ", "name: ^competitor, "),
    ],
)
def test_no_two_lines_of_a_receipt_are_called_the_same(old: str, new: str) -> None:
    check(old, new, "names differ, because a receipt knows its lines by them")


def test_rules_that_stand_on_no_receipt_together_may_be_called_the_same() -> None:
    assert load_text(WHOLE.replace("name: rest, ", "name: customer, "), lists=LISTS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "do-not-contact:  {hold: privacy, returns: never}",
            "do-not-contact: {track: new}",
            "whoever asks not to be contacted would be nurtured in 'new': use `hold` and a desk",
        ),
        ("C: 20}", "C: -20}", "no lead has fewer than -20 fit points, so none has grade D"),
        (
            SIGNAL,
            "return_when: {reason: no-budgett}",
            "no lead is given to nurture for this reason: found 'no-budgett'; did you mean 'no-budget'?",
        ),
    ],
)
def test_what_hardly_is_meant_is_a_warning(old: str, new: str, message: str) -> None:
    assert message in [doubt.message for doubt in load_text(WHOLE.replace(old, new), lists=LISTS).doubts]


@pytest.mark.parametrize("reason", ["no-budget", "not-a-lead", "cooled", "not an MQL yet"])
def test_what_may_be_a_reason_is_none(reason: str) -> None:
    doubts = load_text(WHOLE.replace(SIGNAL, f"return_when: {{reason: {reason}}}"), lists=LISTS).doubts
    assert not [doubt for doubt in doubts if "reason" in doubt.message]


def test_a_contradiction_is_told_beside_other_mistakes_of_its_section() -> None:
    problems, places = problems_with(
        ("points: 40}", "points: ^forty}"), ("cools_below: 45", "cools_below: ^99")
    )
    assert [(problem.line, problem.column) for problem in problems] == places


@pytest.mark.parametrize(
    "changes",
    [
        [("score_at_least: 60, g", "score_at_least: ^many, g"), ("cools_below: 45", "cools_below: 65")],
        [("{at_least: 1000}", "{^at_lest: 1000}"), (SPANISH, rule("{segment: small}") + SPANISH)],
        [("interests: {by", "interests: ^7 #{by"), (SPANISH, rule(INSIGHT) + SPANISH)],
    ],
)
def test_nothing_is_concluded_from_what_is_wrong(changes: list[tuple[str, str]]) -> None:
    problems, places = problems_with(*changes)
    assert [(problem.line, problem.column) for problem in problems] == places


def test_nothing_is_concluded_from_a_table_that_is_too_long() -> None:
    rules = "".join(
        f"    - {{name: r{number}, when: {{title: t{number}}}, hold: marketing}}\n" for number in range(2_001)
    )
    with pytest.raises(AgreementInvalid) as refused:
        load_text(MINIMAL + f"market:\n  set_aside:\n{rules}")
    [problem] = refused.value.problems
    assert problem.message.startswith("a section has at most 2,000 rules")
