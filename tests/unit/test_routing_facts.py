"""What is found out of a lead once is what would be found each time."""

from msgspec.structs import replace

from services.routing.domain.facts import Found, facts_of
from shared.testing.leads import NOON
from tests.service.routing_place import SNAPSHOT
from tests.unit.routing_desk import agreement_with


def test_facts_are_found_once_for_each_story_and_round() -> None:
    found, scored = Found(), replace(SNAPSHOT, score=SNAPSHOT.score + 1)
    first = found.facts(SNAPSHOT, rounds=0, now=NOON)
    assert first == facts_of(SNAPSHOT, rounds=0, now=NOON)
    assert found.facts(replace(SNAPSHOT), rounds=0, now=NOON) is first
    assert found.facts(scored, rounds=0, now=NOON)["score"] == scored.score
    assert found.facts(SNAPSHOT, rounds=1, now=NOON)["round"] == 1


def test_rules_are_asked_once_for_each_of_the_facts_found() -> None:
    found, agreement = Found(), agreement_with("")
    for story in (SNAPSHOT, replace(SNAPSHOT, segment="enterprise", score=0)):
        facts = found.facts(story, rounds=0, now=NOON)
        assert found.rules_met(facts, agreement) == agreement.rules_met(facts)
        assert found.rules_met(facts, agreement) is found.rules_met(facts, agreement)
