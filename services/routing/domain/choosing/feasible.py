"""Whether anybody can meet a deadline, known when a lead is given away, and not after the breach."""

from datetime import datetime, timedelta

from services.routing.domain.clocks.hours import hours_of, passed
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene
from services.routing.domain.words import instant


def why_infeasible(lead: RoutedLead, scene: Scene) -> str:
    """Why nobody of the team works before the first deadline, in words; empty if somebody does."""
    clock, holder = next(iter(lead.clocks), None), lead.custody.holder
    if clock is None or holder is None or clock.name not in ("accept", "touch", "queue"):
        return ""
    if holder.kind == "rep" and _works_before(clock.due_at, holder.answers, scene):
        return ""
    why_not = _nobody_works_before(clock.due_at, scene.team_of(lead).name, scene)
    return f"{why_not} ({clock.warning})" if why_not and clock.warning else why_not


def nobody_in_time(team: str, lead: RoutedLead, scene: Scene) -> str:
    """Why nobody of a team could accept the lead in time, given to them now; empty if somebody could.

    A clock that counts working time waits for whoever has the lead, so it is always feasible.
    """
    policy = scene.agreement.policy_for(scene.facts(lead))
    if policy.clock != "always":
        return ""
    return _nobody_works_before(scene.now + policy.accept_within, team, scene)


def _nobody_works_before(due_at: datetime, team: str, scene: Scene) -> str:
    if any(_works_before(due_at, person, scene) for person in scene.bench.team(team).weights):
        return ""
    return f"nobody in {team} works before {instant(due_at)}"


def _works_before(due_at: datetime, person: str, scene: Scene) -> bool:
    hours = hours_of("working", person, scene.bench, scene.agreement)
    return passed(scene.now, due_at, hours) > timedelta(0)
