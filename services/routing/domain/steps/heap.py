"""Leads that came in a heap, such as an import: they wait in their team's queue, and are released at a pace.

They are released when members begin to work, the highest score first, so many a day for each. No clock runs
for one before its release.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import anew
from services.routing.domain.choosing.obstacles import Obstacle, obstacle
from services.routing.domain.choosing.place import Place, queue_of, with_note
from services.routing.domain.clocks.of_lead import progressed
from services.routing.domain.facts import facts_of
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Rep
from services.routing.domain.people.days import next_day_opens, opens
from services.routing.domain.scene import Routed, Scene
from shared.agreement import Agreement
from shared.effects import nothing

_A_DAY: Final = timedelta(days=1)
"""When to look again for a team that has nobody."""


def at_its_pace(place: Place, lead: RoutedLead, scene: Scene) -> Place:
    """Where a new lead goes: if it came in a heap, into the queue, until members begin to work."""
    pace = scene.agreement.pace_for(scene.facts(lead)) if scene.agreement.paces else None
    if pace is None or (place.holder.kind == "queue" and not place.waiting):
        return place
    note = f"it came in a heap: {place.team} is given it at its pace, {pace} a day for each"
    waiting = queue_of(place.team, lead, scene, candidates=place.candidates, waiting=True, note=note)
    at = _first([opens(rep, scene.now, scene.agreement) for rep in _reps(place.team, scene)], scene)
    course = place.course and replace(place.course, paced=True)
    return replace(waiting, rules=place.rules, tell=place.tell, paced=True, again_at=at, course=course)


def released_if_fast(lead: RoutedLead, scene: Scene) -> Routed:
    """If what it did last takes a fast lane, it waits for no pace any more, and counts in none."""
    fast = in_fast_lane(lead, scene.agreement, scene.now)
    if fast is None:
        return nothing(lead)
    place = with_note(anew(fast, scene), "a fast lane waits for no pace")
    return hand_on(progressed(replace(fast, position=None), scene), place, "released", scene)


def in_fast_lane(lead: RoutedLead, agreement: Agreement, now: datetime) -> RoutedLead | None:
    """A lead that waits for its release, as one of a fast lane; None if it does not wait, or takes none."""
    if lead.position is None:
        return None
    facts = facts_of(lead.story, rounds=lead.custody.rounds, now=now)
    if agreement.fast_lane_for(facts) is None:
        return None
    return replace(lead, snapshot=replace(lead.story, fast_lane=True))


def release(lead: RoutedLead, scene: Scene) -> Routed:
    """Its clock starts, if somebody at work has room for it today; if not, nothing happens yet."""
    if not lead.holding or lead.position is None:
        return nothing(lead)
    paced = replace(scene, pace=scene.agreement.pace_for(scene.facts(lead)))
    place = anew(lead, paced)
    place = replace(place, course=place.course and replace(place.course, pace=paced.pace))
    why_not = _not_yet(place, lead, paced)
    if not place.waiting and why_not is None:
        return hand_on(progressed(lead, scene), place, "released", scene)
    again_at = place.again_at if why_not is None else why_not.until
    team = scene.team_of(lead).name
    ahead = [next_day_opens(rep, scene.now, scene.agreement) for rep in _reps(team, scene)]
    scene.bench.look_again(team, again_at or _first(ahead, scene))
    return nothing(lead)


def _not_yet(place: Place, lead: RoutedLead, scene: Scene) -> Obstacle | None:
    """Who is named gets no more of a heap than others. None, if there is room."""
    if place.kind != "named" or place.holder.kind == "queue":
        return None
    return obstacle(place.holder.name, scene.agreement.teams[place.team], lead, scene)


def _reps(team: str, scene: Scene) -> list[Rep]:
    return [scene.bench.ask(person) for person in scene.bench.ask_team(team).weights]


def _first(instants: list[datetime], scene: Scene) -> datetime:
    return min(instants, default=scene.now + _A_DAY)
