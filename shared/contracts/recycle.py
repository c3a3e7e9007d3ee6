"""What recycle says, on `baton.recycle`: who nurtures a lead and until when; has every lead an owner?"""

from typing import ClassVar, Final, Literal

from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.values import Evidence, Instant, RecycleReceipt, Snapshot, Whose
from shared.terms import LeadId

TOPIC: Final = "baton.recycle"
ANY_CUSTODIAN: Final = ("baton.scoring", "baton.routing", "baton.recycle")

Ruling = Literal["marketing", "sales", "silence"]
"""Marketing is right: the rules route it. Sales is: it is offered to recycle. Silence: the deputy has it."""


class RecycleEvent(Event, frozen=True, kw_only=True):
    """An event that recycle says."""

    TOPICS: ClassVar = (TOPIC,)


class LeadRecycled(RecycleEvent, frozen=True, kw_only=True):
    """The track has acknowledged, or a desk took it: its owner answers now. A take, or a move between tracks.

    `reason` is why it was given up. `condition` says in words what brings it back, not before `not_before`.
    """

    TYPE: ClassVar = "lead.recycled"
    TOUCHES: ClassVar = ("take", "move")

    owner: Holder
    reason: str
    not_before: Instant | None = None
    condition: str = ""
    round: int = 0
    receipt: RecycleReceipt | None = None


class LeadRecycleRefused(RecycleEvent, frozen=True, kw_only=True):
    """The track did not acknowledge in time: a refusal. Routing gives the lead to the deputy."""

    TYPE: ClassVar = "lead.recycle_refused"
    TOUCHES: ClassVar = ("refuse",)

    track: str
    reason: str


class LeadReturned(RecycleEvent, frozen=True, kw_only=True):
    """A new signal, after the earliest date or on a fast lane: an offer to routing.

    `signal` says what it was, in words; `reason` why the lead had been given up, `track` and `since` where it
    was and from when. `first_time`: it has never been with sales. Never give it to `avoid`; rather to
    `prefer` than by the rules. `whose`: it turned out to be somebody else's, and goes to them, as no MQL.
    """

    TYPE: ClassVar = "lead.returned"
    TOUCHES: ClassVar = ("offer",)

    signal: str
    round: int
    first_time: bool = False
    avoid: str | None = None
    prefer: str | None = None
    reason: str = ""
    track: str | None = None
    since: Instant | None = None
    receipt: RecycleReceipt | None = None
    whose: Whose | None = None
    snapshot: Snapshot


class OwnerMissing(RecycleEvent, frozen=True, kw_only=True):
    """The promise was broken: the named custodian must answer with a move or a confirmation.

    `number` and `holder` are what the ledger last heard.
    """

    TYPE: ClassVar = "owner.missing"

    custodian: str
    problem: str
    since: Instant
    number: int | None = None
    holder: Holder | None = None


class OwnerRestored(RecycleEvent, frozen=True, kw_only=True):
    """The promise holds again. `for_s`: how long nobody answered, in seconds; `by`: what restored it."""

    TYPE: ClassVar = "owner.restored"

    for_s: float
    by: str


class OwnerConfirmed(Event, frozen=True, kw_only=True):
    """A custodian's answer to the auditor: this is who holds it, under this number."""

    TYPE: ClassVar = "owner.confirmed"
    TOPICS: ClassVar = ANY_CUSTODIAN

    number: int
    holder: Holder


class DisputeOpened(RecycleEvent, frozen=True, kw_only=True):
    """Marketing and sales disagree about a lead. `arbiter` must rule; `ruled_by` is the instant by which."""

    TYPE: ClassVar = "dispute.opened"

    by: str
    reason: str
    note: str = ""
    ruled_by: Instant
    arbiter: str | None = None
    evidence: Evidence | None = None


class DisputeRuled(RecycleEvent, frozen=True, kw_only=True):
    """The arbiter has ruled, or stayed silent too long."""

    TYPE: ClassVar = "dispute.ruled"

    ruling: Ruling
    by: str
    note: str = ""
    lead: LeadId | None = None


EVENTS: Final = (
    LeadRecycled,
    LeadRecycleRefused,
    LeadReturned,
    OwnerMissing,
    OwnerRestored,
    OwnerConfirmed,
    DisputeOpened,
    DisputeRuled,
)
