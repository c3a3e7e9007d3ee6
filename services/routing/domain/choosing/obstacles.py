"""Why a member of a team can not have a lead now, in words, and when that may be otherwise."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Rep
from services.routing.domain.people.days import next_day, next_day_opens, opens
from services.routing.domain.scene import Scene
from services.routing.domain.turns.tally import Passed
from shared.agreement import Team


class Obstacle(NamedTuple):
    """Why not, as a receipt says it. `until`: when to look again, if only time will help."""

    words: str
    kind: Passed
    until: datetime | None = None


class Asked(msgspec.Struct, frozen=True):
    """What is asked of whoever gets it: languages and skills, all of them; to be at work at that moment."""

    speaks: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    at_work: bool = False

    @classmethod
    def by(cls, who: Mapping[str, tuple[str, ...]], *, at_work: bool = False) -> "Asked":
        """What a target of the agreement asks."""
        return cls(who.get("speaks", ()), who.get("has", ()), at_work)


NOTHING = Asked()


def obstacles(
    team: Team, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING
) -> dict[str, Obstacle | None]:
    """For each member, in order, the first reason for which they can not have it; None, if they can."""
    scene.bench.ask_team(team.name)  # Also where the answer of a decision before this one stands.
    standing = _standing(team.name, asked, scene)
    capped = team.at_most_open is not None or team.at_most_per_day is not None
    if not (capped or lead.declined or scene.pace is not None):
        return dict(standing)
    return {person: _for_this(person, why, team, lead, scene) for person, why in standing.items()}


def obstacle(person: str, team: Team, lead: RoutedLead, scene: Scene) -> Obstacle | None:
    """The same for somebody who need not be a member."""
    return _for_this(person, _any(person, NOTHING, scene), team, lead, scene)


def _standing(team: str, asked: Asked, scene: Scene) -> dict[str, Obstacle | None]:
    """What is the same for every lead: it is looked at once in a transaction."""
    key, known = (team, asked, scene.pace is None), scene.bench.standing
    if key not in known:
        members = sorted(scene.bench.ask_team(team).weights)
        paused = scene.bench.paused.get(team)
        all_of_them = Obstacle(f"{team} is {paused}", "paused") if paused else None
        known[key] = {person: all_of_them or _any(person, asked, scene) for person in members}
    return known[key]


def _any(person: str, asked: Asked, scene: Scene) -> Obstacle | None:
    if not scene.bench.can_hold(person):
        return Obstacle("has left", "away")
    if paused := scene.bench.ask(person).paused:
        return Obstacle(paused, "paused")
    there = scene.availability(person)
    if away := there.why_not:
        return Obstacle(away, "away", there.away_until)
    if unasked := _unasked(scene.bench.ask(person), asked):
        return unasked
    if (asked.at_work or scene.pace is not None) and (off := there.off_shift):
        return Obstacle(off, "off shift", there.off_shift_until)
    return None


def _for_this(
    person: str, standing: Obstacle | None, team: Team, lead: RoutedLead, scene: Scene
) -> Obstacle | None:
    """What is so for this lead, now that others were given out. Who declined it is never asked again."""
    if person in lead.declined:
        return Obstacle(lead.declined[person], "declined")
    if standing is None:
        standing = _at_cap(person, team, scene)
    if standing is None and scene.pace is not None:
        standing = _at_pace(person, scene.pace, lead, scene)
    return standing


def _unasked(rep: Rep, asked: Asked) -> Obstacle | None:
    spoken = {language.partition("-")[0] for language in rep.languages}.union(rep.languages)
    foreign = [language for language in asked.speaks if language.lower() not in spoken]
    missing = [skill for skill in asked.has if skill not in rep.details.skills]
    words = [f"does not speak {', '.join(foreign)}"] if foreign else []
    words += [f"does not have {', '.join(missing)}"] if missing else []
    return Obstacle("; ".join(words), "not asked for") if words else None


def _at_cap(person: str, team: Team, scene: Scene) -> Obstacle | None:
    if team.at_most_open is not None and (has := scene.bench.open_leads(person)) >= team.at_most_open:
        return Obstacle(f"at cap: {has} of {team.at_most_open} open leads", "at cap")
    if team.at_most_per_day is not None:
        had = scene.bench.had_today(person).given
        if had >= team.at_most_per_day:
            until = next_day(scene.bench.ask(person), scene.now, scene.agreement)
            return Obstacle(f"at cap: {had} of {team.at_most_per_day} new leads today", "at cap", until)
    return None


def _at_pace(person: str, pace: int, lead: RoutedLead, scene: Scene) -> Obstacle | None:
    """What came in a heap is released when a day of theirs opens that began after it came."""
    rep = scene.bench.ask(person)
    begins = opens(rep, lead.since or scene.now, scene.agreement)
    if begins > scene.now:
        return Obstacle("it is released when their next day opens", "at cap", begins)
    had = scene.bench.had_today(person).released
    if had < pace:
        return None
    until = next_day_opens(rep, scene.now, scene.agreement)
    return Obstacle(f"at pace: {had} of {pace} leads of a heap today", "at cap", until)
