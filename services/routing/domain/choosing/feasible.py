"""Whether anybody can meet a deadline, known when a lead is given away, and not after the breach."""

from datetime import datetime, timedelta
from typing import Final

from services.routing.domain.choosing.obstacles import NOTHING, Asked, Obstacle, obstacles
from services.routing.domain.clocks.hours import hours_of, passed
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene
from services.routing.domain.words import instant
from shared.agreement import Target

TO_ANSWER: Final = timedelta(minutes=5)
"""How much of their working time somebody needs to read a lead and answer, unless less is agreed."""


def why_infeasible(lead: RoutedLead, scene: Scene) -> str:
    """Why nobody can meet the first deadline, in words; empty if whoever has the lead can, or a colleague."""
    clock, holder = next(iter(lead.clocks), None), lead.custody.holder
    if clock is None or holder is None or clock.name not in ("accept", "touch", "queue"):
        return ""
    needs = min(TO_ANSWER, clock.within - clock.used)
    if holder.kind == "rep" and _works(holder.answers, scene.now, clock.due_at, scene) >= needs:
        return ""
    team = scene.team_of(lead).name
    why_not = _nobody_can(team, lead, _asked_of(lead, scene), clock.due_at, needs, scene)
    return f"{why_not} ({clock.warning})" if why_not and clock.warning else why_not


def nobody_in_time(team: str, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING) -> str:
    """Why nobody of a team could accept the lead in time, given to them now; empty if somebody could.

    A clock that counts working time waits for whoever has the lead, so it is always feasible.
    """
    policy = scene.agreement.policy_for(scene.facts(lead))
    if policy.clock != "always":
        return ""
    needs = min(TO_ANSWER, policy.accept_within)
    return _nobody_can(team, lead, asked, scene.now + policy.accept_within, needs, scene)


def in_time(team: str, lead: RoutedLead, scene: Scene, asked: Asked = NOTHING) -> dict[str, Obstacle | None]:
    """Why each member can not have it now, or not accept it in time by the wall clock; None, if they can."""
    within = scene.agreement.policy_for(scene.facts(lead)).accept_within
    why_not = obstacles(scene.agreement.teams[team], lead, scene, asked)
    return {
        who: why or _too_short(who, scene.now + within, min(TO_ANSWER, within), scene)
        for who, why in why_not.items()
    }


def _too_short(person: str, due_at: datetime, needs: timedelta, scene: Scene) -> Obstacle | None:
    if _works(person, scene.now, due_at, scene) >= needs:
        return None
    there = scene.availability(person)
    words = there.off_shift or f"is at work for too short a time before {instant(due_at)}"
    return Obstacle(words, "off shift", there.off_shift_until)


def _nobody_can(
    team: str, lead: RoutedLead, asked: Asked, due_at: datetime, needs: timedelta, scene: Scene
) -> str:
    """Who may have it works for long enough from when they may, or else why nobody does."""
    why_not = obstacles(scene.agreement.teams[team], lead, scene, asked)
    if not why_not:
        return f"nobody is in {team}"
    begins = {person: _may_from(why, scene) for person, why in why_not.items()}
    if any(at is not None and _works(who, at, due_at, scene) >= needs for who, at in begins.items()):
        return ""
    at_work = any(_works(person, scene.now, due_at, scene) >= needs for person in why_not)
    who = "who can take it works" if at_work else "works"
    return f"nobody in {team} {who} before {instant(due_at)}"


def _may_from(why: Obstacle | None, scene: Scene) -> datetime | None:
    """From when on somebody could be given it; None, if time alone will not do."""
    if why is None or (why.kind == "at cap" and why.until is None):
        return scene.now  # An open lead may be closed at any moment.
    return why.until


def _works(person: str, begin: datetime, end: datetime, scene: Scene) -> timedelta:
    return passed(begin, end, hours_of("working", person, scene.bench, scene.agreement))


def _asked_of(lead: RoutedLead, scene: Scene) -> Asked:
    """What the rule asks by which the lead went where it is, unless it went to somebody else instead."""
    tried = lead.receipt.rules if lead.receipt is not None else ()
    at = scene.agreement.routing_rules[len(tried) - 1 : len(tried)] if tried else ()
    if not at or not tried[-1].matched or at[0].name != tried[-1].name:
        return NOTHING  # It is of a hand-off, or of another version.
    to = at[0].to
    instead = isinstance(to.otherwise, Target) and to.otherwise.kind != "queue"
    return NOTHING if instead else Asked.by(to.who)
