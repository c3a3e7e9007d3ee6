"""What routing says, on `baton.routing`: who answers for a lead, what they did, and how the clocks ran."""

from datetime import date
from typing import ClassVar, Final, Literal

from shared.baton import Holder
from shared.contracts.clocks import (
    DeadlineBreached,
    DeadlineMoved,
    DeadlineReminded,
    LeadResumed,
    LeadSnoozed,
)
from shared.contracts.envelope import Event
from shared.contracts.meetings import MeetingBooked, MeetingCancelled, MeetingHeld, MeetingMissed
from shared.contracts.values import Deadline, Instant, RouteReceipt, Snapshot
from shared.terms import LeadId, Stage

TOPIC: Final = "baton.routing"
RECYCLE_TOPIC: Final = "baton.recycle"
SCORING_TOPIC: Final = "baton.scoring"
BY_CONSENT: Final = "consent"
"""Who gives a lead up whose person refused contact."""

Why = Literal[
    "new",
    "set aside",
    "returned",
    "reassigned",
    "escalated",
    "left",
    "covered",
    "paced",
    "released",
    "disputed",
    "handed to account executive",
    "rerouted",
    "put right",
    "refused by nurture",
]


class RoutingEvent(Event, frozen=True, kw_only=True):
    """An event that routing says."""

    TOPICS: ClassVar = (TOPIC,)


class LeadAssigned(RoutingEvent, frozen=True, kw_only=True):
    """This rep or queue answers for it now. The only event of routing that takes or moves.

    `by` is the person who asked for it, if one did, and `note` what they noted. A paced lead has a `position`
    and is due at `release_at`.
    `feasible`: whether anybody who can take it works for long enough before the first deadline; if not,
    `infeasible` says why.
    `missed`: steps of the ladder that were due before, and not done any more, each with its reason.
    """

    TYPE: ClassVar = "lead.assigned"
    TOUCHES: ClassVar = ("take", "move")

    owner: Holder
    why: Why
    team: str | None = None
    stage: Stage = Stage.MQL
    deadlines: tuple[Deadline, ...] = ()
    receipt: RouteReceipt
    captured_at: Instant | None = None
    by: str | None = None
    note: str = ""
    position: int | None = None
    release_at: Instant | None = None
    feasible: bool = True
    infeasible: str = ""
    missed: tuple[str, ...] = ()


class LeadAccepted(RoutingEvent, frozen=True, kw_only=True):
    """A rep says yes: it is an SAL. `deadlines` are the clocks that run from now on."""

    TYPE: ClassVar = "lead.accepted"

    by: str
    deadlines: tuple[Deadline, ...] = ()


class LeadRejected(RoutingEvent, frozen=True, kw_only=True):
    """A rep says no, with a reason of the agreement's `reject`. `duplicate_of`: the lead it is one with."""

    TYPE: ClassVar = "lead.rejected"

    by: str
    reason: str
    what_follows: Literal["dispute", "reroute", "merge", "close"]
    note: str = ""
    duplicate_of: LeadId | None = None


class LeadContacted(RoutingEvent, frozen=True, kw_only=True):
    """One attempt or conversation. `attempt` counts from 1; `happened_at`, if it was reported later.

    `reported_by` tells what a rep says of their own work from what a tool saw; `through` names that tool.
    """

    TYPE: ClassVar = "lead.contacted"

    by: str
    channel: str
    direction: Literal["out", "in"] = "out"
    outcome: str = ""
    attempt: int
    reported_by: Literal["rep", "tool"] = "rep"
    happened_at: Instant | None = None
    note: str = ""
    through: str = ""


class LeadReEngaged(RoutingEvent, frozen=True, kw_only=True):
    """A lead that somebody holds acts again: what it did, by ingest's count `seq`, and who was told.

    Nobody is (`told` is empty) while it waits in a queue, or where the roster has no address for whoever
    answers: that is `no_address`.
    """

    TYPE: ClassVar = "lead.re_engaged"

    activity_type: str
    told: str
    seq: int | None = None
    no_address: str | None = None


class LeadSalesQualified(RoutingEvent, frozen=True, kw_only=True):
    """It is an SQL: the answers that the agreement requires are given."""

    TYPE: ClassVar = "lead.sales_qualified"

    by: str
    answers: dict[str, str]


