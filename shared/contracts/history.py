"""What was recorded of a lead, for a look back: no event, but a line of `GET /v1/history`."""

from shared.contracts.values import Account, Activity, Company, Email, Instant, Person, Value
from shared.terms import Consent, LeadId


class Recorded(Value, frozen=True, kw_only=True):
    """A lead with all that it did, in the order in which it was recorded.

    Person, company, consent and account are as they are known now; `source`, `campaign` and `captured_via`
    as they were at the capture.
    """

    lead: LeadId
    captured_at: Instant
    person: Person = Person()
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    source: str = ""
    campaign: str | None = None
    captured_via: str = "form"
    account: Account | None = None
    activities: tuple[Activity, ...]
