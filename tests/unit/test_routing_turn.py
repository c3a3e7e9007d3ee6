"""The fair turn keeps its bound, exactly, for every set of weights; and dice alone settle ties."""

import random
from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.turns.tally import Claim, TeamTurn
from services.routing.domain.turns.turn import Owed, Worth, next_turn

weights = st.dictionaries(st.sampled_from("abcdefghi"), st.integers(1, 20), min_size=1, max_size=7)


def bound(members: int) -> Fraction:
    return 1 - Fraction(1, max(2, 2 * members - 2))


def claims(owed: Owed) -> dict[str, Fraction]:
    return {person: Fraction(part, owed.whole) for person, part in owed.parts.items()}


def par(owed: dict[str, Fraction]) -> Fraction:
    return sum(owed.values(), Fraction(0)) / max(1, len(owed))


@given(weights, st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_at_every_prefix_nobody_is_a_whole_lead_off_their_share(team: dict[str, int], seed: int) -> None:
    owed = Owed()
    dice = random.Random(seed)
    given_out: Counter[str] = Counter()
    total = sum(team.values())
    for leads in range(1, 2 * total + 1):
        turn = next_turn(owed, team, dice)
        owed, given_out[turn.person] = turn.owed, given_out[turn.person] + 1
        for person, weight in team.items():
            share = Fraction(weight * leads, total)
            assert abs(given_out[person] - share) <= bound(len(team))
            assert claims(owed)[person] == share - given_out[person]


@given(weights, st.integers(1, 20), st.lists(st.integers(1, 20), min_size=1, max_size=60), st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_by_value_nobody_is_ever_off_their_share_by_the_largest_lead(
    team: dict[str, int], at_most: int, leads: list[int], seed: int
) -> None:
    owed, dice, got, so_far = Owed(), random.Random(seed), Counter[str](), 0
    for counts in (min(lead, at_most) for lead in leads):
        turn = next_turn(owed, team, dice, Worth(counts, at_most))
        owed, so_far = turn.owed, so_far + counts
        got[turn.person] += counts
        for person, weight in team.items():
            share = Fraction(weight * so_far, sum(team.values()))
            assert abs(got[person] - share) <= bound(len(team)) * at_most
            assert claims(owed)[person] == share - got[person]


def test_the_set_on_which_smooth_weighted_round_robin_fails_keeps_the_bound() -> None:
    team = {"a": 1, "b": 1, "c": 13, "d": 13, "e": 13}
    owed = Owed()
    for _ in range(5 * 41):
        owed = next_turn(owed, team, random.Random(1)).owed
        assert max(abs(claim) for claim in claims(owed).values()) <= bound(5)


@given(weights, st.lists(st.tuples(st.integers(0, 127), st.integers(1, 30)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_whoever_comes_and_goes_a_stretch_with_the_same_people_is_fair(
    team: dict[str, int], stretches: list[tuple[int, int]]
) -> None:
    owed = Owed()
    dice = random.Random(7)
    for mask, length in stretches:
        here = {p: w for n, (p, w) in enumerate(sorted(team.items())) if mask >> n & 1} or team
        before = claims(owed)
        for _ in range(length):
            owed = next_turn(owed, here, dice).owed
            for person in here:
                assert abs(claims(owed)[person] - before.get(person, par(before))) < 2


def test_who_was_away_comes_back_without_a_claim_and_without_a_flood() -> None:
    both, alone = {"ana": 1, "bob": 1}, {"bob": 1}
    owed = Owed()
    for _ in range(100):
        owed = next_turn(owed, alone, random.Random(0)).owed
    got = Counter()
    for _ in range(10):
        turn = next_turn(owed, both, random.Random(0))
        owed, got[turn.person] = turn.owed, got[turn.person] + 1
    assert got == {"ana": 5, "bob": 5}


def test_a_newcomer_starts_at_par() -> None:
    owed = Owed.read({"ana": "1/2", "bob": "-1/4"})
    turn = next_turn(owed, {"ana": 1, "bob": 1, "cy": 1}, random.Random(0))
    assert claims(turn.was_owed)["cy"] == Fraction(1, 8) + Fraction(1, 3)


def test_a_lead_that_only_one_can_take_uses_no_turn() -> None:
    owed = Owed.read({"ana": "1/3", "bob": "-1/3"})
    assert next_turn(owed, {"ana": 5}, random.Random(0)).owed.written() == owed.written()


def test_ties_are_settled_by_dice_and_by_nothing_else() -> None:
    team = dict.fromkeys("abc", 1)
    first = Counter(next_turn(Owed(), team, random.Random(seed)).person for seed in range(300))
    assert all(70 < first[person] < 130 for person in team)


def test_nothing_is_owed_any_more_to_who_has_left_the_team() -> None:
    team = TeamTurn({"ana": 1, "bob": 1}, Owed.read({"ana": "1/2", "bob": "0", "cy": "-1/2"}))
    team.take(Claim(next_turn(team.owed, team.weights, random.Random(0))))
    assert team.owed.written() == {"ana": "0", "bob": "1/2"}


def test_what_is_owed_is_written_as_fractions_and_read_back() -> None:
    written = {"ana": "-2/3", "bob": "1/6", "cy": "0", "dora": "-1"}
    assert Owed.read(written).written() == written
    assert Owed.read({}) == Owed()


def test_however_long_a_team_takes_turns_the_numbers_stay_small() -> None:
    owed, team = Owed.read({"ana": "1/7", "bob": "-1/7"}), {"ana": 2, "bob": 3, "cy": 1}
    for _ in range(100):
        owed = next_turn(owed, team, random.Random(0)).owed
    assert owed.whole == 7 * 6 * 2  # The denominators there were, and once the two whom cy joined.
