"""How a receipt is kept: every word once, every line a row of numbers.

A receipt repeats its words, and JSON its names. This takes some more bytes than JSON that zlib compressed, for
a quarter of the time. Rows from before are JSON, plain or compressed, and are read as ever.
"""

import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from services.scoring.domain.model import Kept
from shared.contracts.values import Fact, Point, RuleTried, ScoreReceipt

_PLAIN: Final = b"{"
_ZLIB: Final = b"x"
_Line = tuple[int, int, int, int, datetime | None, int | None, int | None, int | None, int | None]
"""A point: name, sentence, points, worth, at, seq, activity, uncapped, cap; texts by their places."""


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    """The fields by their order: new ones come last, with a default, and none ever goes."""

    texts: tuple[str, ...]
    fit: list[_Line]
    engagement: list[_Line]
    agreement: str
    at: datetime
    fit_points: int
    engagement_points: int
    grade: str
    score: int
    missing: tuple[str, ...]
    fast_lane: str | None
    set_aside: RuleTried | None
    number: int
    facts: dict[str, Fact]
    lists: dict[str, str]
    first: int
    last: int
    without: tuple[int, ...]
    united: int
    united_folded: int


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Packed)
_json: Final = msgspec.json.Decoder(Kept)


def packed(kept: Kept) -> bytes:
    """A receipt and its inputs, in few bytes."""
    receipt, places = kept.receipt, dict[str, int]()
    fit, engagement = _lines(receipt.fit, places), _lines(receipt.engagement, places)
    row = _Packed(
        tuple(places),
        fit,
        engagement,
        receipt.agreement,
        receipt.at,
        receipt.fit_points,
        receipt.engagement_points,
        receipt.grade,
        receipt.score,
        receipt.missing,
        receipt.fast_lane,
        receipt.set_aside,
        receipt.number,
        receipt.facts,
        receipt.lists,
        kept.first,
        kept.last,
        kept.without,
        kept.united,
        kept.united_folded,
    )
    return _encoder.encode(row)


def _lines(points: Iterable[Point], places: dict[str, int]) -> list[_Line]:
    place = places.setdefault
    return [
        (
            place(one.name, len(places)),
            place(one.sentence, len(places)),
            one.points,
            one.worth,
            one.at,
            one.seq,
            None if one.activity is None else place(one.activity, len(places)),
            one.uncapped,
            None if one.cap is None else place(one.cap, len(places)),
        )
        for one in points
    ]


def unpacked(kept: bytes) -> Kept:
    """What was packed, also before it was done this way."""
    if kept.startswith((_PLAIN, _ZLIB)):
        return _json.decode(kept if kept.startswith(_PLAIN) else zlib.decompress(kept))
    row = _decoder.decode(kept)
    receipt = ScoreReceipt(
        agreement=row.agreement,
        at=row.at,
        fit=_points(row.fit, row.texts),
        engagement=_points(row.engagement, row.texts),
        fit_points=row.fit_points,
        engagement_points=row.engagement_points,
        grade=row.grade,
        score=row.score,
        missing=row.missing,
        fast_lane=row.fast_lane,
        set_aside=row.set_aside,
        number=row.number,
        facts=row.facts,
        lists=row.lists,
    )
    return Kept(receipt, row.first, row.last, row.without, row.united, row.united_folded)


def _points(lines: Iterable[_Line], texts: tuple[str, ...]) -> tuple[Point, ...]:
    def text(place: int | None) -> str | None:
        return None if place is None else texts[place]

    return tuple(
        Point(
            name=texts[name],
            points=points,
            sentence=texts[sentence],
            worth=worth,
            at=at,
            seq=seq,
            activity=text(activity),
            uncapped=uncapped,
            cap=text(cap),
        )
        for name, sentence, points, worth, at, seq, activity, uncapped, cap in lines
    )
