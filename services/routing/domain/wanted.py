"""Which part of the roster a decision will look at, so that it is loaded and locked at once, in one order."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any

import msgspec

from services.routing.domain.choose import is_with_executives, named_person, named_team
from services.routing.domain.facts import facts_of
from services.routing.domain.model import RoutedLead, with_newest
from services.routing.domain.scene import last_team
from shared.agreement import Agreement, Target
from shared.contracts.values import Snapshot


class Wanted(msgspec.Struct, frozen=True):
    """Teams and people to lock, as they may be given a lead; people to read, as they may be told."""

    teams: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    def __or__(self, other: "Wanted") -> "Wanted":
        return Wanted(self.teams | other.teams, self.people | other.people, self.told | other.told)


def all_of(wishes: Iterable[Wanted]) -> Wanted:
    """Everything that any of them wants. Many want the same."""
    return reduce(Wanted.__or__, set(wishes), Wanted())


def to_tell(lead: RoutedLead, agreement: Agreement) -> Wanted:
    """Who may be told of a lead, whatever is decided about it."""
    told = {agreement.parties.arbiter.person} if lead.dispute is not None else set()
    if lead.custody.holder is not None:
        told.add(lead.custody.holder.answers)
    if lead.handoff is not None:
        told.add(lead.handoff.to)
    return Wanted(told=frozenset(told)) | _team_leads(lead.team, agreement)


def to_route(lead: RoutedLead, agreement: Agreement, now: datetime, story: Snapshot | None = None) -> Wanted:
    """Whom the rules may give a lead to, told as in `story`, or as it is known."""
    snapshot = story or lead.snapshot
    if snapshot is None:
        return Wanted()
    if story is None and lead.team and is_with_executives(lead, agreement):
        return to_have_from(lead.team, agreement)
    facts = facts_of(with_newest(lead, snapshot), rounds=lead.custody.rounds, now=now)
    wanted = _team_leads(last_team(agreement), agreement)
    for index in agreement.rules_met(facts):
        target = _reached(agreement.routing_rules[index].to, agreement, facts)
        wanted |= target
        if target.teams:
            break
    return wanted


@lru_cache(maxsize=1024)
def to_have_from(team: str, agreement: Agreement) -> Wanted:
    """A member of this team, or its lead."""
    return Wanted(teams=frozenset([team])) | _team_leads(team, agreement)


def to_give(*people: str | None) -> Wanted:
    """These people by name."""
    return Wanted(people=frozenset(person for person in people if person))


def _reached(target: Target, agreement: Agreement, facts: dict[str, Any]) -> Wanted:
    if target.kind == "person":
        found = to_give(named_person(target.value, facts))
    else:
        team = named_team(target.value, facts, agreement)
        found = Wanted() if team is None else to_have_from(team, agreement)
    if isinstance(target.otherwise, Target):
        return found | _reached(target.otherwise, agreement, facts)
    return found


@lru_cache(maxsize=1024)
def _team_leads(team: str | None, agreement: Agreement) -> Wanted:
    known = agreement.teams.get(team or last_team(agreement))
    return Wanted() if known is None else Wanted(told=frozenset([known.lead, *known.deputy]))
