"""How one clock runs: by whose hours, how much is used up, when it stands still, and when it is set anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec.structs import replace

from services.routing.domain.clocks.hours import Time, due, hours_of, passed
from services.routing.domain.model import Clock, Rung
from services.routing.domain.scene import Scene

TimeOf: TypeAlias = Callable[[Clock], Time]
"""What counts as time for a clock."""


def time_of(scene: Scene) -> TimeOf:
    """By the roster and the agreement of now."""
    return lambda clock: hours_of(clock.counts, clock.whose, scene.bench, scene.agreement)


def runs(clock: Clock, now: datetime, of: TimeOf) -> Clock:
    """The clock as it runs from now on, with what is used up behind it."""
    hours, due_at, warning = of(clock), clock.due_at, clock.warning
    if not is_over(clock):
        due_at, warning = due(now, _left(clock.within, clock), hours)
    if warning:
        hours = None
    rungs = tuple([_placed(rung, clock, now, due_at, hours) for rung in clock.rungs])
    return replace(clock, since=now, due_at=due_at, warning=warning, rungs=rungs)


def used_up(clock: Clock, now: datetime, of: TimeOf) -> timedelta:
    """How much of its time is used up."""
    if clock.since is None:
        return clock.used
    return clock.used + passed(clock.since, now, None if clock.warning else of(clock))


def stopped(clock: Clock, now: datetime, of: TimeOf) -> Clock:
    """It stands still from now on."""
    return replace(clock, used=used_up(clock, now, of), since=None)


def with_aside(clock: Clock, whose: str, time: timedelta) -> Clock:
    """So much more of its time was not its owner's."""
    seconds = clock.aside.get(whose, 0) + int(time.total_seconds())
    return replace(clock, aside={**clock.aside, whose: seconds})


def is_over(clock: Clock) -> bool:
    """It has run out, and what was to be done then is done: no rung that comes by then is ahead."""
    return all(rung.after > clock.within for rung in clock.rungs)


def _placed(rung: Rung, clock: Clock, now: datetime, due_at: datetime, hours: Time) -> Rung:
    if hours is None:
        at = max(now, now - clock.used + rung.after)
    else:
        at, _ = due(now, _left(rung.after, clock), hours)
    return replace(rung, at=max(at, due_at) if rung.after > clock.within else at)


def _left(of: timedelta, clock: Clock) -> timedelta:
    return max(timedelta(0), of - clock.used)
