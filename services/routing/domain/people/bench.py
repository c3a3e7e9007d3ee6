"""The part of the roster that a decision looks at: teams with their turns, people with their load.

A bench belongs to one transaction, which holds the locks of what is on it. Decisions are made on it one after
the other, each seeing what the one before it gave away: so a batch decides as one by one would.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from services.routing.domain.model import Clock, RoutedLead
from services.routing.domain.people.person import NO_DETAILS, Details
from services.routing.domain.turns.tally import Claim, Entry, News, TeamTurn
from services.routing.domain.turns.turn import Owed
from shared.agreement import Agreement
from shared.terms import LeadId


class NotOnTheBench(Exception):
    """A decision needs a team or person that was not loaded; the caller loads them and decides again."""

    def __init__(self, *, team: str | None = None, person: str | None = None) -> None:
        super().__init__(team or person)
        self.team, self.person = team, person


@dataclass(frozen=True, slots=True)
class Rep:
    """One person of the roster, who is `active` there. Who the agreement names is active by that alone.

    `paused`: that they are, with why and by whom, in words. `version` counts their changes.
    """

    person: str
    name: str = ""
    active: bool = False
    notify: str | None = None
    languages: tuple[str, ...] = ()
    details: Details = NO_DETAILS
    paused: str = ""
    version: int = field(default=0, compare=False)


class Today(NamedTuple):
    """How many leads somebody was given on a day, and how many of these had waited for their release."""

    given: int = 0
    released: int = 0


@dataclass(slots=True)
class Bench:
    """Teams and people that are loaded and locked. `named` are those whom the agreement names.

    `load`: the open leads of those in `loaded`; `today`: what was given on their own day to those in `dated`.
    A cap, a pace, or turns by load ask for them; None: everybody's are counted. `queued`: how many leads of a
    heap each team has. `paused`: teams that are, with why, in words. `entries`: the ledger's new lines;
    `wakes`: when time alone may have helped those who wait for a team. `standing`: what was found of members
    that holds for every lead; `versions`: those of whom a decision looked at; `clocks`: those that were
    started, by their terms. `kept`: the decisions made, with all that they were made of; `asked`: whom, and
    which teams, the last one asked for; every question about somebody asks for them.
    """

    named: frozenset[str]
    teams: dict[str, TeamTurn] = field(default_factory=dict)
    people: dict[str, Rep] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)
    today: dict[str, Today] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    wakes: dict[str, datetime] = field(default_factory=dict)
    paused: dict[str, str] = field(default_factory=dict)
    standing: dict[Any, dict[str, Any]] = field(default_factory=dict)
    loaded: Set[str] | None = None
    dated: Set[str] | None = None
    versions: dict[Any, tuple[dict[str, int], dict[str, str]]] = field(default_factory=dict)
    clocks: dict[Any, Clock] = field(default_factory=dict)
    kept: list[tuple[LeadId, Any]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    asked_teams: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """One more decision is to be made: nobody was asked for yet."""
        self.asked.clear()
        self.asked_teams.clear()

    def ask_team(self, name: str) -> TeamTurn:
        """A team's members and turns; the decision rests on them from now on. Raises NotOnTheBench."""
        if name not in self.teams:
            raise NotOnTheBench(team=name)
        self.asked_teams.add(name)
        return self.teams[name]

    def ask(self, person: str) -> Rep:
        """The same of a person; one whom the roster does not know is not active. Raises NotOnTheBench."""
        if person not in self.people:
            raise NotOnTheBench(person=person)
        self.asked.add(person)
        return self.people[person]

    def can_hold(self, person: str) -> bool:
        """Whether this person may answer for leads, here or away."""
        return person in self.named or self.ask(person).active

    def open_leads(self, person: str) -> int:
        """How many leads lie in this person's hands, offers of a hand-off included, if a cap asks for it."""
        self.ask(person)
        return self.load.get(person, 0)

    def had_today(self, person: str) -> Today:
        """What this person was given today, if a cap or a pace asks for it."""
        self.ask(person)
        return self.today.get(person, Today())

    def give(self, entry: Entry, claim: Claim) -> None:
        """Somebody has a lead: write it into the ledger, and use up the turn, if it is a matter of turns."""
        if claim.turn is not None:
            owed = claim.turn.owed
            self.entries += (_about(news, entry, owed) for news in self.ask_team(entry.team).take(claim))
            worth = claim.turn.worth
            entry = replace(
                entry, kind="turn", owed=owed.share_of(entry.person), moved=-float(worth), worth=worth
            )
        self.entries.append(entry)
        if self.dated is None or entry.person in self.dated:
            had = self.had_today(entry.person)
            self.today[entry.person] = Today(had.given + 1, had.released + entry.paced)

    def give_back(self, entry: Entry, among: Iterable[str]) -> None:
        """A turn did not count; nothing, if the person is no member any more."""
        turns = self.ask_team(entry.team)
        moved = turns.give_back(entry.person, among, entry.worth)
        if moved is not None:
            self.entries.append(replace(entry, owed=float(turns.owed.of(entry.person)), moved=moved))

    def look_again(self, team: str, at: datetime) -> None:
        """Somebody may be able to take what waits for this team at this instant, or at an earlier one."""
        self.wakes[team] = min(at, self.wakes.get(team, at))

    def next_position(self, team: str) -> int:
        """The place of one more lead in a team's heap, from 1."""
        self.queued[team] = self.queued.get(team, 0) + 1
        return self.queued[team]

    def moved(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Count who has a lead in their hands after a decision."""
        for people, by in ((before, -1), (after, 1)):
            for person in people:
                if self.loaded is None or person in self.loaded:
                    self.load[person] = self.load.get(person, 0) + by


def _about(news: News, entry: Entry, owed: Owed) -> Entry:
    """A line about somebody that goes with another one."""
    return Entry(
        team=entry.team,
        person=news.person,
        kind=news.kind,
        at=entry.at,
        day=entry.day,
        owed=owed.share_of(news.person) if news.person in owed.parts else 0.0,
        moved=news.moved,
        reason=news.reason,
    )


def carriers(lead: RoutedLead) -> tuple[str, ...]:
    """In whose hands a lead lies: the rep who holds it, and whoever is asked to take it over."""
    holder = lead.custody.holder
    if not lead.holding or holder is None or holder.kind != "rep":
        return ()
    return (holder.name,) if lead.handoff is None else (holder.name, lead.handoff.to)


@lru_cache(maxsize=8)
def capped_by(agreement: Agreement) -> frozenset[str]:
    """The teams whose members may have only so many open leads."""
    return frozenset(name for name, team in agreement.teams.items() if team.at_most_open is not None)


@lru_cache(maxsize=8)
def loads_asked_by(agreement: Agreement) -> frozenset[str]:
    """The teams in which it matters how many open leads a member has."""
    by_load = (name for name, team in agreement.teams.items() if team.turn == "least_loaded")
    return capped_by(agreement).union(by_load)


@lru_cache(maxsize=8)
def days_asked_by(agreement: Agreement) -> frozenset[str]:
    """The teams in which it matters how many leads a member was given today."""
    return frozenset(name for name, team in agreement.teams.items() if team.at_most_per_day is not None)
