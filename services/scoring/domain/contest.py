"""A line of a receipt that somebody says is wrong: kept with its reason, for the next agreement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.scoring.domain.calibration import Key
from services.scoring.domain.model import Kept
from shared.contracts.values import Point, ScoreReceipt
from shared.effects import CommandRefused
from shared.terms import LeadId


class Contest(msgspec.Struct, frozen=True):
    """Who contests which line of which receipt, what the line said, and why. Open until it is settled.

    One that was settled and is contested again has the note of the last time.
    """

    lead_id: LeadId
    number: int
    line: str
    by: str
    agreement: str
    said: str
    reason: str
    at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against a rule of an agreement: its open contests, and rejects of leads that it scored."""

    agreement: str
    line: str
    contests: tuple[Contest, ...]
    rejects: Mapping[str, int]


def contest(lead: LeadId, kept: Kept, line: str, by: str, reason: str, at: datetime) -> Contest:
    """Contest one line. Raises CommandRefused if the receipt has no such line."""
    said = lines_of(kept.receipt)
    if line not in said:
        known = ", ".join(f"'{name}'" for name in said) or "it has none"
        raise CommandRefused("unknown", f"this receipt has no line '{line[:80]}'; its lines are: {known}")
    receipt = kept.receipt
    return Contest(lead, receipt.number, line, by, receipt.agreement, said[line], reason, at)


def lines_of(receipt: ScoreReceipt) -> dict[str, str]:
    """The rules that a receipt names, each with what it says."""
    lines = {point.name: _said(point) for point in (*receipt.engagement, *receipt.fit)}
    if receipt.fast_lane is not None:
        lines[receipt.fast_lane] = "an MQL whatever its score"
    if receipt.set_aside is not None:
        lines[receipt.set_aside.name] = f"set aside: {receipt.set_aside.sentence}"
    return lines


def doubts(contests: Iterable[Contest], counted: Mapping[Key, int]) -> list[Doubt]:
    """Open contests and rejects by rule, the most doubted first: where the next version of it starts."""
    contested: dict[tuple[str, str], list[Contest]] = {}
    rejected: dict[tuple[str, str], dict[str, int]] = {}
    for one in contests:
        contested.setdefault((one.agreement, one.line), []).append(one)
    for key, leads in counted.items():
        if key.by == "rule" and key.outcome == "rejected":
            rejected.setdefault((key.agreement, key.value), {})[key.reason] = leads
    found = [
        Doubt(*rule, tuple(contested.get(rule, ())), rejected.get(rule, {}))
        for rule in sorted(contested.keys() | rejected.keys())
    ]
    return sorted(found, key=lambda doubt: (-len(doubt.contests), -sum(doubt.rejects.values())))


def _said(point: Point) -> str:
    return f"{point.points:+d}: {point.sentence}"
