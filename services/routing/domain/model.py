"""What routing knows of a lead: its baton, its story, its clocks, and who has tried."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from shared.baton import Custody, Holder
from shared.contracts.scoring import ScoringEvent
from shared.contracts.values import (
    Chapter,
    Company,
    Deadline,
    Email,
    Instant,
    Person,
    RouteReceipt,
    Snapshot,
    Whose,
)
from shared.terms import Consent, Stage

SHOWN_MAX: Final = 5
"""How many of the last activities a rep is shown."""
CHAPTERS_MAX: Final = 10
"""How many of the last deeds of colleagues go along with a lead."""
DONE_MAX: Final = 6
"""Of how many colleagues a lead remembers what they did last with it, so that a repeat is recognised."""
UNTOLD_MAX: Final = timedelta(hours=24)
"""How long a lead waits for somebody who can not be told of it, before somebody else gets it."""

ClockName = Literal["accept", "touch", "attempts", "next_step", "queue", "handoff", "dispute"]
REPS: Final[tuple[ClockName, ...]] = ("accept", "touch", "attempts", "next_step")
"""The clocks of whoever has the lead; the others are a queue's, an account executive's, the arbiter's."""
Counts = Literal["working", "any_open", "always"]
Do = Literal["remind", "breach", "reassign", "escalate", "give out", "lapse", "silence"]


