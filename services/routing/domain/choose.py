"""Who gets a lead: the rules in order, then the team's fair turn, with a reason for each who does not."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from services.routing.domain.feasible import nobody_in_time
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene, last_team
from services.routing.domain.turn import next_turn
from shared.agreement import Agreement, Target
from shared.baton import Holder
from shared.contracts.values import Candidate, Fact, RouteReceipt, RuleTried
from shared.terms import Stage

_PLAIN = (str, int, float, bool)


class Place(msgspec.Struct, frozen=True):
    """Where a lead goes, and how that came about."""

    holder: Holder
    team: str
    rules: tuple[RuleTried, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    turn: Mapping[str, str] = msgspec.field(default_factory=dict)
    note: str = ""
    waiting: bool = False
    fallback: bool = False


def by_rules(lead: RoutedLead, scene: Scene) -> Place:
    """The first rule that holds and whose target can hold a lead decides."""
    facts = scene.facts(lead)
    met = scene.agreement.rules_met(facts)
    tried: list[RuleTried] = []
    for index, rule in enumerate(scene.agreement.routing_rules):
        holds, sentence = index in met, rule.sentence(facts)
        tried.append(RuleTried(name=rule.name, matched=holds, sentence=sentence))
        if not holds:
            continue
        found = _to_target(rule.to, lead, scene, facts)
        if isinstance(found, Place):
            return replace(found, rules=tuple(tried))
        tried[-1] = RuleTried(name=rule.name, matched=holds, sentence=f"{sentence}; passed over: {found}")
    place = in_team(last_team(scene.agreement), lead, scene)
    return replace(place, rules=tuple(tried), note=place.note or "no rule named anyone who can hold it")


def anew(lead: RoutedLead, scene: Scene) -> Place:
    """Who can have it instead: what account executives have stays among them, the rest goes by the rules."""
    if is_with_executives(lead, scene.agreement):
        return in_team(scene.team_of(lead).name, lead, scene)
    return by_rules(lead, scene)


def is_with_executives(lead: RoutedLead, agreement: Agreement) -> bool:
    """Whether it was handed over by an SDR: the rules, which are for new leads, do not send it back."""
    agreed = agreement.hand_off
    return agreed is not None and lead.team == agreed.team and lead.stage is Stage.SQL


def in_team(name: str, lead: RoutedLead, scene: Scene) -> Place:
    """The member whose turn it is; the team's queue, if none can take it now.

    If none of them could be in time, it is the team's into which this one overflows.
    """
    if (instead := _in_time_elsewhere(name, lead, scene)) is not None:
        return instead
    turns, cap = scene.bench.team(name), scene.agreement.teams[name].at_most_open
    why_not = {person: _why_not(person, cap, lead, scene) for person in sorted(turns.weights)}
    weights = {person: turns.weights[person] for person, why in why_not.items() if not why}
    if not weights:
        return queue_of(name, scene, candidates=_listed(why_not), waiting=True, note="nobody can take it now")
    turn = next_turn(turns.owed, weights, scene.dice(str(lead.custody.number)))
    turns.note(turn.owed)
    for person in weights.keys() - {turn.person}:
        owed = turn.was_owed.parts[person] / turn.was_owed.whole
        why_not[person] = f"their turn comes later: owed {owed:.3f}"
    return Place(
        holder=Holder("rep", turn.person, turn.person),
        team=name,
        candidates=_listed(why_not),
        turn=turn.was_owed.written(),
        note=f"{scene.bench.rep(turn.person).name or turn.person} has the turn in {name}",
    )


def _in_time_elsewhere(name: str, lead: RoutedLead, scene: Scene) -> Place | None:
    kind, _, into = scene.agreement.teams[name].nobody_available.partition(":")
    why_not = nobody_in_time(name, lead, scene) if kind == "overflow" else ""
    if not why_not or nobody_in_time(into, lead, scene):
        return None
    place = in_team(into, lead, scene)
    return None if place.waiting else replace(place, note=f"{why_not}; {place.note}")


def to_person(person: str, team: str, lead: RoutedLead, scene: Scene) -> Place | str:
    """A person who is named, or their cover while they are away; or in words why they cannot have it."""
    if not scene.bench.can_hold(person):
        return f"{person} is not active"
    if person in lead.declined:
        return f"{person} {lead.declined[person]}"
    if away := scene.availability(person).why_not:
        return to_cover(person, team, lead, scene) or f"{person} is {away}"
    return Place(Holder("rep", person, person), team, candidates=(Candidate(person=person),))


def to_cover(person: str, team: str, lead: RoutedLead, scene: Scene) -> Place | None:
    """Who covers for somebody; None, if the roster names nobody who can take the lead."""
    cover = scene.cover_of(person)
    if cover is None or cover in lead.declined:
        return None
    why_not = scene.availability(person).why_not or "has left"
    candidates = _listed({person: why_not, cover: ""})
    note = f"{cover} covers for {person}"
    return Place(Holder("rep", cover, cover), team, candidates=candidates, note=note)


def queue_of(
    team: str, scene: Scene, *, candidates: tuple[Candidate, ...] = (), waiting: bool = False, note: str = ""
) -> Place:
    """A team's queue: the first available deputy answers. `waiting`: it is given out as soon as possible."""
    deputy = scene.first_available(scene.agreement.teams[team].deputy)
    return Place(Holder("queue", team, deputy), team, candidates=candidates, waiting=waiting, note=note)


