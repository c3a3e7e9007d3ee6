"""What scoring measures about its leads, and whether their scores are right."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Gauge

from services.scoring.domain.calibration import Key, alarms, rows_of
from services.scoring.domain.drift import day_of, drifts
from services.scoring.store.leads import count_leads
from services.scoring.store.mix import read_mix
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
drift: Final = Gauge(
    "baton_scoring_drift",
    "How far the week's mix of first scores is from that of the four weeks before, beyond chance:"
    " population stability index. Right: below 0.1.",
    ["by"],
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
    moved = {one.by: one.beyond_chance for one in drifts(read_mix(tx, tx.agreement.ref), day_of(tx.now))}
    for by in ("band", "grade"):
        drift.labels(by).set(moved.get(by, 0.0))
