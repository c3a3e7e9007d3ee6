"""What a decision sees: the lead as it is asked about, however often."""

import random

from msgspec.structs import replace

from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Bench, Rep
from services.routing.domain.scene import Scene
from shared.agreement import load_text
from shared.contracts.values import Person, Snapshot
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT

ANA = RoutedLead(snapshot=Snapshot(person=Person(), segment="enterprise"))


def scene() -> Scene:
    return Scene(lead_id("ana"), NOON, load_text(AGREEMENT), Bench(frozenset()), lambda _: random.Random(1))


def test_the_facts_are_those_of_the_lead_that_is_asked_about_not_of_one_before() -> None:
    seen = scene()
    assert (seen.facts(ANA)["segment"], seen.facts(ANA)["round"]) == ("enterprise", 0)
    again = replace(ANA, custody=replace(ANA.custody, rounds=1))
    assert seen.facts(again)["round"] == 1
    promoted = replace(again, snapshot=Snapshot(person=Person(), segment="other"))
    assert seen.facts(promoted)["segment"] == "other"
    assert seen.facts(ANA)["segment"] == "enterprise"


def test_facts_are_gathered_once_for_one_story() -> None:
    seen = scene()
    assert seen.facts(ANA) is seen.facts(replace(ANA, accepted=True))


def test_the_first_who_is_there_answers_and_who_had_it_only_if_there_is_nobody_else() -> None:
    people = {
        "gone": Rep("gone"),
        "paused": Rep("paused", active=True, paused="paused because of a course"),
        "dora": Rep("dora", active=True),
        "dan": Rep("dan", active=True),
    }
    seen = replace(scene(), bench=Bench(frozenset(), people=people))
    assert seen.first_available(people) == "dora"
    assert seen.first_available(people, besides=["dora"]) == "dan"
    assert seen.first_available(people, besides=["dora", "dan"]) == "paused"
    assert seen.first_available(people, besides=["paused", "dora", "dan"]) == "dora"
    assert seen.first_available(["gone", "paused"]) == "paused"
    assert seen.first_available(["gone"]) == "gone"
