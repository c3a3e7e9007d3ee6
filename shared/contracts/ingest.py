"""What ingest says, on `baton.ingest`: who was captured, what they did, who was merged, who was erased."""

from datetime import datetime
from typing import ClassVar, Final, Literal

from shared.contracts.envelope import Event
from shared.contracts.values import Activity, Company, Email, Person
from shared.terms import Consent, LeadId

TOPIC: Final = "baton.ingest"


class IngestEvent(Event, frozen=True, kw_only=True):
    """An event that ingest says."""

    TOPICS: ClassVar = (TOPIC,)


class LeadCaptured(IngestEvent, frozen=True, kw_only=True):
    """A new person is known, durably. Opens the baton: the intake desk answers. `earlier` is the closed lead they were."""

    TYPE: ClassVar = "lead.captured"

    person: Person
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    source: str
    campaign: str | None = None
    how: Literal["form", "import", "api"] = "form"
    activity: Activity
    earlier: LeadId | None = None
    earlier_was_no_lead: bool = False


class LeadUpdated(IngestEvent, frozen=True, kw_only=True):
    """We know more, or better, about a known lead: its fields as they are now, and which source said each."""

    TYPE: ClassVar = "lead.updated"

    person: Person
    email: Email | None = None
    company: Company = Company()
    said_by: dict[str, str] = {}


class ActivityRecorded(IngestEvent, frozen=True, kw_only=True):
    """A known lead did something."""

    TYPE: ClassVar = "activity.recorded"

    activity: Activity


class ConsentChanged(IngestEvent, frozen=True, kw_only=True):
    """What may be done with this person changed."""

    TYPE: ClassVar = "consent.changed"

    consent: Consent
    channel: str = "all"
    proof: str = ""


class AccountUpdated(IngestEvent, frozen=True, kw_only=True):
    """What the CRM says of the company. Keyed by domain."""

    TYPE: ClassVar = "account.updated"

    domain: str
    relation: Literal["prospect", "customer", "partner"] = "prospect"
    owner: str | None = None
    manager: str | None = None
    pod: str | None = None
    open_opportunity: str | None = None
    opportunity_owner: str | None = None


class LeadMerged(IngestEvent, frozen=True, kw_only=True):
    """Two leads were one. Keyed by the absorbed lead, whose journey ends here; the survivor goes on."""

    TYPE: ClassVar = "lead.merged"
    TOMBSTONE: ClassVar = True

    survivor: LeadId
    proved_by: str = ""


class LeadErased(IngestEvent, frozen=True, kw_only=True):
    """A person asked to be forgotten. Nothing but the lead's id is kept, by anyone."""

    TYPE: ClassVar = "lead.erased"
    TOMBSTONE: ClassVar = True


class OutcomeReported(IngestEvent, frozen=True, kw_only=True):
    """The CRM says what became of it."""

    TYPE: ClassVar = "outcome.reported"

    outcome: Literal["opportunity", "won", "lost"]
    happened_at: datetime
    value: str | None = None
    currency: str | None = None


EVENTS: Final = (
    LeadCaptured,
    LeadUpdated,
    ActivityRecorded,
    ConsentChanged,
    AccountUpdated,
    LeadMerged,
    LeadErased,
    OutcomeReported,
)
