"""In whatever order services hear of each other: no lead is lost, doubled, or without an owner."""

import pytest

from shared import baton
from tests.unit.baton_search.run import Run, Scenario
from tests.unit.baton_search.scenarios import HOT, LARGE, SMALL


def _search(scenario: Scenario) -> None:
    for violation, story in Run(baton, scenario).search().stories.items():
        pytest.fail("\n  ".join([violation, *story]), pytrace=False)


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.name)
def test_no_order_of_events_breaks_the_baton(scenario: Scenario) -> None:
    _search(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", LARGE, ids=lambda scenario: scenario.name)
def test_no_order_of_events_breaks_the_baton_in_a_longer_story(scenario: Scenario) -> None:
    _search(scenario)


def test_a_story_tells_every_step_in_words() -> None:
    class Broken:
        """The rules, but for one: whoever was refused keeps the lead."""

        def __getattr__(self, name: str) -> object:
            return getattr(baton, name)

        def refused_by_nurture(self, custody: baton.Custody, *_: object) -> None:
            return None

    scenario = Scenario("refused", HOT, ("disqualify",))
    stories = Run(Broken(), scenario).search().stories

    assert stories == {
        "AN OFFER IS OPEN FOR EVER": [
            "scoring hears ingest: captured [open 1 to intake]",
            "routing hears scoring: qualified [offer 1]",
            "recycle hears scoring: qualified [offer 1]",
            "scoring hears routing: taken [take 2 to ana]",
            "recycle hears routing: taken [take 2 to ana]",
            "disqualify",
            "recycle hears routing: disqualified (no-need) [offer 2]",
            "recycle's clock: lapses",
            "routing hears recycle: refused [refuse 2]",
        ]
    }
