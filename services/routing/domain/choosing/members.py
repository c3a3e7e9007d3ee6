"""Which member of a team gets a lead: who can have it, and whose turn it is among them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from services.routing.domain.choosing.feasible import in_time, nobody_in_time
from services.routing.domain.choosing.obstacles import NOTHING, Asked, Obstacle, obstacles
from services.routing.domain.choosing.place import Place, queue_of, sooner
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene
from services.routing.domain.turns.tally import Claim, Passed
from services.routing.domain.turns.turn import Dice, Owed, Turn, Worth, next_turn, take_turn
from shared.agreement import Team
from shared.baton import Holder
from shared.contracts.values import Candidate

_ANYWAY: Final[tuple[Passed, ...]] = ("at cap", "not asked for", "off shift", "away")
"""Whom `assign_anyway` takes first, by why they could not have it. Who declined it never gets it back."""
_Obstacles = Mapping[str, Obstacle | None]


class _Chosen(NamedTuple):
    """Who has it, with which turn, and in words why them, and why not the others who could have had it."""

    person: str
    turn: Turn | None
    because: str
    others: Mapping[str, str] = {}


class _Among(NamedTuple):
    """Those who can take it, those who could but for what it asks, and what all are owed."""

    able: dict[str, int]
    rivals: dict[str, int]
    owed: Owed
    worth: Worth


def in_team(name: str, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING) -> Place:
    """A member of the team; if nobody can take it now, or in time, what the agreement says for that."""
    if (instead := in_time_elsewhere(name, lead, scene, asked)) is not None:
        return instead
    place = among_members(name, lead, scene, asked)
    return if_nobody(place, lead, scene, asked) if place.waiting else place


def among_members(name: str, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING) -> Place:
    """The member whose turn it is; the team's queue, if none can take it now."""
    return _of_these(name, obstacles(scene.agreement.teams[name], lead, scene, asked), lead, scene)


def _of_these(name: str, why_not: _Obstacles, lead: RoutedLead, scene: Scene) -> Place:
    able = [person for person, why in why_not.items() if why is None]
    if able:
        return _given(scene.agreement.teams[name], able, why_not, lead, scene)
    untils = [why.until for why in why_not.values() if why is not None]
    waiting = queue_of(
        name, lead, scene, candidates=_listed(why_not), waiting=True, note="nobody can take it now"
    )
    passed = {person: why.kind for person, why in why_not.items() if why is not None}
    return replace(waiting, claim=Claim(passed=passed), again_at=sooner(*untils))


def in_time_elsewhere(name: str, lead: RoutedLead, scene: Scene, asked: Asked) -> Place | None:
    """Who can have it and be in time in the team into which this one overflows, if nobody here could be."""
    if name in scene.bench.paused:
        return None
    into = scene.agreement.teams[name].overflows_to
    why_not = nobody_in_time(name, lead, scene, asked) if into is not None else ""
    if into is None or not why_not:
        return None
    place = _of_these(into, in_time(into, lead, scene, asked), lead, scene)
    if place.waiting:
        return None
    candidates = _listed(in_time(name, lead, scene, asked)) + place.candidates
    return replace(place, candidates=candidates, note=f"{why_not}; {place.note}")


def first_open(names: Iterable[str], lead: RoutedLead, scene: Scene) -> Place:
    """A member at work of the first team that has one; else it waits with the first of the teams.

    A paused team is not open: it waits there only if all of them are paused.
    """
    passed: list[Place] = []
    candidates: tuple[Candidate, ...] = ()
    for name in names:
        place = among_members(name, lead, scene, Asked(at_work=True))
        candidates += place.candidates
        if not place.waiting:
            return replace(
                place, candidates=candidates, note=f"{name} is the first team at work; {place.note}"
            )
        passed.append(place)
    note = f"nobody is at work who can take it in {', '.join(place.team for place in passed)}"
    waits = next((place for place in passed if place.team not in scene.bench.paused), passed[0])
    again_at = sooner(*[place.again_at for place in passed])
    return replace(waits, candidates=candidates, again_at=again_at, note=note)


def if_nobody(waiting: Place, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING) -> Place:
    """It would wait: it overflows to another team, is assigned anyway, or does wait, as the team agreed.

    What comes to a paused team waits there, until it is resumed.
    """
    if waiting.team in scene.bench.paused:
        return waiting
    team = scene.agreement.teams[waiting.team]
    if team.overflows_to is not None:
        return _overflown(waiting, lead, scene, asked)
    if team.nobody_available == "assign_anyway" and scene.pace is None:
        return _anyway(waiting, team, lead, scene, asked)
    return waiting


def _overflown(waiting: Place, lead: RoutedLead, scene: Scene, asked: Asked) -> Place:
    """The first of the teams, each naming the next, in which somebody can have it."""
    teams, candidates, again_at = [waiting.team], waiting.candidates, waiting.again_at
    for name in scene.agreement.overflow_of(waiting.team):
        place = among_members(name, lead, scene, asked)
        candidates += place.candidates
        if not place.waiting:
            note = f"nobody in {', '.join(teams)} can take it now, so it overflows to {name}; {place.note}"
            return replace(place, candidates=candidates, note=note)
        teams.append(name)
        again_at = sooner(again_at, place.again_at)
    note = f"nobody in {', '.join(teams)} can take it now"
    return replace(waiting, candidates=candidates, again_at=again_at, note=note)


