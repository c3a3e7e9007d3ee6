"""What is found out of a lead once is what would be found each time."""

from typing import Any, Final

from msgspec.structs import replace

from services.routing.domain.choosing.choose import receipt_of
from services.routing.domain.choosing.place import queue_of
from services.routing.domain.facts import Found, asked_by
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Bench, Rep
from services.routing.domain.scene import Scene
from services.routing.domain.turns.turn import Throw
from shared.agreement import load_text
from shared.contracts.values import Snapshot
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT, SNAPSHOT
from tests.unit.routing_desk import DORA, agreement_with

BY_SCORE: Final = load_text(
    AGREEMENT.replace("{account.owner: known}, to: {person: account.owner}", "{score: 5}, to: {team: inside}")
)


def facts(found: Found, story: Snapshot, rounds: int = 0) -> dict[str, Any]:
    return found.facts(story, rounds=rounds, now=NOON)


def test_facts_are_found_once_for_each_story_and_round() -> None:
    found, scored = Found(), replace(SNAPSHOT, score=SNAPSHOT.score + 1)
    first = facts(found, SNAPSHOT)
    assert facts(found, replace(SNAPSHOT)) is first
    assert facts(found, scored)["score"] == scored.score
    assert facts(found, SNAPSHOT, rounds=1)["round"] == 1


def test_a_receipt_keeps_only_what_a_decision_asks_for() -> None:
    scene = Scene(lead_id(), NOON, BY_SCORE, Bench(frozenset(), people={DORA: Rep(DORA)}), Throw)
    lead = RoutedLead(snapshot=SNAPSHOT)
    kept = receipt_of(queue_of("inside", lead, scene), "new", lead, scene).facts
    assert kept["score"] == SNAPSHOT.score
    assert kept.keys() == scene.facts(lead).keys() & asked_by(BY_SCORE)
    assert "email" in scene.facts(lead).keys() - kept.keys()


def test_rules_are_asked_once_for_each_of_the_facts_found() -> None:
    found, agreement = Found(), agreement_with("")
    for story in (SNAPSHOT, replace(SNAPSHOT, segment="enterprise", score=0)):
        met = found.facts(story, rounds=0, now=NOON)
        assert found.rules_met(met, agreement) == agreement.rules_met(met)
        assert found.rules_met(met, agreement) is found.rules_met(met, agreement)


def test_a_decision_asks_for_whom_its_rule_tells() -> None:
    rule = "to: {team: inside}, tell: account.manager"
    telling = load_text(
        AGREEMENT.replace("{account.owner: known}, to: {person: account.owner}", f"{{score: 5}}, {rule}")
    )
    assert asked_by(telling) - asked_by(BY_SCORE) == {"account.manager"}
