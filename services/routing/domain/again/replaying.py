"""Recorded leads, given to a roster once more: who would have had them, who would have been late, who waited.

Whose a lead is, whose turn it is and when it is due are decided as ever. How reps work nobody recorded for an
agreement that was not in force: they take one lead after the other, each for the same working time.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, NamedTuple

from msgspec.structs import replace

from services.routing.domain.choosing.choose import by_rules
from services.routing.domain.choosing.feasible import nobody_in_time
from services.routing.domain.choosing.ledger import given
from services.routing.domain.choosing.place import Place
from services.routing.domain.clocks.hours import due, hours_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.availability import calendar_of, next_change
from services.routing.domain.people.bench import Bench, Rep, Today
from services.routing.domain.people.days import day_of
from services.routing.domain.people.roster import Entry
from services.routing.domain.scene import Scene
from services.routing.domain.steps.heap import at_its_pace
from services.routing.domain.turns.tally import Claim, TeamTurn
from services.routing.domain.turns.tally import Entry as Line
from services.routing.domain.turns.turn import Owed, Throw
from shared.agreement import Agreement
from shared.contracts.values import Snapshot
from shared.terms import LeadId

TRIES_MAX: Final = 25
"""So often a waiting lead is looked at again; then it counts as still waiting."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_A_LITTLE: Final = timedelta(seconds=1)
_AN_HOUR: Final = timedelta(hours=1)


class Offered(NamedTuple):
    """A lead that routing is offered at an instant, under the agreement in force then."""

    at: datetime
    lead: LeadId
    story: Snapshot
    agreement: Agreement


@dataclass(slots=True)
class Figures:
    """What came of it. `met` and `late`: accept clocks by policy; `waited`: how long leads were in a queue.

    `open_at_most`: how many leads a rep had in their hands at once. `turns` say what each is owed.
    """

    given: Counter[str] = field(default_factory=Counter)
    teams: Counter[str] = field(default_factory=Counter)
    turns: dict[str, TeamTurn] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    infeasible: int = 0
    waited: list[timedelta] = field(default_factory=list)
    still_waiting: int = 0
    open_at_most: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Bench(Bench):
    """Everybody at once, for all the days that pass: what is counted for a day is counted by its date."""

    now: datetime = field(kw_only=True)
    agreement: Agreement = field(kw_only=True)
    days: dict[tuple[str, str], Today] = field(default_factory=dict)

    def ask(self, person: str) -> Rep:
        return self.people.get(person) or Rep(person)

    def had_today(self, person: str) -> Today:
        return self.days.get((person, day_of(self.ask(person), self.now, self.agreement)), Today())

    def give(self, entry: Line, claim: Claim) -> None:
        Bench.give(self, entry, claim)
        self.days[entry.person, entry.day] = self.today.pop(entry.person)
        self.entries.clear()


