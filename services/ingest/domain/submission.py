"""What a source told us, in our words: one person, one activity. The nouns of ingest; they decide nothing."""

from dataclasses import dataclass, field
from datetime import datetime

from services.ingest.domain.sources import How
from shared.contracts.values import Activity, Company, Email, Person
from shared.effects import PolicyError
from shared.terms import Consent


class CannotUnderstand(PolicyError):
    """A genuine message that does not say what we need. Names the field, never quotes its personal value."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ignored:
    """A genuine message that asks nothing of us, such as a half-filled form. It is acknowledged."""

    reason: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something the person did, before it is counted. `own_id`: the source's own id of it.

    `message`: what they wrote, in their own words.
    """

    type: str
    at: datetime
    url: str | None = None
    asset: str | None = None
    product: str | None = None
    own_id: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One person who did one thing, as one source says.

    `connector` is the source's name in our settings: it qualifies ids and says who told us. `source` is
    where the person came from (`newsletter`, `partner-portal`), the connector if the payload does not say.
    `own_id` is the source's own id of the person; `phone_e164` is set if the number identifies one. `doubts`
    are values left out because nothing can be made of them, by field, each with the reason.
    """

    connector: str
    source: str
    how: How
    act: Act
    campaign: str | None = None
    person: Person = field(default_factory=Person)
    email: Email | None = None
    company: Company = field(default_factory=Company)
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    own_id: str | None = None
    phone_e164: str | None = None
    delivery_id: str | None = None
    doubts: tuple[tuple[str, str], ...] = ()

    def activity(self, seq: int) -> Activity:
        """The activity as the lead's `seq`-th."""
        return Activity(
            seq=seq,
            type=self.act.type,
            at=self.act.at,
            source=self.source,
            url=self.act.url,
            asset=self.act.asset,
            campaign=self.campaign,
            product=self.act.product,
            own_id=self.act.own_id,
            message=self.act.message,
        )
