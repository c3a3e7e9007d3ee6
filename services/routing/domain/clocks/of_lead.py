"""Which clocks run for a lead, what ends each of them, and the timer that it waits for."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.routing.domain.clocks.hours import ask_whose
from services.routing.domain.clocks.ladder import agreed, tried_enough
from services.routing.domain.clocks.running import TimeOf, is_over, runs, time_of, used_up, with_aside
from services.routing.domain.model import Clock, ClockName, RoutedLead, Rung
from services.routing.domain.scene import Scene
from shared.contracts.clocks import DeadlineMoved
from shared.effects import CancelTimer, Decision, Effect, Say, SetTimer

_WORK: Final[tuple[ClockName, ...]] = ("touch", "attempts", "next_step")
"""What is wanted of who has said yes."""
_NONE: Final = timedelta(0)


def with_clock(lead: RoutedLead, scene: Scene, *, paced: bool = False) -> RoutedLead:
    """The clock of whoever has it now, or is asked; none before the release of what came in a heap."""
    holder = lead.custody.holder
    if paced:
        return without_clocks(lead)
    if lead.dispute is not None:
        return with_dispute_clock(lead, scene)
    if holder is not None and holder.kind == "rep":
        return with_accept_clock(lead, scene)
    return with_queue_clock(lead, scene)


def with_accept_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Whoever has it now must say yes in time; escalation counts the time of all in this row of reps."""
    return _with(_handed_on(lead, scene), scene, "accept")


def with_touch_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Whoever said yes must get in touch in time, and try often enough, unless a meeting is ahead."""
    names: tuple[ClockName, ...] = () if meets(lead) else ("touch", "attempts")
    return _with(replace(lead, clocks=(), series=_NONE), scene, *names)


def with_queue_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """A queue has a clock too."""
    return _with(_handed_on(lead, scene), scene, "queue")


def with_dispute_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """The arbiter has a time to rule in."""
    return _with(replace(lead, clocks=(), series=_NONE), scene, "dispute")


def with_handoff_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """An account executive has a time to answer in; meanwhile nothing is asked of who offered it."""
    return _with(replace(lead, clocks=()), scene, "handoff")


def touched(lead: RoutedLead, scene: Scene, *, heard_back: bool = False) -> RoutedLead:
    """That was one attempt: the touch clock ends, enough of them end theirs, and the next step is due.

    `heard_back`: it was the lead who called, so there is nothing left to attempt. A meeting that is ahead is
    the next step.
    """
    enough = heard_back or tried_enough(lead, scene)
    ended: tuple[ClockName, ...] = _WORK if enough else ("touch", "next_step")
    return with_next_step_clock(without(lead, *ended), scene)


def with_next_step_clock(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Something must follow, unless a meeting is ahead, which is just that, or an executive is asked."""
    if meets(lead) or lead.handoff is not None:
        return lead
    return _with(without(lead, "next_step"), scene, "next_step")


