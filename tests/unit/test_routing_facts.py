"""What is found out of a lead once is what would be found each time."""

from typing import Any, Final

from msgspec.structs import replace

from services.routing.domain.facts import Found, asked_by, facts_of
from shared.agreement import load_text
from shared.contracts.values import Snapshot
from shared.testing.leads import NOON
from tests.service.routing_place import AGREEMENT, SNAPSHOT
from tests.unit.routing_desk import agreement_with

BY_SCORE: Final = load_text(
    AGREEMENT.replace("{account.owner: known}, to: {person: account.owner}", "{score: 5}, to: {team: inside}")
)


def facts(found: Found, story: Snapshot, rounds: int = 0) -> dict[str, Any]:
    return found.facts(story, rounds=rounds, now=NOON, agreement=BY_SCORE)


def test_facts_are_found_once_for_each_story_and_round() -> None:
    found, scored = Found(), replace(SNAPSHOT, score=SNAPSHOT.score + 1)
    first = facts(found, SNAPSHOT)
    assert facts(found, replace(SNAPSHOT)) is first
    assert facts(found, scored)["score"] == scored.score
    assert facts(found, SNAPSHOT, rounds=1)["round"] == 1


def test_only_facts_are_found_that_the_agreement_asks_for() -> None:
    every, asked = facts_of(SNAPSHOT, rounds=0, now=NOON), asked_by(BY_SCORE)
    expected = {name: value for name, value in every.items() if name in asked | {"round", "now"}}
    assert facts(Found(), SNAPSHOT) == expected
    assert "score" in asked
    assert "email" in every.keys() - asked


def test_rules_are_asked_once_for_each_of_the_facts_found() -> None:
    found, agreement = Found(), agreement_with("")
    for story in (SNAPSHOT, replace(SNAPSHOT, segment="enterprise", score=0)):
        met = found.facts(story, rounds=0, now=NOON, agreement=agreement)
        assert found.rules_met(met, agreement) == agreement.rules_met(met)
        assert found.rules_met(met, agreement) is found.rules_met(met, agreement)
