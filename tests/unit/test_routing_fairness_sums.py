"""A team's figures add up, whoever is away, leaves or comes back, and whatever is given back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.routing_desk import Desk

pytestmark = pytest.mark.slow

teams = st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(1, 20), min_size=2, max_size=12)


@given(teams, st.data())
@settings(max_examples=40, deadline=None)
def test_what_explains_a_difference_adds_up_to_it(team: dict[str, int], data: st.DataObject) -> None:
    desk = Desk(team, "catch_up: 2")
    for _ in range(data.draw(st.integers(1, 6))):
        desk.away = data.draw(st.sets(st.sampled_from(sorted(team)), max_size=len(team) - 1))
        desk.offered(data.draw(st.integers(1, 15)), batch=data.draw(st.integers(1, 9)))
        desk.rejected()
    found = desk.members()
    assert sum(m.share for m in found.values()) == pytest.approx(sum(m.turns for m in found.values()))
    assert sum(m.by_weight for m in found.values()) == pytest.approx(sum(m.turns for m in found.values()))


@given(teams, st.data())
@settings(max_examples=40, deadline=None)
def test_the_figures_add_up_whoever_left_and_whoever_came_back(
    team: dict[str, int], data: st.DataObject
) -> None:
    desk = Desk(team, "catch_up: 2")
    for _ in range(data.draw(st.integers(2, 6))):
        here = data.draw(st.sets(st.sampled_from(sorted(team)), min_size=1))
        desk.weights = {person: team[person] for person in sorted(here)}
        if data.draw(st.booleans()):
            desk.offered(data.draw(st.integers(1, 9)), batch=data.draw(st.integers(1, 4)))
        found = desk.members().values()
        assert sum(m.share for m in found) == pytest.approx(sum(m.turns for m in found))
        assert sum(m.by_weight for m in found) == pytest.approx(sum(m.turns for m in found))


def test_who_left_with_a_part_of_a_turn_is_shown_with_it() -> None:
    desk = Desk({"ana": 1, "bob": 1})
    [one] = desk.offered()
    [other] = {"ana", "bob"} - {one}
    desk.weights = {one: 1}
    found = desk.members()
    assert (found[one].share, found[other].share, found[other].given) == (0.5, 0.5, 0)
    assert (found[one].owed, found[other].owed) == (0, 0)
    assert found[other].why == [
        "not in the team now: nobody inherits that they were 0.5 leads behind their share"
    ]
