"""A line of a receipt that somebody says is wrong: kept with its reason, for the next agreement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.scoring.domain.calibration import Key
from services.scoring.domain.model import Kept
from services.scoring.domain.words import why_in_words
from shared.contracts.values import ScoreReceipt
from shared.effects import CommandRefused
from shared.terms import LeadId


class Contest(msgspec.Struct, frozen=True):
    """Who contests which line of which receipt, what the line said, and why. Open until it is settled.

    `place` tells lines of one rule apart, 0 is all of them together. One that was settled and is contested
    again has the note of the last time.
    """

    lead_id: LeadId
    number: int
    line: str
    by: str
    place: int
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
    """Contest a rule's lines, or one of them by all that it says. Raises CommandRefused if there is none."""
    receipt = kept.receipt
    lines = _lines_of(receipt)
    meant = [found for found in lines if line in (found.rule, found.whole)]
    if not meant:
        known = (
            ", ".join(f"'{rule}'" for rule in dict.fromkeys(found.rule for found in lines)) or "it has none"
        )
        raise CommandRefused("unknown", f"this receipt has no line '{line[:80]}'; its lines are: {known}")
    said = "; ".join(found.said for found in meant)
    rule = meant[0].rule
    of_rule = [found for found in lines if found.rule == rule]
    place = 0 if len(meant) == len(of_rule) else of_rule.index(meant[0]) + 1
    return Contest(lead, receipt.number, rule, by, place, receipt.agreement, said, reason, at)


class _Line(NamedTuple):
    """A line of a receipt: its rule, what it says, and all of it, as people read it."""

    rule: str
    said: str
    whole: str


def _lines_of(receipt: ScoreReceipt) -> list[_Line]:
    lines = []
    for point in (*receipt.engagement, *receipt.fit):
        points, why = f"{point.points:+d}", why_in_words(point, receipt)
        lines.append(_Line(point.name, f"{points}: {why}", f"{points} {point.name}: {why}"))
    if receipt.fast_lane is not None:
        lines.append(_Line(receipt.fast_lane, "an MQL whatever its score", receipt.fast_lane))
    if receipt.set_aside is not None:
        name, sentence = receipt.set_aside.name, receipt.set_aside.sentence
        lines.append(_Line(name, f"set aside: {sentence}", f"{name}: {sentence}"))
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