def _anyway(waiting: Place, team: Team, lead: RoutedLead, scene: Scene, asked: Asked) -> Place:
    """Somebody gets it although they can not take it now: rather over a cap than somebody who is away."""
    why_not = obstacles(team, lead, scene, asked)
    for kind in _ANYWAY:
        active = (person for person in why_not if scene.bench.can_hold(person))
        able = [person for person in active if (why := why_not[person]) is not None and why.kind == kind]
        if able:
            place = _given(team, able, why_not, lead, scene)
            return replace(
                place, note=f"nobody in {team.name} can take it now, so it is assigned anyway; {place.note}"
            )
    return waiting


def _given(team: Team, able: Iterable[str], why_not: _Obstacles, lead: RoutedLead, scene: Scene) -> Place:
    turns = scene.bench.ask_team(team.name)
    weights = {person: turns.weights[person] for person in able}
    owed, caught_up = turns.claims(weights, team.catch_up)
    passed = {p: why.kind for p, why in why_not.items() if why is not None and p not in weights}
    strangers = {p: turns.weights[p] for p, kind in passed.items() if kind == "not asked for"}
    worth = Worth(
        scene.agreement.worth_of(team.name, scene.facts(lead)), scene.agreement.worth_at_most(team.name)
    )
    chosen = _chosen(team, _Among(weights, weights | strangers, owed, worth), lead, scene)
    person, turn = chosen.person, chosen.turn
    name = scene.bench.ask(person).name or person
    return Place(
        holder=Holder("rep", person, person),
        team=team.name,
        candidates=_listed(why_not, chosen),
        turn=turn.was_owed.written() if turn is not None else {},
        note=chosen.because.format(name=name, team=team.name),
        kind="exclusive",
        claim=Claim(turn, caught_up, passed),
    )


def _chosen(team: Team, among: _Among, lead: RoutedLead, scene: Scene) -> _Chosen:
    able, dice = among.able, scene.dice(str(lead.custody.number))
    if team.turn == "least_loaded":
        return _least_loaded(among, dice, scene)
    owner = scene.facts(lead).get("account.owner") if team.turn == "owner_first" else None
    if owner in able:
        because = "{name} owns the account, and comes first in {team}"
        others = dict.fromkeys(able, "the account's owner comes first")
        return _Chosen(owner, _exclusive(owner, team, among), because, others)
    if len(able) == 1 < len(among.rivals):
        [person] = able
        return _Chosen(person, _exclusive(person, team, among), "only {name} in {team} can take it")
    turn = next_turn(among.owed, able, dice, among.worth)
    return _Chosen(turn.person, turn, "{name} has the turn in {team}")


def _exclusive(person: str, team: Team, among: _Among) -> Turn | None:
    """What only one can have uses up no turn, unless the team agreed that it does."""
    return take_turn(among.owed, among.rivals, person, among.worth) if team.count_exclusive else None


def _least_loaded(among: _Among, dice: Dice, scene: Scene) -> _Chosen:
    """Among those with the fewest open leads for their weight it is a matter of turns."""
    load = {who: scene.bench.open_leads(who) for who in among.able}
    least = min(Fraction(load[who], weight) for who, weight in among.able.items())
    tied = {who: weight for who, weight in among.able.items() if load[who] == least * weight}
    person = next_turn(among.owed, tied, dice, among.worth).person
    because = "{name} has the fewest open leads for their weight in {team}"
    others = {
        who: f"has {load[who]} open leads for a weight of {weight}"
        for who, weight in among.able.items()
        if who not in tied
    }
    return _Chosen(person, take_turn(among.owed, among.able, person, among.worth), because, others)


def _listed(why_not: _Obstacles, chosen: _Chosen | None = None) -> tuple[Candidate, ...]:
    if chosen is None:
        return tuple([_candidate(person, why.words) for person, why in why_not.items() if why is not None])
    return tuple([_beside(chosen, person, why) for person, why in why_not.items()])


def _beside(chosen: _Chosen, person: str, why: Obstacle | None) -> Candidate:
    if person == chosen.person:
        return _candidate(person, "")
    if why is not None:
        return _candidate(person, why.words)
    if person in chosen.others:
        return _candidate(person, chosen.others[person])
    assert chosen.turn is not None, "an exclusive lead had no other takers"
    owed = chosen.turn.was_owed
    return _comes_later(person, owed.parts[person], owed.whole)


# What is said of somebody is said of them again and again: with many leads there are few sentences.


@lru_cache(maxsize=16_384)
def _candidate(person: str, why_not: str) -> Candidate:
    return Candidate(person=person, why_not=why_not)


@lru_cache(maxsize=16_384)
def _comes_later(person: str, part: int, whole: int) -> Candidate:
    return Candidate(person=person, why_not=f"their turn comes later: owed {part / whole:.3f}")
