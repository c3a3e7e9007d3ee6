"""How long Baton needs after each fault until it is as if nothing had been."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from shared.contracts.envelope import Heard
from shared.contracts.routing import LeadAssigned
from shared.contracts.scoring import LeadNotQualified
from shared.terms import LeadId
from tests.chaos.faults import Suffered
from tests.chaos.sender import Sent

USUAL: Final = timedelta(seconds=2)
"""Within so long of being due at its source, a lead has its first owner besides the intake desk."""

STEADY: Final = timedelta(seconds=3)
"""Longer than USUAL: just after a short fault, nobody has waited for long yet."""
STEP: Final = timedelta(seconds=0.1)
LOOKED_AT: Final = 6000
"""So many steps after a fault."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """From the end of a fault on. `seconds` is None if the next fault came first, or nothing did."""

    suffered: Suffered
    seconds: float | None


def recoveries(
    suffered: Sequence[Suffered], sent: Iterable[Sent], said: Iterable[Heard[Any]]
) -> list[Recovery]:
    """All is well again when every lead that was due more than `USUAL` ago has been given to somebody."""
    given_at = _given_at(said)
    pairs = sorted((one.due_at, given_at[one.lead]) for one in sent if one.lead in given_at)
    due, latest = [at for at, _ in pairs], list(accumulate((given for _, given in pairs), max))

    def is_caught_up(at: datetime) -> bool:
        older = bisect_right(due, at - USUAL)
        return not older or latest[older - 1] <= at

    ends = [*(one.began_at for one in suffered[1:]), datetime.max.replace(tzinfo=UTC)]
    return [
        Recovery(one, steady_after_s(one.ended_at, until, is_caught_up))
        for one, until in zip(suffered, ends, strict=True)
    ]


def steady_after_s(
    begin: datetime, until: datetime, is_caught_up: Callable[[datetime], bool]
) -> float | None:
    """Seconds from `begin` to the first moment from which on it is steadily caught up."""
    since: datetime | None = None
    for at in (begin + step * STEP for step in range(LOOKED_AT)):
        if at >= until or (since is not None and at - since >= STEADY):
            break
        since = (since or at) if is_caught_up(at) else None
    return None if since is None else (since - begin).total_seconds()


def _given_at(said: Iterable[Heard[Any]]) -> dict[LeadId, datetime]:
    """When each lead was first given to a rep, a queue or a track."""
    found: dict[LeadId, datetime] = {}
    for event in said:
        if isinstance(event.event, (LeadAssigned, LeadNotQualified)):
            found[event.lead] = min(found.get(event.lead, event.at), event.at)
    return found


def table(found: Sequence[Recovery]) -> list[str]:
    """One line a fault."""
    rows = [f"{'fault':22} {'lasted':>7} {'recovered after':>16}   seen while it lasted"]
    for one in found:
        fault = one.suffered
        lasted_s = (fault.ended_at - fault.began_at).total_seconds()
        after = "not before the next" if one.seconds is None else f"{one.seconds:.1f} s"
        seen = ", ".join(f"{name} {value:g}" for name, value in fault.seen.items())
        rows.append(f"{fault.fault!s:22} {lasted_s:6.1f}s {after:>16}   {seen}")
    return rows
