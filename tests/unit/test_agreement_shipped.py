"""The agreements that come with the product load, and say what they promise."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from shared.agreement import VOCABULARY, Agreement, load, not_enforced_yet

AGREEMENTS = Path(__file__).parents[2] / "agreements"


@pytest.fixture(scope="module")
def demo() -> Agreement:
    return load(AGREEMENTS / "demo.yaml")


@pytest.mark.parametrize("path", sorted(AGREEMENTS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_agreement_is_valid(path: Path) -> None:
    found = load(path)
    assert found.version >= 1
    assert not [doubt for doubt in found.doubts if "no routing rule names" not in doubt.message]


@pytest.mark.parametrize("path", sorted(AGREEMENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_those_of_one_file_are_enforced_whole(path: Path) -> None:
    assert not_enforced_yet(load(path)) == []


def test_the_small_one_fits_on_a_screen() -> None:
    small = load(AGREEMENTS / "small.yaml")
    assert set(small.teams) == {"sales"}
    assert len((AGREEMENTS / "small.yaml").read_text().splitlines()) <= 60


@pytest.fixture(scope="module")
def large() -> Agreement:
    return load(AGREEMENTS / "large" / "agreement.yaml")


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"account": "First-Bank.example", "segment": "enterprise"}, "named account"),
        ({"account.owner": "hugo@acme.example", "account.match": "strong"}, "known owner"),
        ({"language": "es-MX", "country": "US"}, "in Spanish"),
        ({"country": "CL"}, "in Spanish"),
        ({"segment": "enterprise", "interest": "insight"}, "enterprise for insight"),
        ({"segment": "enterprise", "interest": "planner"}, "enterprise"),
        ({"fast_lane": True, "country": "JP"}, "demo follows the sun"),
        ({"country": "US", "region": "US-CA"}, "west coast"),
        ({"country": "US", "region": "US-NY"}, "Americas"),
        ({"country": "SG"}, "Asia and Pacific"),
        ({"country": "DE"}, "everybody else"),
    ],
)
def test_the_large_one_has_a_rule_for_each(large: Agreement, facts: dict[str, object], rule: str) -> None:
    assert large.routing_rules[large.rules_met(facts)[0]].name == rule


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"email.domain": "rival.example"}, "competitor"),
        ({"account.relation": "customer"}, "customer"),
        ({"email.domain": "planhaus.example"}, "partner"),
        ({"account.open_opportunity": "Renewal"}, "in a deal"),
    ],
)
def test_the_large_one_sets_aside(large: Agreement, facts: dict[str, object], name: str) -> None:
    aside = large.set_aside_for(facts)
    assert aside is not None
    assert aside.name == name


def test_the_starter_fits_on_one_page_and_one_team() -> None:
    starter = load(AGREEMENTS / "starter.yaml")
    assert set(starter.teams) == {"inside"}
    assert set(starter.tracks) == {"new", "keep-warm"}
    assert set(starter.desks) == {"privacy", "marketing"}
    assert (starter.fallback_desk, starter.privacy_desk) == ("marketing", "privacy")
    assert len((AGREEMENTS / "starter.yaml").read_text().splitlines()) <= 150


def test_the_clocks_of_the_demo_run_in_seconds(demo: Agreement) -> None:
    hot, standard = demo.policies
    assert (hot.accept_within, standard.accept_within) == (timedelta(seconds=2), timedelta(seconds=4))
    assert [(step.at, step.do) for step in hot.ladder] == [
        (Fraction(1, 2), "remind"),
        (Fraction(1), "reassign"),
        (Fraction(3), "escalate"),
    ]
    assert (demo.reassign_at_most, demo.stalled_after) == (2, timedelta(seconds=8))
    assert {track.acknowledge_within for track in demo.tracks.values()} == {timedelta(seconds=3)}
    assert {track.acknowledged_by for track in demo.tracks.values()} == {"delivery", "call_back"}
    waits = [reason.not_before for reason in demo.reasons.values() if reason.not_before is not None]
    assert max(waits) <= timedelta(seconds=6)


@pytest.mark.parametrize(
    ("facts", "team"),
    [
        ({"language": "es", "segment": "enterprise"}, "spanish"),
        ({"country": "mx"}, "spanish"),
        ({"segment": "enterprise"}, "enterprise"),
        ({"segment": "small"}, "inside"),
    ],
)
def test_the_demo_sends_leads_to_three_teams(demo: Agreement, facts: dict[str, object], team: str) -> None:
    rule = demo.routing_rules[demo.rules_met(facts)[0]]
    assert rule.to.value == team


def test_a_demo_request_takes_the_fast_lane(demo: Agreement) -> None:
    assert demo.fast_lane_for({"activity.type": "demo_requested"}) is not None
    assert demo.policy_for({"fast_lane": True}).name == "hot"


def test_every_word_of_the_vocabulary_says_what_it_means() -> None:
    assert all(name == word.name and word.meaning for name, word in VOCABULARY.items())
