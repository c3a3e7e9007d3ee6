"""Who may take what waits in a team's queue: its members, and those of the teams that may have it instead."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from shared.agreement import Agreement, Target


def queues_for(teams: Collection[str], agreement: Agreement) -> set[str]:
    """The teams in whose queues a lead may wait that a member of these can take."""
    return {queue for queue, takers in _takers(agreement).items() if takers.intersection(teams)}


def queues_for_somebody(teams: Collection[str], agreement: Agreement) -> set[str]:
    """The same for a member who may also be given leads by name: what is theirs may wait in any queue."""
    by_name = any(one.kind == "person" for target in _targets(agreement) for one in target.in_turn)
    return set(agreement.teams) if by_name else queues_for(teams, agreement)


@lru_cache(maxsize=8)
def _takers(agreement: Agreement) -> Mapping[str, frozenset[str]]:
    """By queue the teams that may have what waits there: a rule names both, or one overflows to another."""
    named = {team: {team} for team in agreement.teams}
    for target in _targets(agreement):
        teams = _teams_of(target, agreement)
        for team in teams:
            named[team] |= teams
    return {
        queue: frozenset(other for team in teams for other in agreement.reached_from(team))
        for queue, teams in named.items()
    }


def _targets(agreement: Agreement) -> Iterator[Target]:
    yield from (rule.to for rule in agreement.routing_rules)
    yield from (rule.to for rule in agreement.sections.set_aside.choices if rule.to is not None)


def _teams_of(target: Target, agreement: Agreement) -> set[str]:
    """The teams that a rule names; one among others that it names by a word of the vocabulary may be any."""
    if len(target.teams) > 1 and not agreement.teams.keys() >= set(target.teams):
        return set(agreement.teams)
    return agreement.teams.keys() & target.teams