def deputy_in_person(lead: RoutedLead, scene: Scene, note: str) -> Place:
    """The deputy as a rep with a clock of their own: for what must not go back to the one who had it."""
    team = scene.team_of(lead)
    had_it = lead.custody.holder.name if lead.custody.holder else None
    deputy = scene.first_available(team.deputy, besides=had_it)
    return Place(Holder("rep", deputy, deputy), team.name, note=note, fallback=True)


def receipt_of(place: Place, why: str, lead: RoutedLead, scene: Scene) -> RouteReceipt:
    """The record of one assignment: enough to come to the same one again."""
    agreement = scene.agreement
    asked = _asked_by_rules(agreement)
    facts: dict[str, Fact] = {
        name: value if isinstance(value, _PLAIN) else str(value)
        for name, value in scene.facts(lead).items()
        if name in asked
    }
    return RouteReceipt(
        agreement=agreement.ref,
        at=scene.now,
        why=why,
        rules=place.rules,
        team=place.team,
        candidates=place.candidates,
        turn=dict(place.turn),
        note=place.note,
        facts=facts,
        lists=dict(agreement.list_fingerprints),
    )


def named_team(value: object, facts: Mapping[str, Any], agreement: Agreement) -> str | None:
    """The team that a target means: by its name, or by a word of the vocabulary that holds one."""
    name = value[0] if isinstance(value, tuple) else str(value)
    if name not in agreement.teams:
        name = str(facts.get(name, ""))
    return name if name in agreement.teams else None


def named_person(value: object, facts: Mapping[str, Any]) -> str | None:
    """The person that a target means: by their address, or by a word of the vocabulary that holds one."""
    name = str(value)
    return name if "@" in name else facts.get(name)


def _to_target(target: Target, lead: RoutedLead, scene: Scene, facts: Mapping[str, Any]) -> Place | str:
    found = _directly(target, lead, scene, facts)
    if isinstance(found, Place) and not found.waiting:
        return found
    if isinstance(target.otherwise, Target):
        instead = _to_target(target.otherwise, lead, scene, facts)
        if isinstance(instead, Place) and (not instead.waiting or isinstance(found, str)):
            return instead
    return found


def _directly(target: Target, lead: RoutedLead, scene: Scene, facts: Mapping[str, Any]) -> Place | str:
    if target.kind == "person":
        person = named_person(target.value, facts)
        if person is None:
            return f"{target.value} is unknown"
        return to_person(person, scene.team_of(lead).name, lead, scene)
    team = named_team(target.value, facts, scene.agreement)
    return f"{target.value} names no team" if team is None else in_team(team, lead, scene)


def _why_not(person: str, cap: int | None, lead: RoutedLead, scene: Scene) -> str:
    bench = scene.bench
    if not bench.can_hold(person):
        return "has left"
    if person in lead.declined:
        return lead.declined[person]
    if cap is not None and bench.open_leads(person) >= cap:
        return f"at cap: {bench.open_leads(person)} of {cap} open leads"
    return scene.availability(person).why_not


@lru_cache(maxsize=8)
def _asked_by_rules(agreement: Agreement) -> frozenset[str]:
    return frozenset(name for rule in agreement.routing_rules for name in rule.condition.names)


def _listed(why_not: Mapping[str, str]) -> tuple[Candidate, ...]:
    return tuple(Candidate(person=person, why_not=why) for person, why in why_not.items())
