"""What scoring measures about its leads."""

from typing import Final

from prometheus_client import Gauge

from services.scoring import store
from shared.runtime.tx import Tx

leads: Final = Gauge("baton_scoring_leads", "Leads that scoring has heard of, tombstones included.")


def sample(tx: Tx) -> None:
    """Refresh the gauges before a scrape."""
    leads.set(store.count_leads(tx))
