"""What ingest says, on `baton.ingest`: who was captured, what they did, who was merged, who was erased."""

from typing import ClassVar, Final, Literal

from shared.contracts.envelope import Event
from shared.contracts.values import Activity, Company, Email, Instant, Person
from shared.terms import Consent, LeadId

TOPIC: Final = "baton.ingest"


class IngestEvent(Event, frozen=True, kw_only=True):
    """An event that ingest says."""

    TOPICS: ClassVar = (TOPIC,)


class LeadCaptured(IngestEvent, frozen=True, kw_only=True):
    """A new person is known, durably. Opens the baton: the intake desk answers.

    `earlier` is the closed lead they were, if any. `own_ids`: the person's ids in the sources' own systems.
    """

    TYPE: ClassVar = "lead.captured"
    TOUCHES: ClassVar = ("open",)

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
    own_ids: dict[str, str] = {}


class LeadUpdated(IngestEvent, frozen=True, kw_only=True):
    """We know more, or better, about a known lead: its fields as they are now.

    `said_by` names the fields that changed (`title`, `company.employees`), each with the source that said so.
    """

    TYPE: ClassVar = "lead.updated"

    person: Person
    email: Email | None = None
    company: Company = Company()
    said_by: dict[str, str] = {}
    own_ids: dict[str, str] = {}


class ActivityRecorded(IngestEvent, frozen=True, kw_only=True):
    """A known lead did something."""

    TYPE: ClassVar = "activity.recorded"

    activity: Activity


class ConsentChanged(IngestEvent, frozen=True, kw_only=True):
    """What may be done with this person changed. `proof` says where it can be looked up."""

    TYPE: ClassVar = "consent.changed"

    consent: Consent
    channel: str = "all"
    proof: str = ""
    source: str = ""


class AccountUpdated(IngestEvent, frozen=True, kw_only=True):
    """What the CRM says of the company, all of it anew. Keyed by domain."""

    TYPE: ClassVar = "account.updated"

    domain: str
    account: str | None = None
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
    """The CRM says what became of it. `value`: a decimal number; `reason`: why it was lost, in its words."""

    TYPE: ClassVar = "outcome.reported"

    outcome: Literal["opportunity", "won", "lost"]
    happened_at: Instant
    value: str | None = None
    currency: str | None = None
    opportunity: str | None = None
    reason: str | None = None
    source: str = ""


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
