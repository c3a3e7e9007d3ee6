"""Who gets a lead, what a rep's no means, and the way to the account executives: in words."""

from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import RejectMeans, RoutingRule, Team
from shared.agreement.prose.destinations import target, whom
from shared.agreement.prose.words import bullets, counted, length, listed, numbered, when

_TURN: Final = {
    "fair": "Members take fair turns by their weights",
    "least_loaded": "The member with the fewest open leads is next",
    "owner_first": "The account's owner comes first, then members take fair turns",
}
_REJECT: Final[dict[RejectMeans, str]] = {
    "dispute": "the arbiter rules; the lead waits in the team's queue",
    "reroute": "the rules are asked again, without the rep",
    "merge": "the two leads become one",
    "close": "it is no lead, and its journey is over",
}


def routing(agreement: Agreement) -> list[str]:
    """Teams, rules, rejects, and the hand-off."""
    means = (f"{reason}: {_REJECT[what]}." for reason, what in agreement.reject.items())
    return [
        "## Who gets a lead",
        numbered(_rule(rule) for rule in agreement.routing_rules),
        f"A lead changes its rep at most {counted(agreement.reassign_at_most, 'time')} because of breaches "
        "and rejects; then the deputy holds it.",
        *_pace(agreement),
        *_values(agreement),
        "### Teams",
        bullets(_team(team) for team in agreement.teams.values()),
        "### What a rep's no means",
        bullets(means),
        *_hand_off(agreement),
    ]


def _rule(rule: RoutingRule) -> str:
    told = f". {whom(rule.tell)} is told" if rule.tell is not None else ""
    return f"**{rule.name}**{when(rule.condition.node)}: to {target(rule.to)}{told}."


def _pace(agreement: Agreement) -> list[str]:
    rules = agreement.written.routing.pace
    if not rules:
        return []
    lines = (
        f"At most {counted(rule.per_rep_per_day, 'lead')} a day for each rep"
        f"{when(agreement.conditions['routing', 'pace', index].node)}."
        for index, rule in enumerate(rules)
    )
    return ["Leads that come in a heap are given out piece by piece:", numbered(lines)]


def _values(agreement: Agreement) -> list[str]:
    rules = agreement.written.routing.values
    if not rules:
        return []
    lines = (
        f"{counted(rule.counts, 'lead')}{when(agreement.conditions['routing', 'values', index].node)}."
        for index, rule in enumerate(rules)
    )
    return ["Where a team counts by value, a lead counts for one, unless it counts for:", numbered(lines)]


def _team(team: Team) -> str:
    first, *others = team.deputy
    deputies = f", or else {listed(others, 'or')}," if others else ""
    said = [
        f"**{team.name}**, led by {team.lead}, to whom breaches escalate. {first}{deputies} answers for its "
        f"queue, which is emptied within {length(team.queue_within)}",
        _TURN[team.turn] + _back(team),
        _caps(team) + _nobody(team),
    ]
    return ". ".join(said) + "."


def _back(team: Team) -> str:
    claim = f"who comes back may catch up {counted(team.catch_up, 'lead')}" if team.catch_up else ""
    exclusive = "a lead that only one could take uses up a turn" if team.count_exclusive else ""
    value = "turns are counted by value" if team.count_by == "value" else ""
    more = [part for part in (value, claim, exclusive) if part]
    return f"; {listed(more)}" if more else ""


def _caps(team: Team) -> str:
    caps = [
        *([f"{team.at_most_open} open"] if team.at_most_open is not None else []),
        *([f"{team.at_most_per_day} new in a day"] if team.at_most_per_day is not None else []),
    ]
    return f"A member has at most {listed(caps)}" if caps else "There is no limit to what a member has open"


def _nobody(team: Team) -> str:
    match team.nobody_available:
        case "queue":
            return "; when nobody can take a lead, it waits in the queue"
        case "assign_anyway":
            return "; when nobody can take a lead, a member gets it all the same"
        case "overflow":
            return f"; when nobody can take a lead, it goes to team {team.overflows_to}"


def _hand_off(agreement: Agreement) -> list[str]:
    hand_off = agreement.hand_off
    if hand_off is None:
        return []
    return [
        "### From the SDR to the account executive",
        f"A lead is handed on when it is an {hand_off.at.upper()}. The account executive accepts within "
        f"{length(hand_off.accept_within)}; until then, and when refused, the SDR answers for it.",
        numbered(_rule(rule) for rule in hand_off.rules),
    ]
