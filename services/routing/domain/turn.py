"""Whose turn it is: Tijdeman's rule in exact fractions, so that nobody is ever a whole lead off their share.

With each lead, the share of each who is available grows by weight / sum of the weights available then.
What a member is owed is their share less what they were given. Among n members, those owed at least 1/(2n-2)
are ripe, and of the ripe the one whose next turn falls due first has it (R. Tijdeman, Discrete Mathematics
32, 1980).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

Owed = dict[str, Fraction]


class Dice(Protocol):
    """Dice for one decision, seeded by the lead: they alone settle ties, never a name, an id or an age."""

    def randrange(self, stop: int, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Who has the turn; what each was owed, with this lead's share counted in; what all are owed after it."""

    person: str
    was_owed: Owed
    owed: Owed


def next_turn(owed: Mapping[str, Fraction], weights: Mapping[str, int], dice: Dice) -> Turn:
    """Give one lead to one of `weights`: those available, each with a weight of at least 1."""
    total = sum(weights.values())
    at_par = par(owed)
    share = {person: Fraction(weight, total) for person, weight in weights.items()}
    was_owed = {person: owed.get(person, at_par) + share[person] for person in weights}
    person = _first_due(was_owed, share, dice)
    after = {**owed, **was_owed}
    after[person] -= 1
    return Turn(person, was_owed, after)


def par(owed: Mapping[str, Fraction]) -> Fraction:
    """Where a newcomer starts: with the average of those who are there. No claim, no flood."""
    return sum(owed.values(), Fraction(0)) / len(owed) if owed else Fraction(0)


def _first_due(was_owed: Mapping[str, Fraction], share: Mapping[str, Fraction], dice: Dice) -> str:
    count = len(was_owed)
    if count == 1:
        return next(iter(was_owed))
    ripe_at = Fraction(1, 2 * count - 2)
    # Those available are measured against each other: what absent members are owed is nobody's turn now.
    level = (sum(was_owed.values()) - 1) / count
    due = {
        person: (1 - ripe_at - (claim - level)) / share[person]
        for person, claim in was_owed.items()
        if claim - level >= ripe_at
    }
    first = min(due.values())
    tied = sorted(person for person, when in due.items() if when == first)
    return tied[dice.randrange(len(tied))]