class LeadDisqualified(RoutingEvent, frozen=True, kw_only=True):
    """Not now: an offer to recycle, with a reason of the agreement and the answers that it asks for.

    `by`: who gives it up; `consent` where its person refused contact.
    """

    TYPE: ClassVar = "lead.disqualified"
    TOUCHES: ClassVar = ("offer",)

    by: str
    reason: str
    sub_reason: str = ""
    note: str = ""
    revisit_on: date | None = None
    answers: dict[str, str] = {}
    snapshot: Snapshot


class LeadStalled(RoutingEvent, frozen=True, kw_only=True):
    """Nobody touches it any more: an offer to recycle. `since`: the last touch, or when it was assigned."""

    TYPE: ClassVar = "lead.stalled"
    TOUCHES: ClassVar = ("offer",)

    reason: str = "stalled"
    since: Instant
    snapshot: Snapshot


class LeadLost(RoutingEvent, frozen=True, kw_only=True):
    """The deal is lost: an offer to recycle, with the answers that its reason asks for."""

    TYPE: ClassVar = "lead.lost"
    TOUCHES: ClassVar = ("offer",)

    by: str
    reason: str = "lost"
    sub_reason: str = ""
    note: str = ""
    revisit_on: date | None = None
    answers: dict[str, str] = {}
    snapshot: Snapshot


class HandoffOffered(RoutingEvent, frozen=True, kw_only=True):
    """The SDR offers it to an account executive; the SDR holds, and `answers`, until they accept."""

    TYPE: ClassVar = "handoff.offered"

    to: str
    due_at: Instant
    by: str | None = None
    answers: str | None = None


class HandoffRefused(RoutingEvent, frozen=True, kw_only=True):
    """The account executive said no, did not answer in time, or is asked no more, and `reason` says why.

    `deadlines`: the SDR's, which run again. `answers` is who answers from then on: the SDR, or whoever
    has the lead instead, as the executives' lead does after the second refusal.
    """

    TYPE: ClassVar = "handoff.refused"

    by: str
    reason: str
    deadlines: tuple[Deadline, ...] = ()
    answers: str | None = None


class LeadWon(Event, frozen=True, kw_only=True):
    """Revenue: the journey is over. Said by the custodian of the moment. `value` is a decimal number."""

    TYPE: ClassVar = "lead.won"
    TOPICS: ClassVar = (TOPIC, RECYCLE_TOPIC)
    TOUCHES: ClassVar = ("close",)

    by: str
    value: str | None = None
    currency: str | None = None


class LeadClosed(Event, frozen=True, kw_only=True):
    """It was no lead at all: the journey is over. Said by the custodian of the moment."""

    TYPE: ClassVar = "lead.closed"
    TOPICS: ClassVar = (TOPIC, RECYCLE_TOPIC)
    TOUCHES: ClassVar = ("close",)

    by: str
    reason: str
    note: str = ""


class LeadAbsorbed(Event, frozen=True, kw_only=True):
    """What became of the lead that was merged away; its custodian says so, keyed by the survivor.

    Of a lead that sales had: its `team`, whether its rep had `accepted` it, and the meeting that is ahead.
    """

    TYPE: ClassVar = "lead.absorbed"
    TOPICS: ClassVar = (SCORING_TOPIC, TOPIC, RECYCLE_TOPIC)

    absorbed: LeadId
    stage: Stage
    holder: Holder
    number: int
    team: str | None = None
    accepted: bool = False
    meets_at: Instant | None = None
    attendee: str | None = None


class RepChanged(RoutingEvent, frozen=True, kw_only=True):
    """Who can hold leads. Keyed by person; of one who left, `deputy` answers for what they have on offer.

    `away_until`: the end of an absence that has begun; it is said again when it ends.
    """

    TYPE: ClassVar = "rep.changed"

    person: str
    active: bool
    teams: tuple[str, ...] = ()
    deputy: str | None = None
    away_until: Instant | None = None


EVENTS: Final = (
    LeadAssigned,
    LeadAccepted,
    LeadRejected,
    LeadContacted,
    MeetingBooked,
    MeetingHeld,
    MeetingMissed,
    MeetingCancelled,
    LeadReEngaged,
    LeadSnoozed,
    LeadResumed,
    LeadSalesQualified,
    LeadDisqualified,
    LeadStalled,
    LeadLost,
    HandoffOffered,
    HandoffRefused,
    LeadWon,
    LeadClosed,
    LeadAbsorbed,
    DeadlineReminded,
    DeadlineBreached,
    DeadlineMoved,
    RepChanged,
)
