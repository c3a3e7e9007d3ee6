"""What recycle measures: does every lead have an owner, and how fast do they get to a rep."""

from typing import Final

from prometheus_client import Gauge

from services.recycle.store.summary import summary
from shared.runtime.tx import Tx

without_owner: Final = Gauge(
    "baton_leads_without_owner", "Leads with nobody who is known to answer. Right: 0."
)
gap_seconds: Final = Gauge(
    "baton_owner_gap_seconds", "Time in which nobody answered for a captured lead. Right: 0."
)
scored_late: Final = Gauge(
    "baton_scored_late", "Leads that wait for their score for longer than the agreement allows. Right: 0."
)
leads: Final = Gauge("baton_leads", "Captured leads by what became of them.", ["state"])
fallback: Final = Gauge("baton_held_by_fallback", "Leads in the hands of a fallback.", ["kind"])
fallback_oldest: Final = Gauge(
    "baton_held_by_fallback_oldest_seconds", "How long the oldest of them has been there.", ["kind"]
)
offer_oldest: Final = Gauge("baton_offer_oldest_seconds", "How long the oldest offer waits for its answer.")
as_of: Final = Gauge("baton_ledger_as_of_seconds", "How far the ledger is behind.")

KINDS: Final = ("intake", "queue", "deputy")


def sample(tx: Tx) -> None:
    """Refresh the gauges before a scrape."""
    now = summary(tx)
    without_owner.set(now.leads_without_owner)
    gap_seconds.set(now.owner_gap_seconds)
    scored_late.set(now.scored_late)
    for state in ("captured", "held", "merged", "erased", "closed"):
        leads.labels(state).set(getattr(now, state))
    for kind in KINDS:
        held = now.fallback.get(kind)
        fallback.labels(kind).set(held.leads if held is not None else 0)
        fallback_oldest.labels(kind).set(held.oldest_s if held is not None else 0)
    offer_oldest.set(now.offer_oldest_s)
    if now.as_of is not None:
        as_of.set(max(0.0, (tx.now - now.as_of).total_seconds()))
