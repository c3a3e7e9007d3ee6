"""Who gets a lead: the rules in order, then the team's fair turn, with a reason for each who does not."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from services.routing.domain.choosing.members import (
    among_members,
    first_open,
    if_nobody,
    in_team,
    in_time_elsewhere,
)
from services.routing.domain.choosing.obstacles import Asked
from services.routing.domain.choosing.place import Course, Place, joined, queue_of, sooner
from services.routing.domain.choosing.tried import rules_tried
from services.routing.domain.facts import asked_by
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene, last_team
from shared.agreement import Agreement, RoutingRule, Target, person_named
from shared.agreement.facts import frozen
from shared.baton import Holder
from shared.contracts.values import Candidate, RouteReceipt, RuleTried, Whose
from shared.terms import Stage


def by_rules(lead: RoutedLead, scene: Scene) -> Place:
    """The first rule that holds and whose target can hold a lead decides."""
    return replace(_by_rules(lead, scene), course=Course("rules"))


def preferred(person: str | None, lead: RoutedLead, scene: Scene) -> Place:
    """Who had it before, if they can take it; else the rules decide."""
    place = None if person is None else to_person(person, scene.team_of(lead).name, lead, scene)
    if not isinstance(place, Place):
        return by_rules(lead, scene)
    note = joined(place.note, f"{person} had it before")
    return replace(place, note=note, course=Course("rules", person=person))


def _by_rules(lead: RoutedLead, scene: Scene) -> Place:
    facts, agreement, passed = scene.facts(lead), scene.agreement, dict[int, str]()
    for index in scene.rules_met(lead):
        rule = agreement.routing_rules[index]
        found = to_target(rule.to, lead, scene, facts)
        if isinstance(found, Place):
            return _with_told(replace(found, rules=_tried(facts, scene, index, passed)), rule, facts)
        passed[index] = found
    place = in_team(last_team(agreement), lead, scene)
    rules = _tried(facts, scene, len(agreement.routing_rules) - 1, passed)
    return replace(place, rules=rules, note=place.note or "no rule named anyone who can hold it")


def _tried(
    facts: Mapping[str, Any], scene: Scene, until: int, passed: Mapping[int, str]
) -> tuple[RuleTried, ...]:
    return rules_tried(facts, scene.agreement, until=until, passed=passed, keep=scene.known is None)


def whose_it_is(whose: Whose, lead: RoutedLead, scene: Scene) -> Place:
    """What is set aside: where its rule sends it, else to the team that scoring named, else by the rules."""
    found = _by_the_rule(whose, lead, scene)
    passed_over = f"; passed over: {found}" if isinstance(found, str) else ""
    tried = RuleTried(name=whose.rule, matched=True, sentence=f"it is set aside, and no MQL{passed_over}")
    if isinstance(found, Place):
        return replace(found, rules=(tried,), course=Course("whose", whose=whose))
    team = _known_team(whose, scene)
    place = in_team(team, lead, scene) if team is not None else by_rules(lead, scene)
    return replace(place, rules=(tried, *place.rules), course=Course("whose", whose=whose))


def _by_the_rule(whose: Whose, lead: RoutedLead, scene: Scene) -> Place | str:
    """As the rule of that name says it now; another version may know none: then the person scoring named."""
    target = scene.agreement.set_aside_target(whose.rule)
    if target is not None:
        return to_target(target, lead, scene, scene.facts(lead))
    if whose.person is None:
        return "it names no person"
    return to_person(whose.person, _known_team(whose, scene) or scene.team_of(lead).name, lead, scene)


def _known_team(whose: Whose, scene: Scene) -> str | None:
    return whose.team if whose.team in scene.agreement.teams else None


def anew(lead: RoutedLead, scene: Scene) -> Place:
    """Who can have it instead: what account executives have stays among them, what is set aside goes by that.

    The rest goes by the rules.
    """
    if is_with_executives(lead, scene.facts(lead), scene.agreement):
        place = in_team(scene.team_of(lead).name, lead, scene)
    elif lead.whose is not None:
        place = whose_it_is(lead.whose, lead, scene)
    else:
        place = _by_rules(lead, scene)
    # Whom the rule tells has heard of it.
    return replace(place, tell=None, course=Course("anew"))


def covered(person: str, lead: RoutedLead, scene: Scene) -> Place:
    """Who covers for somebody gets what they had; else it is routed anew."""
    place = to_cover(person, scene.team_of(lead).name, lead, scene) or anew(lead, scene)
    return replace(place, course=Course("cover", person=person))


def is_with_executives(lead: RoutedLead, facts: Mapping[str, Any], agreement: Agreement) -> bool:
    """Whether it was handed over by an SDR: the rules, which are for new leads, do not send it back."""
    if lead.stage is not Stage.SQL or agreement.hand_off is None:
        return False
    return any(lead.team in _executives_of(rule.to, facts, agreement) for rule in agreement.hand_off.rules)


class Executives(msgspec.Struct, frozen=True):
    """The account executives who are asked: their teams in order, what is asked of each, and the rules tried.

    One is asked if nobody of those before it can take the lead.
    """

    teams: Mapping[str, Asked]
    rules: tuple[RuleTried, ...]


def executives_for(facts: Mapping[str, Any], agreement: Agreement) -> Executives | None:
    """By the first rule of the hand-off that holds and names a team; None, if none does or none is agreed."""
    tried: list[RuleTried] = []
    for rule in agreement.hand_off.rules if agreement.hand_off is not None else ():
        holds, sentence = rule.condition.holds(facts), rule.sentence(facts)
        teams = _executives_of(rule.to, facts, agreement)
        if holds and not teams:
            sentence = f"{sentence}; passed over: {rule.to.value} names no team"
        tried.append(RuleTried(name=rule.name, matched=holds, sentence=sentence))
        if holds and teams:
            return Executives(teams, tuple(tried))
    return None


def _executives_of(to: Target, facts: Mapping[str, Any], agreement: Agreement) -> dict[str, Asked]:
    """The teams that a target of the hand-off means, each with the one that its `else` names after it."""
    found: dict[str, Asked] = {}
    for target in to.in_turn:
        for team in target.named_teams(facts, agreement.teams):
            found.setdefault(team, _asked_by(target))
    return found


def to_person(person: str, team: str, lead: RoutedLead, scene: Scene) -> Place | str:
    """A person who is named, or their cover while they are away; or in words why they cannot have it."""
    if not scene.bench.can_hold(person):
        return f"{person} is not active"
    if person in lead.declined:
        return f"{person} {lead.declined[person]}"
    if away := scene.why_not(person):
        return to_cover(person, team, lead, scene) or f"{person} is {away}"
    course = Course("person", person=person, team=team)
    return Place(Holder("rep", person, person), team, candidates=(Candidate(person=person),), course=course)


def to_cover(person: str, team: str, lead: RoutedLead, scene: Scene) -> Place | None:
    """Who covers for somebody; None, if the roster names nobody who can take the lead."""
    cover = scene.cover_of(person)
    if cover is None or cover in lead.declined:
        return None
    why_not = scene.why_not(person) or "has left"
    candidates = (Candidate(person=person, why_not=why_not), Candidate(person=cover))
    note, course = f"{cover} covers for {person}", Course("person", person=person, team=team)
    return Place(Holder("rep", cover, cover), team, candidates=candidates, note=note, course=course)


def deputy_in_person(lead: RoutedLead, scene: Scene, note: str) -> Place:
    """The deputy as a rep with a clock of their own: for what must not go back to the one who had it."""
    team = scene.team_of(lead)
    had_it = [lead.custody.holder.name] if lead.custody.holder else []
    deputy = scene.first_available(team.deputy, besides=[*had_it, *lead.declined])
    course = Course("deputy", note=note)
    return Place(Holder("rep", deputy, deputy), team.name, note=note, fallback=True, course=course)


def receipt_of(place: Place, why: str, lead: RoutedLead, scene: Scene) -> RouteReceipt:
    """The record of one assignment: enough to come to the same one again."""
    agreement = scene.agreement
    return RouteReceipt(
        agreement=agreement.ref,
        at=scene.now,
        why=why,
        rules=place.rules,
        team=place.team,
        candidates=place.candidates,
        turn=dict(place.turn),
        worth=place.claim.turn.worth if place.claim.turn is not None else 1,
        note=place.note,
        facts=frozen(scene.facts(lead), asked_by(agreement)),
        lists=dict(agreement.list_fingerprints),
    )


def _with_told(place: Place, rule: RoutingRule, facts: Mapping[str, Any]) -> Place:
    """Whom the rule tells, beside the owner; nobody loses or gets a lead by that."""
    person = person_named(rule.tell, facts)
    if person is None or person == place.holder.answers:
        return place
    return replace(place, tell=person, note=joined(place.note, f"{person} is told"))


def to_target(target: Target, lead: RoutedLead, scene: Scene, facts: Mapping[str, Any]) -> Place | str:
    """Where a target sends a lead, or what stands behind its `else`; or in words why nobody can hold it."""
    found = _directly(target, lead, scene, facts)
    if isinstance(found, Place) and (not found.waiting or _is_paused(found, target, scene)):
        return found
    if isinstance(target.otherwise, Target):
        return _instead(found, target, target.otherwise, lead, scene, facts)
    if isinstance(found, Place) and target.otherwise is None:
        return if_nobody(found, lead, scene, _asked_by(target))
    return found


def _is_paused(found: Place, target: Target, scene: Scene) -> bool:
    """What comes to a paused team waits there, whatever `else` says; first_open asks who is open."""
    return found.team in scene.bench.paused and target.kind != "first_open"


def _asked_by(target: Target) -> Asked:
    return Asked.by(target.who, at_work=target.kind == "first_open")


def _instead(
    found: Place | str,
    target: Target,
    otherwise: Target,
    lead: RoutedLead,
    scene: Scene,
    facts: Mapping[str, Any],
) -> Place | str:
    """What the rule says for when its first choice can not be done; the receipt keeps why it could not.

    If that can not be done either, the first choice waits, unless a queue is named for that.
    """
    instead = to_target(otherwise, lead, scene, facts)
    if isinstance(found, str):
        return instead if isinstance(instead, str) else replace(instead, note=joined(found, instead.note))
    if isinstance(instead, str):
        return if_nobody(replace(found, note=joined(found.note, instead)), lead, scene, _asked_by(target))
    candidates = found.candidates + instead.candidates
    if otherwise.kind != "queue" and not instead.waiting:
        why = found.note if target.kind == "first_open" else f"nobody in {found.team} can take it now"
        return replace(instead, candidates=candidates, note=joined(why, instead.note))
    again_at = sooner(found.again_at, instead.again_at)
    if otherwise.ends_in_queue:
        return replace(instead, candidates=candidates, claim=found.claim, again_at=again_at, waiting=True)
    waits = replace(found, candidates=candidates, again_at=again_at)
    return if_nobody(waits, lead, scene, _asked_by(target))


def _directly(target: Target, lead: RoutedLead, scene: Scene, facts: Mapping[str, Any]) -> Place | str:
    if target.kind == "person":
        person = target.named_person(facts)
        if person is None:
            return f"{target.value} is unknown"
        return to_person(person, scene.team_of(lead).name, lead, scene)
    teams = target.named_teams(facts, scene.agreement.teams)
    if not teams:
        return f"{target.value} names no team"
    if target.kind == "queue":
        return queue_of(teams[0], lead, scene, note="the rule sends it to the queue")
    if target.kind == "first_open":
        return first_open(teams, lead, scene)
    asked = Asked.by(target.who)
    here = among_members(teams[0], lead, scene, asked)
    if here.waiting and target.otherwise is not None:
        return here
    return in_time_elsewhere(teams[0], lead, scene, asked) or here
