"""Is the score right? What became of leads in sales, by what their score was made of."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

from services.scoring.domain.judging import Outcome
from services.scoring.domain.model import Kept
from shared.agreement import Agreement

BAND: Final = 10
_VALUE_MAX: Final = 200
_FALSE_ALARM: Final = 0.01
"""How likely all comparisons together are to raise an alarm by chance."""
_OF_THE_ACCEPTED: Final = frozenset({"sql", "won"})
_NOT_ACCEPTED: Final = "not accepted"
"""The reason under which these are counted that had not been: a CRM may report a deal that no rep took."""
_ENOUGH: Final = 20
"""Leads on each side of a comparison; fewer show nothing, and the normal approximation would not hold."""


class Key(NamedTuple):
    """What is counted: leads with this `value` of what they are counted `by` that came to this outcome."""

    agreement: str
    by: str
    value: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One value, such as the band 60-69, and its leads by outcome."""

    by: str
    value: str
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]

    def share(self, of: str, among: Iterable[str]) -> float | None:
        """How many of the leads came to `of`, from 0 to 1; None if there are none."""
        did, whole = self.came_to(of, among)
        return did / whole if whole else None

    def came_to(self, of: str, among: Iterable[str]) -> tuple[int, int]:
        """How many leads did, of how many; of what follows an acceptance, those that had been accepted."""
        whole = sum(self.outcomes.get(name, 0) for name in among)
        did = self.outcomes.get(of, 0) - self.reasons.get(f"{of}: {_NOT_ACCEPTED}", 0)
        # By another version, whoever was accepted as unknown may be won as outside of all segments.
        return min(did, whole), whole


@dataclass(frozen=True, slots=True)
class Alarm:
    """A higher band that converts worse than a lower one, beyond chance. `z` in standard errors."""

    outcome: str
    higher: str
    lower: str
    higher_share: float
    lower_share: float
    z: float

    @property
    def sentence(self) -> str:
        return (
            f"{self.higher_share:.0%} of the leads scored {self.higher} are {self.outcome}, and"
            f" {self.lower_share:.0%} of those scored {self.lower}: the higher score means less"
        )


def keys_of(kept: Kept, outcome: Outcome, agreement: Agreement) -> list[Key]:
    """Under what one outcome of one lead is counted."""
    receipt = kept.receipt
    nowhere = "unknown" if agreement.unknown_for_segment(receipt.facts) else "outside"
    values = [
        ("band", band_of(receipt.score)),
        ("grade", receipt.grade),
        ("segment", str(receipt.facts.get("segment", nowhere))),
        ("source", str(receipt.facts.get("source", "none"))),
        *(("rule", name) for name in sorted({p.name for p in (*receipt.fit, *receipt.engagement)})),
    ]
    if receipt.fast_lane is not None:
        values.append(("rule", receipt.fast_lane))
    jumped = outcome.what in _OF_THE_ACCEPTED and not outcome.accepted
    reason = _NOT_ACCEPTED if jumped else outcome.reason[:_VALUE_MAX]
    found = (Key(receipt.agreement, by, value[:_VALUE_MAX], outcome.what, reason) for by, value in values)
    return list(dict.fromkeys(found))


def band_of(score: int) -> str:
    """The band of ten points in which a score lies: "60-69"; 100 belongs to the last."""
    low = min(score, 99) // BAND * BAND
    return f"{low:02d}-{low + BAND - 1:02d}"


def rows_of(counted: Mapping[Key, int], agreement: str | None = None) -> list[Row]:
    """The counts as a table, of one version of the agreement or of all."""
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for key, leads in counted.items():
        if agreement is not None and key.agreement != agreement:
            continue
        outcomes.setdefault((key.by, key.value), Counter())[key.outcome] += leads
        if key.reason:
            reasons.setdefault((key.by, key.value), Counter())[f"{key.outcome}: {key.reason}"] += leads
    return [Row(*row, outcomes[row], reasons.get(row, {})) for row in sorted(outcomes)]


def alarms(rows: Iterable[Row]) -> list[Alarm]:
    """The pairs of bands of which the higher is accepted, or becomes an SQL, less often, beyond chance."""
    bands = sorted((row for row in rows if row.by == "band"), key=lambda row: row.value)
    pairs = [
        (outcome, among, lower, higher)
        for outcome, among in (("accepted", ("accepted", "rejected")), ("sql", ("accepted",)))
        for lower, higher in combinations(bands, 2)
    ]
    limit = NormalDist().inv_cdf(1 - _FALSE_ALARM / max(1, len(pairs)))
    found = (_compared(*pair) for pair in pairs)
    return [alarm for alarm in found if alarm is not None and alarm.z > limit]


def _compared(outcome: str, among: tuple[str, ...], lower: Row, higher: Row) -> Alarm | None:
    """By how many standard errors the lower band does better, if there are leads enough to say."""
    (did_low, low), (did_high, high) = (row.came_to(outcome, among) for row in (lower, higher))
    if min(low, high) < _ENOUGH:
        return None
    together = (did_low + did_high) / (low + high)
    error = sqrt(together * (1 - together) * (1 / low + 1 / high))
    if error == 0:
        return None
    share_low, share_high = did_low / low, did_high / high
    return Alarm(outcome, higher.value, lower.value, share_high, share_low, (share_low - share_high) / error)
