"""The deadlines of a lead, and the rungs of the ladder on which each ends. All time is elapsed time."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from msgspec.structs import replace

from services.routing.domain.model import Clock, ClockName, Do, RoutedLead, Rung
from services.routing.domain.scene import Scene
from shared.agreement import Policy, Team
from shared.effects import CancelTimer, Effect, SetTimer

SILENCE_AFTER: Final = timedelta(hours=24)
"""How long after the arbiter's time a dispute may lie before the deputy has the lead."""
_ORDER: Final[tuple[Do, ...]] = ("remind", "breach", "reassign", "escalate")


def with_accept_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Whoever has it now must say yes in time; escalation counts from the first who had it in this row."""
    policy = scene.agreement.policy_for(scene.facts(lead))
    series_at = lead.series_at or scene.now
    clock = _ladder("accept", policy, policy.accept_within, scene.now, series_at, lead.fallback)
    return replace(lead, clock=clock, series_at=series_at)


def with_touch_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Whoever said yes must get in touch in time."""
    policy = scene.agreement.policy_for(scene.facts(lead))
    clock = _ladder("touch", policy, policy.touch_within, scene.now, scene.now, lead.fallback)
    return replace(lead, clock=clock, series_at=None)


def with_queue_clock(lead: RoutedLead, scene: Scene, team: Team) -> RoutedLead:
    """A queue has a clock too: its deputy is told, and after as long again the team's lead answers."""
    due_at = scene.now + team.queue_within
    first: Do = "give out" if lead.waiting else "breach"
    rungs = (Rung(due_at, first), Rung(due_at + team.queue_within, "escalate", "lead"))
    return replace(lead, clock=Clock("queue", f"queue of {team.name}", scene.now, due_at, rungs))


def with_dispute_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """The arbiter rules in time, or, a day later, silence decides."""
    due_at = scene.now + scene.agreement.dispute_within
    rungs = (Rung(due_at, "breach"), Rung(due_at + SILENCE_AFTER, "silence"))
    return replace(lead, clock=Clock("dispute", "arbiter", scene.now, due_at, rungs), series_at=None)


def with_handoff_clock(lead: RoutedLead, scene: Scene, within: timedelta) -> RoutedLead:
    """An account executive answers in time, or the offer lapses."""
    due_at = scene.now + within
    rungs = (Rung(due_at, "breach"), Rung(due_at, "lapse"))
    return replace(lead, clock=Clock("handoff", "hand-off", scene.now, due_at, rungs))


def progressed(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Somebody touched it, or it came further: it is not stalled until the agreement's time from now."""
    return replace(lead, progress_at=scene.now, stalled_at=scene.now + scene.agreement.stalled_after)


def without_touch_clock(lead: RoutedLead) -> RoutedLead:
    """The lead was touched: that clock is done."""
    return lead if lead.clock is None or lead.clock.name != "touch" else replace(lead, clock=None)


def without_clocks(lead: RoutedLead) -> RoutedLead:
    """Nothing runs for it: somebody else is asked, or has it."""
    return replace(lead, clock=None, series_at=None, stalled_at=None)


def timer_changes(before: RoutedLead, after: RoutedLead) -> tuple[Effect, ...]:
    """The timers to set and to cancel, so that they are those that the state waits for, and no others."""
    waited, waits = before.waits, after.waits
    stale = tuple(CancelTimer(purpose) for purpose in waited if purpose not in waits)
    new = (SetTimer(purpose, at) for purpose, at in waits.items() if waited.get(purpose) != at)
    return (*stale, *new)


def _ladder(
    name: ClockName, policy: Policy, within: timedelta, start: datetime, series_at: datetime, fallback: bool
) -> Clock:
    due_at = start + within
    rungs = [Rung(due_at, "breach")]
    for step in policy.ladder:
        if step.do == "escalate":
            # Nobody loses a lead before their own time is up, however long others had it before.
            rungs.append(Rung(max(due_at, series_at + _share(within, step.at)), "escalate", step.to))
        else:
            rungs.append(Rung(start + _share(within, step.at), step.do, step.to))
    kept = [rung for rung in rungs if not fallback or rung.do in ("remind", "breach")]
    ordered = sorted(kept, key=lambda rung: (rung.at, _ORDER.index(rung.do)))
    return Clock(name, policy.name, start, due_at, tuple(ordered))


def _share(within: timedelta, at: Fraction) -> timedelta:
    return within * at.numerator // at.denominator