class Rung(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a clock's ladder: when, what, to whom; `after` so much of its time is used up."""

    at: Instant
    do: Do
    to: str | None = None
    after: timedelta = timedelta(0)


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deadline that runs for a lead, and the rungs that are still ahead, in order of time.

    It allows `within` of its own time: that of `whose`, a person's or a team's, as `counts` says. Of that
    `used` was used up until `since`; from there it runs by the hours of now. Without `since` it stands still.
    `aside`: seconds that were not its owner's, by whose they were. `warning`: why it runs by the wall clock.
    """

    name: ClockName
    policy: str
    started_at: Instant
    due_at: Instant
    rungs: tuple[Rung, ...] = ()
    within: timedelta = timedelta(0)
    used: timedelta = timedelta(0)
    since: Instant | None = None
    counts: Counts = "always"
    whose: str = ""
    warning: str = ""
    aside: dict[str, int] = {}

    @property
    def deadline(self) -> Deadline:
        return Deadline(name=self.name, due_at=self.due_at, policy=self.policy)

    @property
    def next_at(self) -> datetime | None:
        """When something is to be done about it, if anything is."""
        return self.rungs[0].at if self.rungs and self.since is not None else None


class Snooze(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rep waits for the lead: since when, until when at the latest, and why."""

    since: Instant
    until: Instant
    reason: str


class Meeting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A meeting of the lead with `attendee`. `begun`: its time came, and what became of it was not said."""

    starts_at: Instant
    attendee: str
    begun: bool = False


class Newest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ingest said last of the person: newer than any snapshot that another service made of it."""

    person: Person
    email: Email | None = None
    company: Company = Company()


class TurnTaken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A turn that was used up: in which team, whose, all who could have had it, what it counted for."""

    team: str
    person: str
    among: tuple[str, ...]
    worth: int = 1


class Dispute(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rep's no that somebody else must decide upon: not per definition, or a duplicate.

    `turn` is the one that is given back if the rep is right.
    """

    by: str
    reason: str
    kind: Literal["dispute", "merge"]
    turn: TurnTaken | None = None


class Handoff(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open offer to an account executive; the SDR holds the lead until they accept."""

    to: str
    team: str
    giver: Holder
    receipt: RouteReceipt


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the CRM said while somebody else held the lead, or while an offer was open."""

    kind: Literal["won", "lost"]
    said_at: Instant
    value: str | None = None
    currency: str | None = None


class RoutedLead(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead as routing sees it.

    `waiting`: its queue gives it out as soon as somebody can take it; with a `position` it came in a heap
    and waits for its release, and no clock runs yet. `whose`: it is set aside for them. `fallback`: a
    deputy or a team's lead has it as a last resort, so its ladder moves it no further. `declined`: who had
    it, and why it does not go back to them. `reported`: of its `attempts`, how many a tool reported.
    `series`: how much of their time the reps before used, who did not accept it. `done`: what each
    colleague did last with it. `snoozed`: how long a rep has waited for the lead before. `untold_since`:
    since when whoever is to hear of it could not be told; until then their clocks stand still. `spent`:
    seconds of this round until `spent_at`, by whose time it was. `missed`: while its ladder is climbed,
    what was passed over, and why. `receipts`: how many decisions.
    """

    custody: Custody = Custody()
    snapshot: Snapshot | None = None
    newest: Newest | None = None
    consent: Consent | None = None
    stage: Stage = Stage.INQUIRY
    team: str | None = None
    why: str = ""
    receipt: RouteReceipt | None = None
    since: Instant | None = None
    accepted: bool = False
    waiting: bool = False
    position: int | None = None
    fallback: bool = False
    attempts: int = 0
    reported: int = 0
    meeting: Meeting | None = None
    clocks: tuple[Clock, ...] = ()
    series: timedelta = timedelta(0)
    snooze: Snooze | None = None
    snoozed: timedelta = timedelta(0)
    untold_since: Instant | None = None
    missed: tuple[str, ...] = ()
    spent: dict[str, float] = {}
    spent_at: Instant | None = None
    progress_at: Instant | None = None
    stalled_at: Instant | None = None
    dispute: Dispute | None = None
    handoff: Handoff | None = None
    handoff_refusals: int = 0
    outcome: Outcome | None = None
    whose: Whose | None = None
    declined: dict[str, str] = {}
    done: dict[str, str] = {}
    receipts: int = 0

    @property
    def holding(self) -> bool:
        """Routing may hand it on now: it holds the lead, and no offer is open."""
        return self.custody.standing == "holding"

    @property
    def known(self) -> bool:
        """Routing has ever had it in its hands, and its journey goes on."""
        return self.custody.standing not in ("none", "ended")

    @property
    def untold(self) -> tuple[ClockName, ...]:
        """The clocks that stand still, because whoever they are for could not be told."""
        return () if self.untold_since is None else self.names_of_theirs

    @property
    def names_of_theirs(self) -> tuple[ClockName, ...]:
        """The clocks of whoever is to hear of it now: the rep, or the account executive who is asked."""
        return REPS if self.handoff is None else ("handoff",)

    @property
    def ticking(self) -> tuple[Clock, ...]:
        """The clocks that do not stand still for that."""
        untold = self.untold
        return tuple(clock for clock in self.clocks if clock.name not in untold) if untold else self.clocks

    @property
    def waits(self) -> dict[str, datetime]:
        """The timer that this state waits for: the next of its instants. Any other that fires is moot."""
        ahead = [(at, "clock") for clock in self.ticking if (at := clock.next_at) is not None]
        if self.untold_since is not None:
            ahead.append((self.untold_since + UNTOLD_MAX, "untold"))
        if self.snooze is not None:
            ahead.append((self.snooze.until, "snooze"))
        if self.meeting is not None and not self.meeting.begun:
            ahead.append((self.meeting.starts_at, "meeting"))
        if self.stalled_at is not None:
            ahead.append((self.stalled_at, "stalled"))
        if not ahead:
            return {}
        at, purpose = min(ahead)
        return {purpose: at}

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """The deadlines that run, the next one first."""
        running = [clock for clock in self.clocks if clock.since is not None]
        return tuple(clock.deadline for clock in sorted(running, key=lambda clock: clock.due_at))

    def clock(self, name: ClockName) -> Clock | None:
        """The clock of this name, if there is one."""
        return next((clock for clock in self.clocks if clock.name == name), None)

    @property
    def story(self) -> Snapshot:
        """The snapshot, as every lead has one that routing holds."""
        assert self.snapshot is not None, "what routing holds came with a snapshot"
        return self.snapshot


def buried(custody: Custody, done: Mapping[str, str] | None = None) -> RoutedLead:
    """What is kept of a lead whose journey is over: that it is over. Nothing of the person."""
    return RoutedLead(custody=custody, done=dict(done or {}))


def given_away(lead: RoutedLead, custody: Custody) -> RoutedLead:
    """What is kept of a lead that somebody else holds now: what would be missed when it comes back."""
    return RoutedLead(
        custody=custody,
        newest=lead.newest,
        consent=lead.consent,
        team=lead.team,
        outcome=lead.outcome,
        declined=lead.declined,
        done=lead.done,
        receipts=lead.receipts,
    )


def story_in(event: Any) -> Snapshot:
    """The story that an offer brings, with its score's receipt: scoring says it beside the snapshot."""
    snapshot: Snapshot = event.snapshot
    return replace(snapshot, receipt=event.receipt) if isinstance(event, ScoringEvent) else snapshot


def with_newest(lead: RoutedLead, snapshot: Snapshot) -> Snapshot:
    """A snapshot with what ingest said last: the one who made it may not have heard it yet."""
    if lead.newest is not None:
        newest = lead.newest
        snapshot = replace(snapshot, person=newest.person, email=newest.email, company=newest.company)
    return snapshot if lead.consent is None else replace(snapshot, consent=lead.consent)


def with_chapter(lead: RoutedLead, at: datetime, by: str, what: str, note: str = "") -> RoutedLead:
    """The lead's story with one more deed of a colleague, for whoever has it next."""
    story = lead.story
    history = (*story.history, Chapter(at=at, by=by, what=what, note=note))[-CHAPTERS_MAX:]
    return replace(lead, snapshot=replace(story, history=history))


class GivingUp(msgspec.Struct, frozen=True):
    """Why a lead is given back to nurture, and what the reason asks for."""

    reason: str
    sub_reason: str = ""
    note: str = ""
    revisit_on: date | None = None
    answers: Mapping[str, Any] = {}
