"""What contradicts itself, or can never happen, is an error at load; and all errors come at once."""

import re

import pytest

from shared.agreement import AgreementInvalid, load_text
from tests.unit.test_agreement_defaults import MINIMAL
from tests.unit.test_agreement_mistakes import check, problems_with
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    - {name: rest,          to: {team: inside}}\n",
            "    - ^{name: rest, when: {country: US}, to: {team: inside}}\n",
            "the last one must match everything",
        ),
        (
            "    - name: named account\n",
            "    - ^{name: all, to: {team: inside}}\n    - name: named account\n",
            "this matches everything, so the 6 after it can never be reached",
        ),
        (
            "- {name: small,      when: {company.employees: known}}",
            "- ^{name: small, when: {company.employees: {at_least: 100}}}",
            "takes everything it would match",
        ),
        (
            "- {name: enterprise US, when: {segment: enterprise, country: US}",
            "- ^{name: enterprise US, when: {account.match: strong, account.owner: known, country: US}",
            "this can never be reached: the one in line",
        ),
        (
            "- {name: small,      when: {company.employees: known}}",
            "- ^{name: small, when: {company.employees: {at_least: 100, below: 50}}}",
            "no lead can ever fulfil this: its comparisons contradict each other",
        ),
        (
            "- {name: unknown,    when: {company.employees: missing}}",
            "- {name: unknown, when: {company.employees: missing}}\n"
            "    - ^{name: none, when: {company.employees: {below: 10}}}",
            "this can never be reached: the one in line 28 takes everything it would match",
        ),
        (
            "- {name: enterprise US, when: {segment: enterprise, country: US}",
            "- {name: e, when: {grade: A}, to: {team: inside}}\n"
            "    - {name: f, when: {grade: {below: B}}, to: {team: inside}}\n"
            "    - ^{name: g, when: {grade: {in: [A, C]}}, to: {team: inside}}\n"
            "    - {name: enterprise US, when: {segment: enterprise, country: US}",
            "this can never be reached: those before it together take everything it would match",
        ),
        ("{name: size, ", "{name: ^decision maker, ", "'decision maker' is already in line"),
        (
            "- {name: emea, ",
            "- {name: ^amer, lead: a@b, deputy: a@b}\n    - {name: emea, ",
            "two teams called 'amer'",
        ),
        (
            "at: 100%, do: reassign}\n        -",
            "at: ^40%, do: reassign}\n        -",
            "later than the one before",
        ),
        ("do: remind}\n        -", "do: remind, to: ^lead}\n        -", "only `escalate` goes to somebody"),
        ("cools_below: 45", "cools_below: ^61", "a lead would cool as soon as it is an MQL"),
        ("score_at_least: 60, grade", "score_at_least: ^95, grade", "no lead can reach 95: the best score"),
        (
            "A: 70, B: 45",
            "A: ^90, B: 45",
            "no lead can reach grade A: the most fit points that hold together are 85",
        ),
        ("{A: 70, B: 45", "^{A: 40, B: 45", "expected A above B above C, found 40, 45, 20"),
        ("{fit: 0.4, eng", "^{fit: 0.5, eng", "expected fit and engagement to add up to 1, found 1.1"),
        (
            "{name: e-mail click,  when: {activity.type: email_clicked}, points: 5",
            "^{name: e-mail click,  when: {activity.type: email_clicked}, points: 16",
            "at_most 15 per 7d is less than the 16 points of one activity",
        ),
        ("{from: 2026-10-01", "{from: ^0001-01-01", "expected a day between 1970 and 2199, found 0001-01-01"),
        ("to: 2026-12-31", "to: ^9999-12-31", "expected a day between 1970 and 2199, found 9999-12-31"),
        ("{marketing: 0.6,", "^{marketing: 0.5,", "expected the shares to add up to 1, found 0.9"),
        ("{from: 2026-10-01, to", "^{from: 2027-10-01, to", "the period ends (2026-12-31) before it begins"),
        ("{ends: closed}", "^{ends: closed, not_before: 3d}", "a lead that is closed does not return"),
        (
            "{hold: privacy, returns",
            "^{hold: privacy, not_before: 3d, returns",
            "contradict each other; keep one",
        ),
        ("{track: next-year, ", "^{track: next-year, hold: privacy, ", "exactly one of `track: <track>`"),
        (
            "{track: keep-warm, ask: revisit_on, ret",
            "^{track: keep-warm, ret",
            "`returns: on_date` needs a date",
        ),
        (
            "- {name: partner's,  when",
            "- ^{name: partner's, hold: marketing, when",
            "either `hold: <desk>` or `to:",
        ),
        ("{team: inside, who", "^{team: inside, person: account.owner, who", "found team and person"),
        ("{team: inside, who", "^{queue: inside, who", "`who` chooses among the members of a team"),
        (
            "{owner: maya@acme.example, deliver_to: mautic, acknowledge_within",
            "^{owner: maya@acme.example, acknowledged_by: delivery, acknowledge_within",
            "`acknowledged_by: delivery` needs a destination",
        ),
    ],
)
def test_a_contradiction_is_named_where_it_stands(old: str, new: str, message: str) -> None:
    check(old, new, message)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (
            ", deputy: ines@acme.example",
            "`deputy` is missing here (who answers for the team's queue); add it",
        ),
        (", lead: ines@acme.example", "`lead` is missing here (to whom a breach escalates); add it"),
        ("owner: maya@acme.example", "`owner` is missing here (who answers for the leads there); add it"),
        (", to: {team: inside}", "`to` is missing here; add it"),
        (
            ", when: {activity.type: demo_requested}",
            "`when` is missing here (to which leads it applies); add it",
        ),
        ("agreement: small\n", "`agreement` is missing here; add it"),
        (
            ", arbiter: {person: coo@acme.example}",
            "`arbiter` is missing here (who settles what the two cannot)",
        ),
    ],
)
def test_what_is_missing_is_named_with_what_it_is_for(missing: str, message: str) -> None:
    assert missing in MINIMAL
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(MINIMAL.replace(missing, ""))
    [problem] = invalid.value.problems
    assert message in problem.message