@dataclass(slots=True)
class Replay:
    """One roster and what it is given. `each`: the working time that a rep has for one lead."""

    people: Mapping[str, Rep]
    members: Mapping[str, Mapping[str, int]]
    each: timedelta
    figures: Figures = field(default_factory=Figures)
    _bench: _Bench | None = None
    _free: dict[str, datetime] = field(default_factory=dict)
    _open: dict[str, deque[datetime]] = field(default_factory=dict)
    _day: str = ""
    _stands_until: datetime = _NEVER

    @classmethod
    def of(cls, roster: Iterable[Entry], each: timedelta) -> "Replay":
        """Everybody of a roster, with nothing to do yet."""
        people, members = {}, dict[str, dict[str, int]]()
        for one in roster:
            people[one.person] = Rep(one.person, one.name, True, one.notify, one.languages, one.details)
            for team, weight in one.teams.items():
                members.setdefault(team, {})[one.person] = weight
        return cls(people, members, each)

    def run(self, offered: Iterable[Offered]) -> Figures:
        """Give them all out, in order of time; what nobody can take waits, and is looked at again."""
        order = count()
        waits = [(one.at, next(order), one, 0) for one in offered]
        heapq.heapify(waits)
        while waits:
            now, _, one, tries = heapq.heappop(waits)
            again_at = self._give(one, now, tries)
            if again_at is not None and tries < TRIES_MAX:
                heapq.heappush(waits, (max(again_at, now + _A_LITTLE), next(order), one, tries + 1))
            elif again_at is not None:
                self.figures.still_waiting += 1
        self._settle()
        return self.figures

    def _give(self, one: Offered, now: datetime, tries: int) -> datetime | None:
        """Try it at an instant. None, if somebody has it now; else when to try again."""
        bench = self._bench_at(now, one.agreement)
        lead = RoutedLead(snapshot=one.story, since=one.at)
        scene = Scene(one.lead, now, one.agreement, bench, lambda name: Throw(f"{one.lead}/{name}"))
        pace = one.agreement.pace_for(scene.facts(lead)) if one.agreement.paces else None
        if pace is not None:
            if not tries:
                return at_its_pace(by_rules(lead, scene), lead, scene).again_at or now + _AN_HOUR
            lead, scene = replace(lead, position=1), replace(scene, pace=pace)
        place = by_rules(lead, scene)
        if place.holder.kind == "queue":
            return self._again_at(place, now)
        if pace is None and now > one.at:
            self.figures.waited.append(now - one.at)
        given(lead, place, scene)
        self._count(place, replace(lead, team=place.team), scene)
        return None

    def _again_at(self, place: Place, now: datetime) -> datetime:
        """When time, or somebody who is done with another lead, may have helped."""
        done = (queue[0] for person in self.members.get(place.team, ()) if (queue := self._open.get(person)))
        ahead = [at for at in (place.again_at, min(done, default=None)) if at is not None and at > now]
        return min(ahead, default=now + _AN_HOUR)

    def _count(self, place: Place, lead: RoutedLead, scene: Scene) -> None:
        person, now, figures = place.holder.name, scene.now, self.figures
        figures.given[person] += 1
        figures.teams[place.team] += 1
        figures.infeasible += bool(nobody_in_time(place.team, lead, scene))
        policy = scene.agreement.policy_for(scene.facts(lead))
        theirs = calendar_of(scene.bench.ask(person), scene.agreement)
        whose = person if policy.clock == "working" else place.team
        counts = hours_of(policy.clock, whose, scene.bench, scene.agreement)
        begun, _ = due(max(now, self._free.get(person, now)), _A_LITTLE, theirs)
        done, _ = due(begun, self.each, theirs)
        late = begun > due(now, policy.accept_within, counts)[0]
        (figures.late if late else figures.met)[policy.name] += 1
        self._free[person] = done
        held = self._open.setdefault(person, deque())
        held.append(done)
        scene.bench.load[person] = len(held)
        figures.open_at_most[person] = max(figures.open_at_most[person], len(held))

    def _bench_at(self, now: datetime, agreement: Agreement) -> _Bench:
        if self._bench is None or self._bench.agreement is not agreement:
            self._bench = _Bench(agreement.named, now=now, agreement=agreement, people=dict(self.people))
            self._bench.load = {person: len(held) for person, held in self._open.items()}
            self._settle(agreement)
        self._bench.now = now
        self._forget_what_passed(now)
        if (day := f"{now:%Y-%m-%d}") != self._day:
            self._day = day
            self._settle(agreement)
        for person, held in self._open.items():
            while held and held[0] <= now:
                held.popleft()
            self._bench.load[person] = len(held)
        return self._bench

    def _forget_what_passed(self, now: datetime) -> None:
        """What was found of members holds until an absence begins or ends; who is at work, only for now."""
        assert self._bench is not None
        standing = self._bench.standing
        if now >= self._stands_until or not standing:
            standing.clear()
            changes = (next_change(rep, now, self._bench.agreement) for rep in self.people.values())
            self._stands_until = min((at for at in changes if at is not None), default=_NEVER)
        for key in [key for key in standing if key[1].at_work or not key[2]]:
            del standing[key]

    def _settle(self, agreement: Agreement | None = None) -> None:
        """What was counted of turns goes into the tallies, as at the end of a transaction."""
        turns = self.figures.turns
        for turn in turns.values():
            turn.settle()
        for name in {*turns, *(agreement.teams if agreement is not None else ())}:
            before = turns.get(name)
            owed, tallies = (before.owed, before.tallies) if before else (Owed(), {})
            turns[name] = TeamTurn(self.members.get(name, {}), owed, tallies)
        if self._bench is not None:
            self._bench.teams = turns
