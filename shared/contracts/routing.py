"""What routing says, on `baton.routing`: who answers for a lead, what they did, and how the clocks ran."""

from datetime import date, datetime
from typing import ClassVar, Final, Literal

from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.values import Deadline, RouteReceipt, Snapshot
from shared.terms import LeadId, Stage

TOPIC: Final = "baton.routing"
RECYCLE_TOPIC: Final = "baton.recycle"
SCORING_TOPIC: Final = "baton.scoring"

Why = Literal[
    "new",
    "set aside",
    "returned",
    "reassigned",
    "escalated",
    "left",
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
    """This rep or queue answers for it now. The only event of routing that takes or moves."""

    TYPE: ClassVar = "lead.assigned"

    owner: Holder
    why: Why
    team: str | None = None
    stage: Stage = Stage.MQL
    deadlines: tuple[Deadline, ...] = ()
    receipt: RouteReceipt
    captured_at: datetime | None = None


class LeadAccepted(RoutingEvent, frozen=True, kw_only=True):
    """A rep says yes: it is an SAL."""

    TYPE: ClassVar = "lead.accepted"

    by: str


class LeadRejected(RoutingEvent, frozen=True, kw_only=True):
    """A rep says no, with a reason of the agreement's `reject`."""

    TYPE: ClassVar = "lead.rejected"

    by: str
    reason: str
    what_follows: Literal["dispute", "reroute", "merge", "close"]
    note: str = ""


class LeadContacted(RoutingEvent, frozen=True, kw_only=True):
    """One attempt or conversation."""

    TYPE: ClassVar = "lead.contacted"

    by: str
    channel: str
    direction: Literal["out", "in"] = "out"
    outcome: str = ""
    attempt: int
    reported_by: Literal["rep", "tool"] = "rep"


class MeetingBooked(RoutingEvent, frozen=True, kw_only=True):
    """A meeting is ahead."""

    TYPE: ClassVar = "meeting.booked"

    starts_at: datetime
    attendee: str


class MeetingHeld(RoutingEvent, frozen=True, kw_only=True):
    """The meeting took place."""

    TYPE: ClassVar = "meeting.held"

    starts_at: datetime
    attendee: str


class MeetingMissed(RoutingEvent, frozen=True, kw_only=True):
    """The lead did not come."""

    TYPE: ClassVar = "meeting.missed"

    starts_at: datetime
    attendee: str


class LeadReEngaged(RoutingEvent, frozen=True, kw_only=True):
    """A lead that somebody holds acts again."""

    TYPE: ClassVar = "lead.re_engaged"

    activity_type: str
    told: str


class LeadSalesQualified(RoutingEvent, frozen=True, kw_only=True):
    """It is an SQL: the answers that the agreement requires are given."""

    TYPE: ClassVar = "lead.sales_qualified"

    by: str
    answers: dict[str, str]


class LeadDisqualified(RoutingEvent, frozen=True, kw_only=True):
    """Not now: an offer to recycle, with a reason of the agreement."""

    TYPE: ClassVar = "lead.disqualified"

    by: str
    reason: str
    sub_reason: str = ""
    note: str = ""
    revisit_on: date | None = None
    snapshot: Snapshot


class LeadStalled(RoutingEvent, frozen=True, kw_only=True):
    """Nobody touches it any more: an offer to recycle."""

    TYPE: ClassVar = "lead.stalled"

    reason: str = "stalled"
    since: datetime
    snapshot: Snapshot


class LeadLost(RoutingEvent, frozen=True, kw_only=True):
    """The deal is lost: an offer to recycle."""

    TYPE: ClassVar = "lead.lost"

    by: str
    reason: str = "lost"
    note: str = ""
    snapshot: Snapshot


class HandoffOffered(RoutingEvent, frozen=True, kw_only=True):
    """The SDR offers it to an account executive; the SDR holds until they accept."""

    TYPE: ClassVar = "handoff.offered"

    to: str
    due_at: datetime


class HandoffRefused(RoutingEvent, frozen=True, kw_only=True):
    """The account executive said no, or did not answer in time."""

    TYPE: ClassVar = "handoff.refused"

    by: str
    reason: str


class LeadWon(Event, frozen=True, kw_only=True):
    """Revenue: the journey is over. Said by the custodian of the moment."""

    TYPE: ClassVar = "lead.won"
    TOPICS: ClassVar = (TOPIC, RECYCLE_TOPIC)

    by: str
    value: str | None = None
    currency: str | None = None


class LeadClosed(Event, frozen=True, kw_only=True):
    """It was no lead at all: the journey is over. Said by the custodian of the moment."""

    TYPE: ClassVar = "lead.closed"
    TOPICS: ClassVar = (TOPIC, RECYCLE_TOPIC)

    by: str
    reason: str


class LeadAbsorbed(Event, frozen=True, kw_only=True):
    """What became of the lead that was merged away. Keyed by the survivor; said by the absorbed lead's custodian."""

    TYPE: ClassVar = "lead.absorbed"
    TOPICS: ClassVar = (SCORING_TOPIC, TOPIC, RECYCLE_TOPIC)

    absorbed: LeadId
    stage: Stage
    holder: Holder
    number: int


class DeadlineReminded(RoutingEvent, frozen=True, kw_only=True):
    """The clock is running out."""

    TYPE: ClassVar = "deadline.reminded"

    deadline: Deadline
    owner: str


class DeadlineBreached(RoutingEvent, frozen=True, kw_only=True):
    """The clock has run out. `late_by_s` in seconds; `spent` in seconds by whose time it was."""

    TYPE: ClassVar = "deadline.breached"

    deadline: Deadline
    owner: str
    late_by_s: int
    spent: dict[str, int] = {}


class RepChanged(RoutingEvent, frozen=True, kw_only=True):
    """Who can hold leads. Keyed by person; `deputy` answers for the open offers of one who left."""

    TYPE: ClassVar = "rep.changed"

    person: str
    active: bool
    teams: tuple[str, ...] = ()
    deputy: str | None = None


EVENTS: Final = (
    LeadAssigned,
    LeadAccepted,
    LeadRejected,
    LeadContacted,
    MeetingBooked,
    MeetingHeld,
    MeetingMissed,
    LeadReEngaged,
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
    RepChanged,
)
