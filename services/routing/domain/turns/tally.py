"""Why what members were given is not what their weights say: the debt ledger, and what it adds up to.

A member's share grows with each turn that they could have had. What they are owed is their share less the
turns they had; it begins where members are on average, and moves when one catches up or a turn is given back.
So, exactly: share = turns - credits + owed - began - caught up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from services.routing.domain.turns.turn import Owed, Turn, with_newcomers
from shared.terms import LeadId

Kind = Literal["turn", "exclusive", "named", "manual", "credit", "par", "catch up", "left"]
"""By turn; only this member could have it; by name; taken by hand; a turn that is given back; where somebody
begins; what they may catch up; what became moot when they left."""
Passed = Literal["away", "off shift", "at cap", "declined", "not asked for", "paused"]
"""Why a lead went by somebody. Only who is away, because they are absent, has something to catch up."""
GIVEN: Final[tuple[Kind, ...]] = ("turn", "exclusive", "named", "manual")
"""The lines with which somebody gets a lead."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the debt ledger. `owed` is what the person is owed after it, `moved` how much that moved.

    `day` is the date where the person is, as in 2026-11-27. `paced`: the lead came in a heap, and had waited
    for its release. `worth`: what the lead counts for.
    """

    team: str
    person: str
    kind: Kind
    at: datetime
    day: str
    lead: LeadId | None = None
    paced: bool = False
    score: int = 0
    owed: float = 0.0
    moved: float = 0.0
    reason: str = ""
    worth: int = 1


class Tally(msgspec.Struct, omit_defaults=True):
    """What a member's turns add up to, in what leads count for.

    `weight` is the one they had when they last had a share. `by_weight`: their share, had everybody always
    been there. `passed`: their share of what went by them, by why. `away`: that of what went by since they
    went away. `began`: what they were owed at first.
    """

    weight: int = 0
    by_weight: float = 0.0
    passed: dict[Passed, float] = {}
    away: float = 0.0
    began: float = 0.0
    caught_up: float = 0.0

    @property
    def whole_leads_away(self) -> int:
        """Tenths that were added one by one are a trifle less than the same at once: 2.9999999999999996."""
        return int(self.away + 1e-9)

    def let_go_by(self, why: Passed, share: float) -> None:
        """So much more of their share went by them."""
        self.passed[why] = self.passed.get(why, 0.0) + share
        self.away += share if why == "away" else 0.0


class News(NamedTuple):
    """What moved for a member beside the turn itself."""

    person: str
    kind: Kind
    moved: float
    reason: str


class Claim(msgspec.Struct, frozen=True):
    """What a choice asks of its team: a turn, unless it uses none; and whom it passed by.

    `caught_up`: who is back, with the leads that they catch up, 0 too.
    """

    turn: Turn | None = None
    caught_up: Mapping[str, int] = msgspec.field(default_factory=dict)
    passed: Mapping[str, Passed] = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class TeamTurn:
    """One team's members with their weights, what each is owed, and their tallies."""

    weights: Mapping[str, int]
    owed: Owed
    tallies: dict[str, Tally] = field(default_factory=dict)
    changed: bool = False
    _turns: int = 0
    _passed: Counter[tuple[str, Passed]] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def claims(self, able: Mapping[str, int], catch_up: int) -> tuple[Owed, dict[str, int]]:
        """What members are owed before a turn among `able`, and what those who are back catch up with it.

        That is whole leads, at most `catch_up`, of what went by while they were away; the others give it. So
        whoever is there alone is not back yet: what they may catch up waits for somebody to give it.
        """
        owed, claims = self.owed, dict[str, int]()
        for person in self._back(able.keys()) if len(able) > 1 else ():
            others = {other: weight for other, weight in able.items() if other != person}
            claims[person] = claim = min(catch_up, self.tallies[person].whole_leads_away)
            if claim:
                owed = with_newcomers(owed, able.keys() - owed.parts.keys())
                owed = owed.passed_to(person, claim, others)
        return owed, claims

    def take(self, claim: Claim) -> list[News]:
        """A turn is used up. Returns what else is to be said: who left, began, is back, or catches up."""
        turn = claim.turn
        assert turn is not None, "what uses up no turn is not taken here"
        able, news = turn.was_owed.parts.keys(), list[News]()
        if able <= self._seen and not claim.caught_up:
            self.owed = turn.owed
        else:
            news = [*self._left(), *self._began(able), *self._back_again(able, claim.caught_up)]
            self.owed = turn.owed.among(self.weights)
        self.changed = True
        self._turns += turn.worth
        self._passed.update(dict.fromkeys(claim.passed.items(), turn.worth))
        return news

    def give_back(self, person: str, among: Iterable[str], worth: int = 1) -> float | None:
        """A turn did not count. Those who could have had it lose their share of it. Returns what that moved.

        None, if the person is no member any more.
        """
        here = {who: self.weights[who] for who in among if who in self.owed.parts and who in self.weights}
        if person not in here:
            return None
        before = self.owed.of(person)
        self.owed, self.changed = self.owed.passed_to(person, worth, here), True
        self._turns -= worth
        return float(self.owed.of(person) - before)

    def settle(self) -> None:
        """Add this transaction's turns to the tallies. Called once, before they are written."""
        total = sum(self.weights.values())
        for person, weight in self.weights.items():
            self._tally(person).by_weight += self._turns * weight / total
        for (person, why), leads in self._passed.items():
            self._tally(person).let_go_by(why, leads * self.weights[person] / total)

    def _back(self, able: Set[str]) -> list[str]:
        return sorted(person for person in able if person in self.tallies and self.tallies[person].away)

    def _left(self) -> Iterator[News]:
        for person in sorted(self.owed.parts.keys() - self.weights.keys()):
            moot = float(self.owed.of(person))
            self._tally(person).began -= moot
            yield News(person, "left", -moot, "has left the team")

    def _began(self, able: Set[str]) -> Iterator[News]:
        new = able - self.owed.parts.keys()
        par = with_newcomers(self.owed, new)
        for person in sorted(new):
            begins = float(par.of(person))
            self._tally(person).began += begins
            yield News(person, "par", begins, "is new: begins where the others are on average")

    def _back_again(self, able: Set[str], caught_up: Mapping[str, int]) -> Iterator[News]:
        """What is said of who is back; of a weight once in a transaction, in which it can not change."""
        for person in sorted(caught_up.keys() | able - self._seen):
            tally, weight = self._tally(person), self.weights[person]
            if person in caught_up:
                yield self._is_back(person, caught_up[person], able)
                tally.away = 0.0
            if tally.weight not in (0, weight):
                yield News(person, "par", 0.0, f"weighs {weight} from now on, not {tally.weight}")
            tally.weight = weight
        self._seen |= able

    def _is_back(self, person: str, leads: int, able: Set[str]) -> News:
        tally = self._tally(person)
        if not leads:
            return News(person, "par", 0.0, f"is back: no claim to the {tally.away:.1f} that went by")
        others = {other: self.weights[other] for other in able if other != person}
        for other, weight in others.items():
            self._tally(other).caught_up -= leads * weight / sum(others.values())
        tally.caught_up += leads
        return News(
            person, "catch up", leads, f"is back: catches up {leads} of the {tally.away:.1f} that went by"
        )

    def _tally(self, person: str) -> Tally:
        if person not in self.tallies:
            known = self.owed.parts.get(person, 0) / self.owed.whole
            self.tallies[person] = Tally(began=known)
        return self.tallies[person]
