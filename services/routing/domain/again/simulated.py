"""Whose a recorded lead would have been by the routing rules alone: no turns, no caps, no absences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.routing.domain.choosing.choose import named_person, named_team
from services.routing.domain.facts import facts_of
from services.routing.domain.scene import last_team
from shared.agreement import Agreement, Target
from shared.contracts.values import Snapshot

NAMED: Final = "a person by name"
"""Instead of a team: who it is says nothing of how much comes to whom."""


def team_by_rules(story: Snapshot, agreement: Agreement, now: datetime) -> str:
    """The team of the first rule that holds and names one, or NAMED; whoever it names can hold the lead."""
    facts = facts_of(story, rounds=0, now=now)
    targets = (agreement.routing_rules[index].to for index in agreement.rules_met(facts))
    named = (_named(target, facts, agreement) for target in targets)
    return next((name for name in named if name is not None), last_team(agreement))


def _named(target: Target, facts: Mapping[str, Any], agreement: Agreement) -> str | None:
    if target.kind != "person":
        found = named_team(target.value, facts, agreement)
    else:
        found = NAMED if named_person(target.value, facts) is not None else None
    if found is None and isinstance(target.otherwise, Target):
        return _named(target.otherwise, facts, agreement)
    return found
