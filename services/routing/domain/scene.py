"""What every decision is made with: whose lead, when, under which agreement, with whom, and by which dice."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec

from services.routing.domain.facts import Found
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.availability import Availability
from services.routing.domain.people.bench import Bench
from services.routing.domain.people.days import day_of
from services.routing.domain.turns.turn import Dice
from shared.agreement import Agreement, Team
from shared.effects import Decision
from shared.terms import LeadId

Routed = Decision[RoutedLead]


class Scene(msgspec.Struct, frozen=True):
    """One decision's surroundings. `dice` are seeded by the lead and the name given to them.

    `pace`: a lead of a heap is released, of which a rep has so many a day. `known`: the facts of a decision
    that is made again; the lead itself is not at hand then.
    """

    lead: LeadId
    now: datetime
    agreement: Agreement
    bench: Bench
    dice: Callable[[str], Dice]
    pace: int | None = None
    known: dict[str, Any] | None = None
    found: Found = msgspec.field(default_factory=Found)

    def facts(self, lead: RoutedLead) -> dict[str, Any]:
        """The lead in the words of the agreement. Rules, receipt and clock ask for the same ones."""
        if self.known is not None:
            return self.known
        return self.found.facts(lead.story, rounds=lead.custody.rounds, now=self.now)

    def rules_met(self, lead: RoutedLead) -> tuple[int, ...]:
        """The places of the rules that hold for it, in order."""
        return self.found.rules_met(self.facts(lead), self.agreement)

    def availability(self, person: str) -> Availability:
        """Whether somebody is there now, and until when not."""
        return Availability(self.bench.ask(person), self.now, self.agreement)

    def why_not(self, person: str) -> str:
        """Why nothing new can be given to somebody now, in words: paused, or absent; empty, if it can."""
        return self.bench.ask(person).paused or self.availability(person).why_not

    def passes_on(self, person: str) -> bool:
        """Whether somebody is away, and their cover has what they hold."""
        takes_over = self.bench.ask(person).details.cover_takes_over
        return takes_over and self.availability(person).away_until is not None

    def first_available(self, people: Iterable[str], *, besides: Collection[str] = ()) -> str:
        """The first who can hold leads and is not absent, else who covers for the first one of them.

        Else it is the first who can; else the first of all. `besides`: only if there is nobody else.
        """
        listed = list(people)
        able = [person for person in listed if self.bench.can_hold(person)]
        others = [person for person in able if person not in besides] or able
        for person in others:
            if not self.why_not(person):
                return person
        covers = (cover for person in others if (cover := self.cover_of(person)) not in (None, *besides))
        return next(covers, None) or (others or listed)[0]

    def or_stand_in(self, person: str, team: Team, *, besides: Collection[str] = ()) -> str:
        """This person; while they are away, who covers for them, else a deputy of the team."""
        cover = self.cover_of(person) if self.why_not(person) else None
        asked = [person, *([cover] if cover is not None else []), *team.deputy]
        return self.first_available(asked, besides=besides)

    def cover_of(self, person: str) -> str | None:
        """Who is there for somebody; the cover's own cover, while that one is away too."""
        asked = {person}
        cover = self.bench.ask(person).details.cover
        while cover is not None and cover not in asked:
            if self.bench.can_hold(cover) and not self.why_not(cover):
                return cover
            asked.add(cover)
            cover = self.bench.ask(cover).details.cover
        return None

    def day_of(self, person: str) -> str:
        """The date where somebody is."""
        return day_of(self.bench.ask(person), self.now, self.agreement)

    def team_of(self, lead: RoutedLead) -> Team:
        """The team that a lead belongs to; a lead that no team has belongs to the team of the last rule."""
        teams = self.agreement.teams
        return teams[lead.team] if lead.team and lead.team in teams else teams[last_team(self.agreement)]


def last_team(agreement: Agreement) -> str:
    """The team of the last rule, which takes whatever is left over."""
    rules = reversed(agreement.routing_rules)
    named = (team for rule in rules for team in rule.to.named_teams({}, agreement.teams))
    return next(named, next(iter(agreement.teams)))
