"""Whether anybody can meet a deadline, known when a lead is given away, and not after the breach."""

from datetime import timedelta

from services.routing.domain.hours import Time, hours_of, passed
from services.routing.domain.model import Clock, RoutedLead
from services.routing.domain.scene import Scene
from services.routing.domain.words import instant


def why_infeasible(lead: RoutedLead, scene: Scene) -> str:
    """Why nobody of the team works before the first deadline, in words; empty if somebody does."""
    clock = next(iter(lead.clocks), None)
    if clock is None or not lead.holding or clock.name not in ("accept", "touch", "queue"):
        return ""
    holder = lead.custody.holder
    assert holder is not None, "its clock runs"
    if holder.kind == "rep" and _works(_hours(holder.answers, scene), clock, scene):
        return ""
    team = scene.team_of(lead).name
    if any(_works(_hours(person, scene), clock, scene) for person in scene.bench.team(team).weights):
        return ""
    return f"nobody in {team} works before {instant(clock.due_at)}{_and(clock.warning)}"


def _hours(person: str, scene: Scene) -> Time:
    return hours_of("working", person, scene.bench, scene.agreement)


def _works(hours: Time, clock: Clock, scene: Scene) -> bool:
    return passed(scene.now, clock.due_at, hours) > timedelta(0)


def _and(warning: str) -> str:
    return f" ({warning})" if warning else ""
