"""Makes the routing part of an agreement: teams, rules and where they lead, clocks, and the hand-off."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from shared.agreement.building.parts import (
    Attempts,
    HandOff,
    Hours,
    Pace,
    Policy,
    RoutingRule,
    Step,
    Target,
    Team,
    Value,
)
from shared.agreement.conditions.rules import Conditions
from shared.agreement.conditions.vocabulary import canonical
from shared.agreement.reading.hours import read_week
from shared.agreement.written import AgreementFile, follow_up, routing
from shared.agreement.written.destinations import Destination


def teams(file: AgreementFile) -> Mapping[str, Team]:
    """The teams by name, in the order of the agreement."""
    return MappingProxyType(
        {
            team.name: Team(
                name=team.name,
                lead=team.lead,
                deputy=team.deputy,
                turn=team.turn,
                count_by=team.count_by,
                at_most_open=team.at_most.open,
                at_most_per_day=team.at_most.per_day,
                nobody_available=_nobody_available(team),
                overflows_to=team.overflows_to,
                queue_within=team.queue_within,
                catch_up=team.catch_up,
                count_exclusive=team.count_exclusive,
            )
            for team in file.routing.teams
        }
    )


def _nobody_available(team: routing.Team) -> Literal["queue", "assign_anyway", "overflow"]:
    if team.overflows_to is not None:
        return "overflow"
    return "assign_anyway" if team.nobody_available == "assign_anyway" else "queue"


def routing_rules(file: AgreementFile, conditions: Conditions) -> tuple[RoutingRule, ...]:
    """The routing table."""
    return tuple(
        RoutingRule(
            name=rule.name,
            to=target(rule.to),
            tell=(canonical(rule.tell) or rule.tell) if rule.tell is not None else None,
            condition=conditions[("routing", "rules", index)],
        )
        for index, rule in enumerate(file.routing.rules)
    )


def values(file: AgreementFile, conditions: Conditions) -> tuple[Value, ...]:
    """What leads count for where a team counts by value."""
    return tuple(
        Value(conditions[("routing", "values", index)], rule.counts)
        for index, rule in enumerate(file.routing.values)
    )


def paces(file: AgreementFile, conditions: Conditions) -> tuple[Pace, ...]:
    """How fast what comes in a heap is released."""
    return tuple(
        Pace(conditions[("routing", "pace", index)], rule.per_rep_per_day)
        for index, rule in enumerate(file.routing.pace)
    )


def target(to: Destination) -> Target:
    """Where a rule leads, with what happens when that cannot be done."""
    otherwise = target(to.otherwise) if isinstance(to.otherwise, Destination) else to.otherwise
    who = {"speaks": to.who.speaks, "has": to.who.has} if to.who is not None else {}
    asked = MappingProxyType({name: wanted for name, wanted in who.items() if wanted})
    if to.first_open is not None:
        return Target("first_open", to.first_open, asked, otherwise)
    if to.queue is not None:
        return Target("queue", to.queue, asked, otherwise)
    if to.person is not None:
        return Target("person", canonical(to.person) or to.person, asked, otherwise)
    return Target("team", canonical(to.team or "") or to.team or "", asked, otherwise)


def calendars(file: AgreementFile) -> Mapping[str, Hours]:
    """The calendars by name."""
    written = file.follow_up.calendars.items()
    return MappingProxyType(
        {name: Hours(one.zone, read_week(one.hours), one.holidays) for name, one in written}
    )


def policies(file: AgreementFile, conditions: Conditions) -> tuple[Policy, ...]:
    """The clocks; the last policy matches everything."""
    return tuple(
        Policy(
            name=policy.name,
            condition=conditions[("follow_up", "policies", index)],
            accept_within=policy.accept_within,
            touch_within=policy.touch_within,
            attempts=Attempts(policy.attempts.at_least, policy.attempts.within) if policy.attempts else None,
            next_step_within=policy.next_step_within,
            clock=policy.clock,
            on_reassign=policy.on_reassign,
            ladder=tuple(_step(step) for step in policy.ladder),
        )
        for index, policy in enumerate(file.follow_up.policies)
    )


def _step(step: follow_up.Step) -> Step:
    return Step(step.at, step.do, step.whom)


def hand_off(file: AgreementFile, conditions: Conditions) -> HandOff | None:
    """The way to the account executives."""
    written = file.routing.hand_off
    if written is None:
        return None
    rules = tuple(
        RoutingRule(rule.name, target(rule.to), None, conditions[("routing", "hand_off", "rules", index)])
        for index, rule in enumerate(written.rules)
    )
    return HandOff(
        accept_within=written.accept_within,
        at=written.at,
        refused=written.refused,
        rules=rules,
    )