def test_an_agreement_that_can_make_no_mql_is_refused() -> None:
    text = MINIMAL.replace(
        "definitions: {fast_lane: [{name: demo, when: {activity.type: demo_requested}}]}\n", ""
    )
    with pytest.raises(AgreementInvalid, match="no lead can ever be an MQL"):
        load_text(text)


def test_a_grade_that_no_lead_can_reach_is_refused() -> None:
    text = MINIMAL.replace("definitions: {", "definitions: {mql: {grade_at_least: B, score_at_least: 10}, ")
    text += "scoring: {fit: {points: [{name: x, when: {country: US}, points: 30}]}}\n"
    with pytest.raises(AgreementInvalid, match="grade B starts at 45 fit points, the most that hold"):
        load_text(text)


def test_all_problems_come_at_once_and_in_order() -> None:
    problems, places = problems_with(
        ("sales: sam@acme.example", "sales: ^sam"),
        ("title: {has_word", "^titel: {has_word"),
        ("half_life: 14d", "half_life: ^14"),
        ("turn: fair", "turn: ^unfair"),
        ("rest,          to: {team: inside}", "rest, to: {team: ^insde}"),
        ("rounds_at_most: 3", "rounds_at_most: ^0"),
        ("duties:", "^dutys:"),
    )
    assert [(problem.line, problem.column) for problem in problems] == places
    assert len(problems) == 7


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      when: {fast_lane: true}\n", "      ^when:\n"),
        ("cap: 100", "cap: ^1e308"),
        ("points: 60}", "^points: }"),
        ("points: 60}", "^points:60}"),
        ("version: 3", "^version:"),
        ("version: 3", "version: ^12345678901234567890"),
        ("revenue: 1200000", "revenue: ^1e308"),
        ("mql_to_sal: 0.7", "mql_to_sal: ^1e308"),
        ("A: 70, B: 45", "A: ^1e308, B: 45"),
        ("{fit: 0.4,", "{fit: ^1e308,"),
        ("{at_least: 1000}", "{at_least: ^1e308}"),
        ("{at_least: 1000}", "{^at_least: }"),
        ("score_at_least: 60}]", "score_at_least: ^1e308}]"),
        ("{company.employees: {at_least: 100}}, points", "{company.employees: {in: [^1e308]}}, points"),
    ],
)
def test_a_value_that_yaml_lost_has_no_further_consequences(old: str, new: str) -> None:
    problems, places = problems_with((old, new))
    assert [(problem.line, problem.column) for problem in problems] == places


def test_one_mistake_does_not_make_others_look_wrong() -> None:
    problems, places = problems_with(
        ("lead: carla@acme.example", "lead: ^carla"),
        ("new:       {owner: maya@acme.example,", "new: {owner: ^maya,"),
        ("privacy: {owner: privacy@acme.example}", "privacy: {owner: ^privacy}"),
        (
            "- {name: enterprise, when: {company.employees: {at_least: 1000}}}",
            "- {name: enterprise, when: ^yes}",
        ),
    )
    assert [(problem.line, problem.column) for problem in problems] == places


@pytest.mark.parametrize("section", ["routing", "recycle"])
def test_what_refers_to_a_section_that_is_missing_is_not_wrong_too(section: str) -> None:
    begins = WHOLE.index(f"\n{section}:\n")
    ends = re.compile(r"\n(?=\w)").search(WHOLE, begins + 1)
    assert ends is not None
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(WHOLE[:begins] + WHOLE[ends.start() :], lists=LISTS)
    [problem] = invalid.value.problems
    assert problem.message.startswith(f"`{section}` is missing here")
