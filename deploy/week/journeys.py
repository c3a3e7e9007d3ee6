"""What the week's events say of clocks, queues and speed: each lead's journey is walked once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from services.routing.domain.clocks.hours import Time, passed
from shared.agreement import Agreement
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadCaptured
from shared.contracts.routing import HandoffOffered, LeadAssigned, LeadContacted
from shared.contracts.values import Deadline
from shared.terms import LeadId

Outcome = Literal["met", "breached", "running", "moot"]
HAND_OFF: Final = "hand-off"
"""In place of a policy: the hand-off's clock is agreed for all leads."""
_ENDS: Final = ("lead.disqualified", "lead.lost", "lead.stalled", "lead.won", "lead.closed", "lead.cooled")

_MET: Final[Mapping[str, Sequence[str]]] = {
    "lead.accepted": ("accept",),
    "lead.rejected": ("accept",),
    "lead.sales_qualified": ("touch", "attempts", "next_step"),
    "handoff.refused": ("handoff",),
}
"""Which clocks end well by an event."""


class Contacted(NamedTuple):
    """The first contact: how long after the lead was there to be called, by the wall clock and the rep's."""

    how: str
    wall: timedelta
    working: timedelta


class Queued(NamedTuple):
    """A stay in a team's queue; `paced`: as one of a heap. Without `lasted` it is there still."""

    team: str
    paced: bool
    lasted: timedelta | None


class Given(NamedTuple):
    """A lead that somebody was given: of their team's queue, of its heap, or as it came."""

    person: str
    team: str
    how: Literal["queue", "heap", "new"]
    at: datetime


class Breach(NamedTuple):
    """A clock that ran out with somebody. `off_shift`: then it is their team that is late."""

    lead: LeadId
    owner: str
    clock: str
    at: datetime
    off_shift: bool = False


@dataclass(slots=True)
class Journeys:
    """The figures of all journeys. `hours`: the working time of everybody in the roster."""

    agreement: Agreement
    hours: Mapping[str, Time]
    events: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)
    clocks: Counter[tuple[str, str, Outcome]] = field(default_factory=Counter)
    queued: list[Queued] = field(default_factory=list)
    contacted: list[Contacted] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    infeasible: list[str] = field(default_factory=list)

    def walk(self, said: Iterable[Heard[Any]]) -> None:
        """Take all that was said, in order of time."""
        leads: defaultdict[LeadId, _Journey] = defaultdict(lambda: _Journey(self))
        for heard in said:
            self.events[heard.event.TYPE] += 1
            leads[heard.lead].hear(heard)
        for journey in leads.values():
            journey.end()


@dataclass(slots=True)
class _Journey:
    """One lead on its way. `running`: the clocks that run, by name, each with its policy."""

    all: Journeys
    captured: Heard[LeadCaptured] | None = None
    with_a_rep_since: datetime | None = None
    queue: tuple[str, bool, datetime] | None = None
    running: dict[str, str] = field(default_factory=dict)
    is_contacted: bool = False

    def hear(self, heard: Heard[Any]) -> None:
        """The next thing that was said about it."""
        event = heard.event
        if isinstance(event, LeadCaptured):
            self.captured = heard
        elif isinstance(event, LeadAssigned):
            self._assigned(event, heard.at)
        elif isinstance(event, LeadContacted):
            self._contacted(event, heard.at)
        elif isinstance(event, DeadlineBreached):
            self._breached(heard)
        elif isinstance(event, HandoffOffered):
            self.running = {"handoff": HAND_OFF}
        elif event.TYPE in _ENDS:
            self._moot()
        else:
            self._met(*_MET.get(event.TYPE, ()))
            self._run(getattr(event, "deadlines", ()))

    def end(self) -> None:
        """The week is over."""
        for name, policy in self.running.items():
            self.all.clocks[name, policy, "running"] += 1
        if self.queue is not None:
            team, paced, _ = self.queue
            self.all.queued.append(Queued(team, paced, None))

    def _assigned(self, event: LeadAssigned, at: datetime) -> None:
        self._met("queue", "handoff")
        self._moot()
        self.all.whys[event.why] += 1
        if not event.feasible:
            self.all.infeasible.append(event.infeasible)
        how: Literal["queue", "heap", "new"] = "new"
        if self.queue is not None:
            team, paced, since = self.queue
            how = "heap" if paced else "queue"
            self.all.queued.append(Queued(team, paced, at - since))
            self.queue = None
        if event.owner.kind == "rep":
            self.all.given.append(Given(event.owner.name, event.team or "", how, at))
        if event.owner.kind == "queue":
            self.queue = (event.owner.name, event.position is not None, at)
        elif self.with_a_rep_since is None:
            self.with_a_rep_since = at
        self._run(event.deadlines)

    def _contacted(self, event: LeadContacted, at: datetime) -> None:
        self._met("touch", "next_step")
        policy = next(
            (p for p in self.all.agreement.policies if p.name == self.running.get("attempts")), None
        )
        if policy is not None and policy.attempts is not None and event.attempt >= policy.attempts.at_least:
            self._met("attempts")
        if self.is_contacted or self.captured is None or self.with_a_rep_since is None:
            return
        self.is_contacted = True
        how = "import" if self.captured.event.how == "import" else "form"
        since = self.with_a_rep_since if how == "import" else self.captured.at
        theirs = passed(since, at, self.all.hours.get(event.by))
        self.all.contacted.append(Contacted(how, at - since, theirs))

    def _breached(self, heard: Heard[DeadlineBreached]) -> None:
        deadline, owner = heard.event.deadline, heard.event.owner
        policy = HAND_OFF if deadline.name == "handoff" else deadline.policy
        self.running.pop(deadline.name, None)
        self.all.clocks[deadline.name, policy, "breached"] += 1
        self.all.breaches.append(Breach(heard.lead, owner, deadline.name, heard.at, heard.event.off_shift))

    def _run(self, deadlines: Iterable[Deadline]) -> None:
        self.running |= {one.name: one.policy for one in deadlines}

    def _met(self, *names: str) -> None:
        for name in names:
            if (policy := self.running.pop(name, None)) is not None:
                self.all.clocks[name, policy, "met"] += 1

    def _moot(self) -> None:
        """The lead moved on, and nothing is wanted any more."""
        for name, policy in self.running.items():
            self.all.clocks[name, policy, "moot"] += 1
        self.running = {}
