"""Whose a recorded lead would have been by the routing rules alone: no turns, no caps, no absences."""

from datetime import datetime
from typing import Final

from services.routing.domain.facts import facts_of
from services.routing.domain.scene import last_team
from shared.agreement import Agreement, Facts, Target
from shared.contracts.values import Snapshot

NAMED: Final = "a person by name"
"""Instead of a team: who it is says nothing of how much comes to whom."""


def team_by_rules(story: Snapshot, agreement: Agreement, now: datetime) -> str:
    """The team of the first rule that holds and names one, or NAMED; whoever it names can hold the lead."""
    facts = facts_of(story, rounds=0, now=now)
    rules = (agreement.routing_rules[index] for index in agreement.rules_met(facts))
    named = (_named(target, facts, agreement) for rule in rules for target in rule.to.in_turn)
    return next(filter(None, named), last_team(agreement))


def _named(target: Target, facts: Facts, agreement: Agreement) -> str | None:
    if target.named_person(facts) is not None:
        return NAMED
    return next(iter(target.named_teams(facts, agreement.teams)), None)
