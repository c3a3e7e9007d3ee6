"""Every guard of the baton is needed: without any one of them the search finds a lead lost or doubled."""

from typing import Final

import pytest

from tests.unit.baton_search.guards import Guard, guards, without
from tests.unit.baton_search.run import Run
from tests.unit.baton_search.scenarios import SMALL

NO_DIFFERENCE: Final = {
    "hear_move has `handover.number < custody.number`": "whoever gave number n away has heard of n + 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("guard", [guard for guard in guards() if guard.words not in NO_DIFFERENCE], ids=str)
def test_the_search_notices_the_loss_of(guard: Guard) -> None:
    rules = without(guard)

    assert any(Run(rules, scenario).search().stories for scenario in SMALL), f"nothing needs it: {guard}"


def test_what_makes_no_difference_is_there() -> None:
    assert set(NO_DIFFERENCE) <= {guard.words for guard in guards()}


def test_the_rules_are_unharmed_when_nothing_is_lost() -> None:
    found = guards()

    assert len({(guard.module, guard.words) for guard in found}) == len(found), "two guards have one name"
    assert {guard.module for guard in found} >= {"custody", "custodians", "nurture", "merging"}
