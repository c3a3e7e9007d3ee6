"""Whose turn it is: Tijdeman's rule in exact fractions, so that nobody is ever a whole lead off their share.

Leads may count for more than one: then each share grows by as much more, and nobody is ever off their share
by what the largest counts for.

With each lead, the share of each who is available grows by weight / sum of the weights available then.
What a member is owed is their share less what they were given. Among n members, those owed at least 1/(2n-2)
are ripe, and of the ripe the one whose next turn falls due first has it (R. Tijdeman, Discrete Mathematics
32, 1980).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Final, NamedTuple, Protocol

import msgspec


class Dice(Protocol):
    """Dice for one decision, seeded by the lead: they alone settle ties, never a name, an id or an age."""

    def randrange(self, stop: int, /) -> int: ...


class Throw(msgspec.Struct, frozen=True):
    """Dice for one throw, which derives from a seed: to seed a generator would take as long as the turn."""

    seed: str

    def randrange(self, stop: int, /) -> int:
        return int.from_bytes(hashlib.sha256(self.seed.encode()).digest(), "big") % stop


class Owed(msgspec.Struct, frozen=True):
    """What each is owed, exactly: `parts` of a lead, of which `whole` make one."""

    parts: Mapping[str, int] = msgspec.field(default_factory=dict)
    whole: int = 1

    @classmethod
    def read(cls, written: Mapping[str, str]) -> "Owed":
        """From fractions of a lead, such as "-1/3"."""
        exact = {person: Fraction(text) for person, text in written.items()}
        whole = lcm(*(owed.denominator for owed in exact.values()))
        return cls({person: int(owed * whole) for person, owed in exact.items()}, whole)

    def written(self) -> dict[str, str]:
        """As fractions of a lead, by person."""
        return {person: _written(part, self.whole) for person, part in sorted(self.parts.items())}

    def among(self, people: Iterable[str]) -> "Owed":
        """What these people are owed, as far as it is known."""
        return Owed({person: self.parts[person] for person in people if person in self.parts}, self.whole)

    def passed_to(self, person: str, leads: int, weights: Mapping[str, int]) -> "Owed":
        """The same, but these members, by their weights, owe so many leads to one person: nothing is made."""
        total = sum(weights.values())
        fine = self.in_units_of(lcm(self.whole, total))
        moved = dict(fine.parts)
        moved[person] += leads * fine.whole
        for giver, weight in weights.items():
            moved[giver] -= leads * weight * (fine.whole // total)
        return Owed(moved, fine.whole)

    def of(self, person: str) -> Fraction:
        """What one of them is owed."""
        return Fraction(self.parts[person], self.whole)

    def share_of(self, person: str) -> float:
        """The same, as near as a number can be: what the ledger shows."""
        return self.parts[person] / self.whole

    def in_units_of(self, unit: int) -> "Owed":
        """The same, in parts of which `unit` make a lead; it is a multiple of `whole`."""
        times = unit // self.whole
        return self if times == 1 else Owed({who: part * times for who, part in self.parts.items()}, unit)


class Worth(NamedTuple):
    """What a lead counts for, and the most that any does."""

    counts: int = 1
    at_most: int = 1


ONE: Final = Worth()


class Turn(msgspec.Struct, frozen=True):
    """Who has the turn; what each was owed, with this lead's share counted in; what all are owed after it.

    `worth` is what the lead counts for.
    """

    person: str
    was_owed: Owed
    owed: Owed
    worth: int = 1


def next_turn(owed: Owed, weights: Mapping[str, int], dice: Dice, worth: Worth = ONE) -> Turn:
    """Give one lead to one of `weights`: those available, each with a weight of at least 1."""
    was_owed, fine = _with_share(owed, weights, worth.counts)
    return _taken(_first_due(was_owed, fine.whole, weights, dice, worth), was_owed, fine, worth.counts)


def take_turn(owed: Owed, weights: Mapping[str, int], person: str, worth: Worth = ONE) -> Turn:
    """The same, but it goes to this one of them, whoever is due."""
    return _taken(person, *_with_share(owed, weights, worth.counts), worth.counts)


def _with_share(owed: Owed, weights: Mapping[str, int], counts: int) -> tuple[dict[str, int], Owed]:
    """What each is owed with their share of one more lead, and what all were owed, both in its parts."""
    total = sum(weights.values())
    here = with_newcomers(owed.in_units_of(lcm(owed.whole, total)), weights.keys() - owed.parts.keys())
    share = here.whole // total * counts
    return {person: here.parts[person] + weight * share for person, weight in weights.items()}, here


def _taken(person: str, was_owed: dict[str, int], fine: Owed, counts: int) -> Turn:
    after = {**fine.parts, **was_owed}
    after[person] -= fine.whole * counts
    return Turn(person, Owed(was_owed, fine.whole), Owed(after, fine.whole), counts)


def with_newcomers(owed: Owed, newcomers: Collection[str]) -> Owed:
    """They start with the average of those who are there. No claim, no flood."""
    if not newcomers:
        return owed
    count = max(1, len(owed.parts))
    finer = owed.in_units_of(owed.whole * count)
    par = sum(owed.parts.values())
    return Owed({**finer.parts, **dict.fromkeys(newcomers, par)}, finer.whole)


def _first_due(
    was_owed: Mapping[str, int], whole: int, weights: Mapping[str, int], dice: Dice, worth: Worth
) -> str:
    count = len(was_owed)
    if count == 1:
        return next(iter(was_owed))
    # Those available are measured against each other: what absent members are owed is nobody's turn now.
    counts, most = worth
    level, leads, steps = sum(was_owed.values()) - whole * counts, count * whole, 2 * count - 2
    ahead = {person: steps * (claim * count - level) for person, claim in was_owed.items()}
    # Compared as whole numbers: the weights stand under one denominator.
    common = lcm(*weights.values())
    # Ripe is who is not the largest lead ahead of their share with this one.
    ripe = leads * (most + steps * (counts - most))
    due = {
        person: ((steps - 1) * leads * most - claim) * (common // weights[person])
        for person, claim in ahead.items()
        if claim >= ripe
    }
    first = min(due.values())
    tied = sorted(person for person, when in due.items() if when == first)
    return tied[dice.randrange(len(tied))]


@lru_cache(maxsize=4096)
def _written(part: int, whole: int) -> str:
    shared = gcd(part, whole)
    return f"{part // shared}" if shared == whole else f"{part // shared}/{whole // shared}"
