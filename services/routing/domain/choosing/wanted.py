"""Which part of the roster a decision will look at, so that it is loaded and locked at once, in one order."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache, reduce
from typing import Any

import msgspec

from services.routing.domain.choosing.choose import executives_for, is_with_executives
from services.routing.domain.choosing.ledger import turn_taken
from services.routing.domain.facts import Found, facts_of
from services.routing.domain.model import RoutedLead, with_newest
from services.routing.domain.scene import last_team
from shared.agreement import Agreement, Target, person_named
from shared.contracts.values import Snapshot, Whose


class Wanted(msgspec.Struct, frozen=True):
    """Teams and people to lock, as they may be given a lead; people to read, as they may be told.

    `heap`: a lead of those that are released piece by piece is queued or released.
    """

    teams: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    heap: bool = False

    def __or__(self, other: "Wanted") -> "Wanted":
        people, told = self.people | other.people, self.told | other.told
        return Wanted(self.teams | other.teams, people, told, self.heap or other.heap)


def all_of(wishes: Iterable[Wanted]) -> Wanted:
    """Everything that any of them wants. Many want the same."""
    return reduce(Wanted.__or__, set(wishes), Wanted())


def to_tell(lead: RoutedLead, agreement: Agreement) -> Wanted:
    """Who may be told of a lead, whatever is decided about it."""
    told = {agreement.parties.arbiter.person} if lead.dispute is not None else set()
    if lead.custody.holder is not None:
        told.add(lead.custody.holder.answers)
    teams = set[str]()
    if lead.handoff is not None:
        told.add(lead.handoff.to)
        teams.add(lead.handoff.team)  # Their turn may turn out not to count.
    return Wanted(frozenset(teams), told=frozenset(told)) | _team_leads(lead.team, agreement)


def to_route(
    lead: RoutedLead,
    agreement: Agreement,
    now: datetime,
    story: Snapshot | None = None,
    found: Found | None = None,
) -> Wanted:
    """Whom the rules may give a lead to, told as in `story`, or as it is known.

    `found` keeps what was found out, for the decision.
    """
    snapshot = story or lead.snapshot
    if snapshot is None:
        return Wanted()
    found = found or Found()
    newest, rounds = with_newest(lead, snapshot), lead.custody.rounds
    facts = found.facts(newest, rounds=rounds, now=now)
    if story is None and lead.team and is_with_executives(lead, facts, agreement):
        return to_have_from(lead.team, agreement)
    if story is None and lead.whose is not None:
        return to_set_aside(lead.whose, lead, agreement, now, snapshot, found)
    wanted = _whatever_holds(agreement, _in_a_heap(facts, agreement))
    for index in found.rules_met(facts, agreement):
        target = _by_rule(agreement, index)
        if target is None:
            rule = agreement.routing_rules[index]
            told = person_named(rule.tell, facts)
            target = _reached(rule.to, agreement, facts) | Wanted(told=frozenset([told] if told else []))
        wanted |= target
        if target.teams:
            break
    return wanted


def _in_a_heap(facts: dict[str, Any], agreement: Agreement) -> bool:
    return bool(agreement.paces) and agreement.pace_for(facts) is not None


def to_set_aside(
    whose: Whose, lead: RoutedLead, agreement: Agreement, now: datetime, story: Snapshot, found: Found
) -> Wanted:
    """Whom the rule that sets a lead aside may give it to, and whom it tells."""
    told = Wanted(told=frozenset([whose.tell] if whose.tell else []))
    if whose.desk is not None:
        return told
    facts = found.facts(with_newest(lead, story), rounds=lead.custody.rounds, now=now)
    named = told | to_give(whose.person) | Wanted(heap=_in_a_heap(facts, agreement))
    target = agreement.set_aside_target(whose.rule)
    if target is not None:
        named |= _reached(target, agreement, facts)
    if whose.team and whose.team in agreement.teams:
        named |= to_have_from(whose.team, agreement)
    return named if named.teams else named | to_route(lead, agreement, now, story, found)


def to_hand_off(lead: RoutedLead, agreement: Agreement, now: datetime) -> Wanted:
    """An account executive of the team that the hand-off's rules name."""
    if lead.snapshot is None:
        return Wanted()
    facts = facts_of(lead.snapshot, rounds=lead.custody.rounds, now=now)
    executives = executives_for(facts, agreement)
    return all_of(to_have_from(team, agreement) for team in executives.teams) if executives else Wanted()


def to_ask_instead(lead: RoutedLead, agreement: Agreement, now: datetime) -> Wanted:
    """Another account executive, if one is asked already."""
    return to_hand_off(lead, agreement, now) if lead.handoff is not None else Wanted()


@lru_cache(maxsize=16)
def _whatever_holds(agreement: Agreement, heap: bool) -> Wanted:
    return _team_leads(last_team(agreement), agreement) | Wanted(heap=heap)


@lru_cache(maxsize=4096)
def _by_rule(agreement: Agreement, index: int) -> Wanted | None:
    """What a rule wants that says it by name; None for one that goes by what the lead is."""
    rule = agreement.routing_rules[index]
    plain = rule.to.kind == "team" and rule.to.value in agreement.teams and rule.tell is None
    return _reached(rule.to, agreement, {}) if plain and not isinstance(rule.to.otherwise, Target) else None


@lru_cache(maxsize=1024)
def to_have_from(team: str, agreement: Agreement) -> Wanted:
    """A member of this team, or of one that it overflows to, or its lead."""
    return Wanted(teams=frozenset(agreement.reached_from(team))) | _team_leads(team, agreement)


def to_give(*people: str | None) -> Wanted:
    """These people by name."""
    return Wanted(people=frozenset(person for person in people if person))


def to_give_back(lead: RoutedLead) -> Wanted:
    """The team in which a turn may turn out not to have counted."""
    turn = lead.dispute.turn if lead.dispute is not None else turn_taken(lead)
    return Wanted() if turn is None else Wanted(teams=frozenset([turn.team]))


def _reached(target: Target, agreement: Agreement, facts: dict[str, Any]) -> Wanted:
    found = Wanted()
    for one in target.in_turn:
        found |= to_give(one.named_person(facts))
        for team in one.named_teams(facts, agreement.teams):
            found |= to_have_from(team, agreement)
    return found


@lru_cache(maxsize=1024)
def _team_leads(team: str | None, agreement: Agreement) -> Wanted:
    known = agreement.teams.get(team or last_team(agreement))
    return Wanted() if known is None else Wanted(told=frozenset([known.lead, *known.deputy]))
