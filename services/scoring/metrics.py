"""What scoring measures about its leads, and whether their scores are right."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge

from services.scoring.domain.calibration import Key, alarms, rows_of
from services.scoring.store.leads import count_leads
from services.scoring.store.outcomes import read_outcomes
from shared.runtime.tx import Tx

leads: Final = Gauge("baton_scoring_leads", "Leads that scoring has heard of, tombstones included.")
outcomes: Final = Counter(
    "baton_scoring_outcomes",
    "What became of leads in sales, by the band of their score.",
    ["band", "outcome"],
)
inversions: Final = Gauge(
    "baton_scoring_inversions",
    "Pairs of score bands of which the higher converts worse, beyond chance. Right: 0.",
)


def note(counted: Mapping[Key, int]) -> None:
    """Count what became of leads."""
    for key, number in counted.items():
        if key.by == "band":
            outcomes.labels(key.value, key.outcome).inc(number)


def sample(tx: Tx) -> None:
    """Refresh the gauges before a scrape."""
    leads.set(count_leads(tx))
    inversions.set(len(alarms(rows_of(read_outcomes(tx), tx.agreement.ref))))
