"""Turns counted by value: a large lead is more of a share than a small one, and the ledger says so."""

from tests.unit.routing_desk import Desk

BY_VALUE = "count_by: value"
TEAM = {"ana": 1, "bob": 1}
LARGE, SMALL = "enterprise", "mid-market"


def desk() -> Desk:
    return Desk(TEAM, BY_VALUE)


def given(at: Desk, *segments: str) -> list[str]:
    """Who has each of these leads, an enterprise's counting for five."""
    return [at.offered(segment=segment)[0] for segment in segments]


def test_who_was_given_a_large_one_waits_until_the_others_have_as_much() -> None:
    at = desk()
    first, *others = given(at, LARGE, *[SMALL] * 5)
    assert first not in others
    members = at.members()
    assert [members[who].turns for who in (first, others[0])] == [1, 5]
    assert {member.worth for member in members.values()} == {5}
    assert [round(member.owed, 6) for member in members.values()] == [0, 0]


def test_the_figures_add_up_in_value() -> None:
    at = desk()
    given(at, LARGE, SMALL, SMALL, LARGE, SMALL)
    members = at.members().values()
    assert sum(member.worth for member in members) == 13
    assert sum(member.share for member in members) == 13
    assert all(member.by_weight == 6.5 for member in members)
    assert [line.worth for line in at.lines("turn")] == [5, 1, 1, 5, 1]


def test_a_team_that_counts_by_leads_does_not_care_what_they_are_worth() -> None:
    at = Desk(TEAM)
    given(at, LARGE, SMALL)
    assert [line.worth for line in at.lines("turn")] == [1, 1]
    assert {member.turns for member in at.members().values()} == {1}


def test_what_goes_by_somebody_who_is_away_counts_for_what_it_is_worth() -> None:
    at = desk()
    given(at, SMALL, SMALL)
    at.away = {"bob"}
    given(at, LARGE)
    at.away = set()
    given(at, SMALL)
    assert at.members()["bob"].passed == {"away": 2.5}


def test_a_turn_that_is_given_back_gives_back_what_it_counted_for() -> None:
    at = desk()
    at.rejected(segment=LARGE)
    assert [line.worth for line in at.lines("credit")] == [5]
    assert all(member.worth == 0 for member in at.members().values())
    assert set(at.turns.owed.parts.values()) == {0}
