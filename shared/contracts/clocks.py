"""What routing says of clocks: they remind, run out, are moved, and stand still while a rep waits."""

from typing import ClassVar

from shared.contracts.envelope import Event
from shared.contracts.values import Deadline, Instant


class ClockEvent(Event, frozen=True, kw_only=True):
    """An event of a clock, said by routing."""

    TOPICS: ClassVar = ("baton.routing",)


class LeadSnoozed(ClockEvent, frozen=True, kw_only=True):
    """The rep waits for the lead, until `until` at the latest: the rep's clocks stand still."""

    TYPE: ClassVar = "lead.snoozed"

    by: str
    until: Instant
    reason: str


class LeadResumed(ClockEvent, frozen=True, kw_only=True):
    """The waiting for the lead is over, and why. `deadlines` run on, with the time that was left of each."""

    TYPE: ClassVar = "lead.resumed"

    because: str
    deadlines: tuple[Deadline, ...] = ()


class DeadlineReminded(ClockEvent, frozen=True, kw_only=True):
    """The clock is running out; `told` was reminded, or `no_address` not, for whom the roster has none."""

    TYPE: ClassVar = "deadline.reminded"

    deadline: Deadline
    owner: str
    told: str | None = None
    no_address: str | None = None


class DeadlineBreached(ClockEvent, frozen=True, kw_only=True):
    """The clock has run out. `late_by_s` in seconds; `spent` in seconds by whose time it was.

    Whose: routing, queue, rep, team (only colleagues of the owner were at work), lead (waiting for it),
    dispute, system. `off_shift`: the owner was, for some of it: their team is late, not they.
    `outage`: nobody saw it run out, because Baton was not running, or far behind: that is not theirs either.
    `what_follows` is the ladder's word, such as `reassign`; `told` is who heard of it, `no_address` who did
    not, as the roster has none. `missed`: steps of the ladder that were due before, and not done any more,
    each with its reason.
    """

    TYPE: ClassVar = "deadline.breached"

    deadline: Deadline
    owner: str
    late_by_s: int
    off_shift: bool = False
    outage: bool = False
    spent: dict[str, int] = {}
    what_follows: str = ""
    told: str | None = None
    missed: tuple[str, ...] = ()
    no_address: str | None = None


class DeadlineMoved(ClockEvent, frozen=True, kw_only=True):
    """A clock runs to another instant than it was said to, and why; what was used up of it counts."""

    TYPE: ClassVar = "deadline.moved"

    deadline: Deadline
    was_due_at: Instant
    because: str
