"""The whole file of the design: who gets a lead, and by when."""

from datetime import timedelta
from fractions import Fraction

import pytest

from shared.agreement import Agreement, Step, Target, load_text
from tests.unit.test_agreement_whole import LISTS, WHOLE


@pytest.fixture(scope="module")
def whole() -> Agreement:
    return load_text(WHOLE, "acme.yaml", LISTS)


def test_a_team_says_who_answers_for_it(whole: Agreement) -> None:
    team = whole.teams["us-enterprise"]
    assert (team.lead, team.deputy) == ("carla@acme.example", ("carla@acme.example", "dan@acme.example"))
    assert (team.turn, team.at_most_open, team.at_most_per_day) == ("fair", 40, 15)
    assert (team.nobody_available, team.queue_within) == ("queue", timedelta(minutes=30))
    assert (whole.teams["apac"].nobody_available, whole.teams["apac"].overflows_to) == ("overflow", "amer")
    assert whole.teams["inside"].deputy == ("ines@acme.example",)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"account": "BANK.example"}, "named account"),
        ({"account.owner": "eve@acme.example", "account.match": "strong"}, "known owner"),
        ({"account.owner": "eve@acme.example", "account.match": "weak"}, "rest"),
        ({"segment": "enterprise", "country": "us"}, "enterprise US"),
        ({"language": "es"}, "in Spanish"),
        ({"fast_lane": True}, "demo at night"),
        ({}, "rest"),
    ],
)
def test_the_first_routing_rule_that_holds_decides(
    whole: Agreement, facts: dict[str, object], rule: str
) -> None:
    assert whole.routing_rules[whole.rules_met(facts)[0]].name == rule


def test_a_target_keeps_its_skills_and_its_else(whole: Agreement) -> None:
    by_name = {rule.name: rule for rule in whole.routing_rules}
    assert by_name["in Spanish"].to == Target("team", "inside", {"speaks": ("es",)}, "queue")
    assert by_name["demo at night"].to == Target("first_open", ("amer", "emea", "apac"), {}, "queue")
    assert by_name["named account"].to == Target("team", "account.pod", {}, None)
    assert by_name["named account"].tell == "account.owner"
    assert by_name["rest"].sentence({}) == "always"
    assert whole.reject["wrong-team"] == "reroute"
    assert whole.reassign_at_most == 3


def test_a_policy_is_chosen_by_its_condition(whole: Agreement) -> None:
    hot, standard = whole.policy_for({"fast_lane": True}), whole.policy_for({})
    assert (hot.name, hot.accept_within, hot.touch_within) == (
        "hot",
        timedelta(minutes=5),
        timedelta(minutes=15),
    )
    assert hot.ladder == (
        Step(Fraction(1, 2), "remind", None),
        Step(Fraction(1), "reassign", None),
        Step(Fraction(3), "escalate", "lead"),
    )
    assert hot.attempts is not None
    assert (hot.attempts.at_least, hot.attempts.within, hot.clock) == (6, timedelta(days=10), "working")
    assert (standard.name, standard.accept_within) == ("standard", timedelta(hours=4))
    assert whole.stalled_after == timedelta(days=10)


def test_it_names_who_answers_for_leads_and_not_who_signs_or_rules(whole: Agreement) -> None:
    written = WHOLE.replace("do: escalate, to: lead", "do: escalate, to: sue@acme.example")
    named = load_text(written, "acme.yaml", LISTS).named
    assert named == whole.named | {"sue@acme.example"}
    answering = {"maya", "privacy", "carla", "dan", "ines", "pat"}
    assert whole.named == {f"{person}@acme.example" for person in answering}


def test_a_target_means_people_and_teams_by_name_or_by_a_word() -> None:
    team, owner = Target("team", "account.pod", {}, None), Target("person", "account.owner", {}, None)
    facts = {"account.pod": "amer", "account.owner": "rita@acme.example"}
    assert team.named_teams(facts, {"amer"}) == ["amer"]
    assert team.named_teams(facts, {"emea"}) == team.named_teams({}, {"emea"}) == []
    assert Target("first_open", ("emea", "gone", "amer"), {}, None).named_teams({}, {"amer", "emea"}) == [
        "emea",
        "amer",
    ]
    assert owner.named_person(facts) == "rita@acme.example"
    assert (
        owner.named_person({"account.owner": " "})
        is owner.named_person({})
        is team.named_person(facts)
        is None
    )
    assert owner.named_teams({"account.owner": "amer"}, {"amer"}) == [], "it names a person"


def test_a_team_overflows_with_or_without_a_blank_before_the_other() -> None:
    for written in ("overflow:amer", '"overflow: amer"'):
        apac = load_text(WHOLE.replace("overflow:amer", written), lists=LISTS).teams["apac"]
        assert (apac.nobody_available, apac.overflows_to) == ("overflow", "amer")
