"""Receipts in words: what a decision rested on, line by line."""

from typing import Any, Final

import msgspec

from shared.contracts.packing import PackedReceipt, packed, unpacked
from shared.contracts.values import Point, RecycleReceipt, RouteReceipt, RuleTried, ScoreReceipt

Receipt = ScoreReceipt | RouteReceipt | RecycleReceipt
_KIND_OF_TYPE: Final[dict[str, type[Any]]] = {
    "lead.assigned": RouteReceipt,
    "lead.recycled": RecycleReceipt,
    "lead.returned": RecycleReceipt,
}
_encoder: Final = msgspec.json.Encoder()
_packing: Final = msgspec.msgpack.Encoder()
_unpacking: Final = msgspec.msgpack.Decoder(PackedReceipt)


def receipt_bytes(event: Any) -> bytes | None:
    """The event's receipt as it will be kept; None if it has none."""
    receipt = getattr(event, "receipt", None)
    if receipt is None:
        return None
    return _packing.encode(packed(receipt)) if isinstance(receipt, ScoreReceipt) else _encoder.encode(receipt)


def read_receipt(event_type: str, kept: bytes) -> Receipt:
    """A kept receipt. `event_type` says which kind it is: that of a score is packed."""
    kind = _KIND_OF_TYPE.get(event_type.partition(".v")[0])
    if kind is None:
        return unpacked(_unpacking.decode(kept))
    receipt: Receipt = msgspec.json.decode(kept, type=kind)
    return receipt


def lines(receipt: Receipt) -> list[str]:
    """The receipt, a line for each thing that counted."""
    if isinstance(receipt, ScoreReceipt):
        return _score_lines(receipt)
    if isinstance(receipt, RouteReceipt):
        return _route_lines(receipt)
    return _recycle_lines(receipt)


def _score_lines(receipt: ScoreReceipt) -> list[str]:
    found = [_point(point) for point in (*receipt.fit, *receipt.engagement)]
    found += [f"missing: {what}" for what in receipt.missing]
    if receipt.fast_lane:
        found.append(f"fast lane: {receipt.fast_lane}")
    sums = f"fit {receipt.fit_points} (grade {receipt.grade}), engagement {receipt.engagement_points}"
    return [*found, f"{sums}: score {receipt.score}", f"agreement {receipt.agreement}"]


def _point(point: Point) -> str:
    faded = f", worth {point.worth} now" if point.worth != point.points else ""
    return f"{point.points:+d} {point.name}: {point.sentence}{faded}"


def _route_lines(receipt: RouteReceipt) -> list[str]:
    found = [_rule(rule) for rule in receipt.rules]
    found += [f"{one.person}: {one.why_not or 'gets it'}" for one in receipt.candidates]
    found += [f"turn, {name}: {value}" for name, value in receipt.turn.items()]
    found += [*filter(None, [receipt.note]), *receipt.clocks, f"agreement {receipt.agreement}"]
    return [*found, f"receipt number {receipt.number}"] if receipt.number else found


def _recycle_lines(receipt: RecycleReceipt) -> list[str]:
    # Why is said in the sentence already.
    found = [_rule(rule) for rule in receipt.rules]
    if receipt.acknowledged_by:
        found.append(f"acknowledged by {receipt.acknowledged_by}")
    return [*found, f"agreement {receipt.agreement}"]


def _rule(rule: RuleTried) -> str:
    return f"{'✓' if rule.matched else '✗'} {rule.name}: {rule.sentence}"
