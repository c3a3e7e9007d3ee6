"""What every decision is made with: whose lead, when, under which agreement, with whom, and by which dice."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from services.routing.domain.bench import Bench
from services.routing.domain.facts import facts_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.turn import Dice
from shared.agreement import Agreement, Team
from shared.contracts.values import Snapshot
from shared.effects import Decision
from shared.terms import LeadId

Routed = Decision[RoutedLead]


class Scene(msgspec.Struct, frozen=True):
    """One decision's surroundings. `dice` are seeded by the lead and the name given to them."""

    lead: LeadId
    now: datetime
    agreement: Agreement
    bench: Bench
    dice: Callable[[str], Dice]
    _gathered: list[tuple[Snapshot, int, dict[str, Any]]] = msgspec.field(default_factory=list)

    def facts(self, lead: RoutedLead) -> Mapping[str, Any]:
        """The lead in the words of the agreement. Rules, receipt and clock ask for the same ones."""
        story, rounds = lead.story, lead.custody.rounds
        for of_story, of_rounds, facts in self._gathered:
            if of_story is story and of_rounds == rounds:
                return facts
        facts = facts_of(story, rounds=rounds, now=self.now)
        self._gathered.append((story, rounds, facts))
        return facts

    def team_of(self, lead: RoutedLead) -> Team:
        """The team that a lead belongs to; a lead that no team has belongs to the team of the last rule."""
        teams = self.agreement.teams
        return teams[lead.team] if lead.team and lead.team in teams else teams[last_team(self.agreement)]


def last_team(agreement: Agreement) -> str:
    """The team of the last rule, which takes whatever is left over."""
    for rule in reversed(agreement.routing_rules):
        value = rule.to.value if isinstance(rule.to.value, str) else rule.to.value[0]
        if value in agreement.teams:
            return value
    return next(iter(agreement.teams))
