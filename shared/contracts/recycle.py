"""What recycle says, on `baton.recycle`: who nurtures a lead and until when, and whether every lead has an owner."""

from datetime import datetime
from typing import ClassVar, Final

from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.values import Snapshot
from shared.terms import LeadId

TOPIC: Final = "baton.recycle"
ANY_CUSTODIAN: Final = ("baton.scoring", "baton.routing", "baton.recycle")


class RecycleEvent(Event, frozen=True, kw_only=True):
    """An event that recycle says."""

    TOPICS: ClassVar = (TOPIC,)


class LeadRecycled(RecycleEvent, frozen=True, kw_only=True):
    """The track has acknowledged, or a desk took it: its owner answers now. A take, or a move between tracks."""

    TYPE: ClassVar = "lead.recycled"

    owner: Holder
    reason: str
    not_before: datetime | None = None
    condition: str = ""
    round: int = 0


class LeadRecycleRefused(RecycleEvent, frozen=True, kw_only=True):
    """The track did not acknowledge in time: a refusal."""

    TYPE: ClassVar = "lead.recycle_refused"

    track: str
    reason: str


class LeadReturned(RecycleEvent, frozen=True, kw_only=True):
    """A new signal, after the earliest date or on a fast lane: an offer to routing."""

    TYPE: ClassVar = "lead.returned"

    signal: str
    round: int
    first_time: bool = False
    avoid: str | None = None
    prefer: str | None = None
    snapshot: Snapshot


class OwnerMissing(RecycleEvent, frozen=True, kw_only=True):
    """The promise was broken: the named custodian must answer with a move or a confirmation."""

    TYPE: ClassVar = "owner.missing"

    custodian: str
    problem: str
    since: datetime


class OwnerRestored(RecycleEvent, frozen=True, kw_only=True):
    """The promise holds again. `for_s`: how long nobody answered, in seconds."""

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
    """Marketing and sales disagree about a lead."""

    TYPE: ClassVar = "dispute.opened"

    by: str
    reason: str
    note: str = ""
    ruled_by: datetime


class DisputeRuled(RecycleEvent, frozen=True, kw_only=True):
    """The arbiter has ruled, or stayed silent too long."""

    TYPE: ClassVar = "dispute.ruled"

    ruling: str
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
