"""How a receipt is kept with its inputs."""

from typing import Final

import msgspec

from services.scoring.domain.model import Kept
from shared.contracts import packing
from shared.contracts.packing import PackedReceipt


class _Row(msgspec.Struct, array_like=True, frozen=True):
    """The fields by their order: new ones come last, with a default, and none ever goes."""

    receipt: PackedReceipt
    first: int
    last: int
    without: tuple[int, ...]
    united: int
    united_folded: int
    fast_seq: int = 0
    fast_at: int | None = None


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Row)


def packed(kept: Kept) -> bytes:
    """A receipt and its inputs, in few bytes."""
    receipt = packing.packed(kept.receipt)
    row = _Row(
        receipt,
        kept.first,
        kept.last,
        kept.without,
        kept.united,
        kept.united_folded,
        kept.fast_seq,
        kept.fast_at,
    )
    return _encoder.encode(row)


def unpacked(kept: bytes) -> Kept:
    """What was packed."""
    row = _decoder.decode(kept)
    receipt = packing.unpacked(row.receipt)
    return Kept(
        receipt, row.first, row.last, row.without, row.united, row.united_folded, row.fast_seq, row.fast_at
    )