def progressed(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """Somebody touched it, or it came further: it is not stalled until the agreement's time from now."""
    return replace(lead, progress_at=scene.now, stalled_at=stalls_at(lead, scene.now, scene))


def stalls_at(lead: RoutedLead, quiet_from: datetime, scene: Scene) -> datetime:
    """When it is stalled, if nothing happens from that instant on; not while a meeting is ahead."""
    begins = lead.meeting.starts_at if lead.meeting is not None else quiet_from
    return max(quiet_from, begins) + scene.agreement.stalled_after


def meets(lead: RoutedLead) -> bool:
    """Whether a meeting is ahead."""
    return lead.meeting is not None and not lead.meeting.begun


def without(lead: RoutedLead, *names: ClockName) -> RoutedLead:
    """What these clocks wanted is done."""
    return replace(lead, clocks=tuple(clock for clock in lead.clocks if clock.name not in names))


def without_clocks(lead: RoutedLead) -> RoutedLead:
    """Nothing runs for it: somebody else is asked, or has it."""
    return replace(lead, clocks=(), series=_NONE, stalled_at=None)


def as_a_new_row(lead: RoutedLead) -> RoutedLead:
    """Whoever has it next is the first of their row of reps."""
    return replace(lead, clocks=(), series=_NONE)


def timer_changes(before: RoutedLead, after: RoutedLead) -> tuple[Effect, ...]:
    """The timers to set and to cancel, so that they are those that the state waits for, and no others."""
    waited, waits = before.waits, after.waits
    stale = tuple(CancelTimer(purpose) for purpose in waited if purpose not in waits)
    new = (SetTimer(purpose, at) for purpose, at in waits.items() if waited.get(purpose) != at)
    return (*stale, *new)


def _with(lead: RoutedLead, scene: Scene, *names: ClockName) -> RoutedLead:
    asked = [clock for name in names if (clock := agreed(name, lead, scene)) is not None]
    return replace(lead, clocks=(*lead.clocks, *[_started(clock, lead, scene) for clock in asked]))


def _started(clock: Clock, lead: RoutedLead, scene: Scene) -> Clock:
    """It runs from now on: the same clock for all leads of a transaction that have it on the same terms."""
    ask_whose(clock, scene.bench)  # So the receipt can be made again, whoever had the same clock before.
    by = (clock.name, clock.policy, clock.started_at, clock.within, clock.used, clock.counts, clock.whose)
    terms = (*by, lead.series, lead.fallback, lead.waiting)
    known = scene.bench.clocks.get(terms)
    if known is None:
        known = scene.bench.clocks[terms] = runs(clock, scene.now, time_of(scene))
    return known


def _handed_on(lead: RoutedLead, scene: Scene) -> RoutedLead:
    """No clock runs; what its rep used without accepting it counts in the row of reps."""
    clock = lead.clock("accept")
    used = _NONE if clock is None else used_up(clock, scene.now, time_of(scene))
    return replace(lead, clocks=(), series=lead.series + used)


# ---- the roster or the agreement has changed


def set_anew(
    lead: RoutedLead, before: TimeOf, scene: Scene, because: str, *, terms: bool = False
) -> Decision[RoutedLead]:
    """Every clock by the hours of now; what was used by those of `before` counts.

    `terms`: by what is agreed now, too. Whoever reads deadlines is told of each that has moved.
    """
    anew = [_anew(clock, lead, before, scene, terms=terms) for clock in lead.clocks]
    moved = [
        Say(DeadlineMoved(deadline=new.deadline, was_due_at=old.due_at, because=because))
        for old, new in zip(lead.clocks, anew, strict=True)
        if new is not None and new.due_at != old.due_at and new.since is not None
    ]
    return Decision(replace(lead, clocks=tuple(clock for clock in anew if clock is not None)), tuple(moved))


def _anew(clock: Clock, lead: RoutedLead, before: TimeOf, scene: Scene, *, terms: bool) -> Clock | None:
    of, new = time_of(scene), clock
    if terms:
        as_agreed = agreed(clock.name, lead, scene)
        if as_agreed is None and clock.name in _WORK:
            return None
        new = clock if as_agreed is None else _on_these_terms(clock, as_agreed)
    until = _counts_until(clock, lead, scene)
    new = replace(new, used=used_up(clock, until, before), since=clock.since)
    if before(clock) == of(new) and _terms(new) == _terms(clock):
        return clock
    new = replace(new, rungs=_ahead(new, clock))
    if new.since is None:
        return new
    new = with_aside(new, "system", scene.now - until) if until < scene.now else new
    return runs(new, scene.now, of)


def _counts_until(clock: Clock, lead: RoutedLead, scene: Scene) -> datetime:
    """Until now; what its owner could not know of was not their time."""
    if lead.untold_since is None or clock.since is None or clock.name not in lead.untold:
        return scene.now
    return max(lead.untold_since, clock.since)


def _on_these_terms(clock: Clock, as_agreed: Clock) -> Clock:
    return replace(as_agreed, started_at=clock.started_at, due_at=clock.due_at, aside=clock.aside)


def _ahead(new: Clock, old: Clock) -> tuple[Rung, ...]:
    """The rungs that are still to be climbed: of those whose time has come already, all but reminders.

    Nobody is reminded more often than was still ahead.
    """
    if is_over(old):
        return tuple(rung for rung in new.rungs if rung.after > max(new.used, new.within))
    still = sum(rung.do == "remind" for rung in old.rungs)
    reminders = [rung for rung in new.rungs if rung.do == "remind"]
    passed_over = [rung for rung in reminders if rung.after <= new.used] + reminders[: len(reminders) - still]
    return tuple(rung for rung in new.rungs if rung not in passed_over)


def _terms(clock: Clock) -> tuple[timedelta, str, list[tuple[str, str | None, timedelta]]]:
    return clock.within, clock.policy, [(rung.do, rung.to, rung.after) for rung in clock.rungs]
