"""What ingest measures: webhooks by outcome, and whether sources still send the fields that they used to."""

from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge

from services.ingest.domain.submission import Submission
from services.ingest.store.leads import count_leads
from shared.runtime.tx import Tx

webhooks: Final = Counter("baton_webhook", "Webhooks received.", ["source", "outcome"])
submissions: Final = Counter("baton_source_submissions", "Submissions understood.", ["source"])
field_presence: Final = Counter(
    "baton_source_field_presence",
    "Submissions that carried a field; a sudden fall is an alarm.",
    ["source", "field"],
)
leads: Final = Gauge("baton_ingest_leads", "Leads by how their journey stands.", ["ending"])


def count_fields(sender: str, said: Submission) -> None:
    """Count which of the watched fields a submission carried. `sender`: a configured source, or the edge."""
    present = {
        "email": said.email,
        "phone": said.person.phone,
        "title": said.person.title,
        "country": said.person.country,
        "company.name": said.company.name,
        "company.employees": said.company.employees,
        "consent": said.consent if said.consent != "unknown" else None,
    }
    _submissions_of(sender).inc()
    for name, value in present.items():
        seen = _presence_of(sender, name)  # Also what stays at 0 is shown, so that it can be missed.
        if value is not None:
            seen.inc()


# To look up a series by its labels costs more than to count.


@cache
def _submissions_of(sender: str) -> Counter:
    return submissions.labels(sender)


@cache
def _presence_of(sender: str, name: str) -> Counter:
    return field_presence.labels(sender, name)


def sample(tx: Tx) -> None:
    """Refresh the gauges before a scrape."""
    counts = count_leads(tx)
    for ending in ("living", "closed", "merged", "erased"):
        leads.labels(ending).set(counts.get(ending, 0))
