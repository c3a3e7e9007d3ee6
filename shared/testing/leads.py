"""Leads for tests; a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from shared.baton import Handover, Holder
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import ActivityRecorded, LeadCaptured
from shared.contracts.values import Activity, Company, Email, Person
from shared.terms import Consent, LeadId

NOON: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
INTAKE: Final = Holder("intake", "intake", "maya@acme.example")


def lead_id(name: str = "ana") -> LeadId:
    """The same name is the same lead."""
    return LeadId(str(uuid5(NAMESPACE_URL, name)))


def activity(seq: int = 1, type: str = "form_submitted", *, at: datetime = NOON, **more: Any) -> Activity:
    """Something a lead did."""
    return Activity(seq=seq, type=type, at=at, source="website", **more)


def captured(name: str = "ana", *, first: Activity | None = None, **more: Any) -> LeadCaptured:
    """A lead, just captured: Ana, who directs operations at a small company, and consents."""
    known: dict[str, Any] = {
        "person": Person(name=f"{name.title()} Silva", title="Operations Director", country="PT"),
        "email": Email(address=f"{name}@northwind.example", domain="northwind.example"),
        "company": Company(name="Northwind", domain="northwind.example", employees=120, industry="software"),
        "consent": Consent.GRANTED,
        "source": "website",
    }
    return LeadCaptured(
        handover=Handover(kind="open", number=1, taker=INTAKE),
        activity=first or activity(),
        **{**known, **more},
    )


def recorded(seq: int, type: str = "page_viewed", **more: Any) -> ActivityRecorded:
    """A known lead did something more."""
    return ActivityRecorded(activity=activity(seq, type, **more))


def heard(
    event: Event, name: str = "ana", *, id: str = "", at: datetime = NOON, source: str = "ingest"
) -> Heard[Any]:
    """An event as a handler gets it."""
    return Heard(
        id=id or f"{event.name()}/{name}/{at}", lead=lead_id(name), source=source, at=at, event=event
    )
