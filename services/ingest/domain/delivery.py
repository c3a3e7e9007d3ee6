"""Has this delivery come before? Ids derived from what caused them, so that doing work twice does it once."""

import hashlib
from typing import Final

from shared.contracts.envelope import derived_id
from shared.terms import LeadId

LEAD_SPACE: Final = bytes.fromhex("5f1b7a0e3c0a5d0c9b1f4a6e8d2c7b90")
"""The namespace of lead ids (RFC 9562). It never changes: a repeated delivery would become another lead."""


def fingerprint(body: bytes) -> str:
    """What a body is recognised by: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(body).hexdigest()


def delivery_key(delivery_id: str | None, body: bytes) -> str:
    """What a source's repeat of a delivery has in common with the first: its own id, else the body itself."""
    return f"id:{delivery_id}" if delivery_id else f"sha256:{fingerprint(body)}"


def delivery_of(source: str, key: str, row: int = 0) -> str:
    """One person's part of a delivery: `source/key/row`; the row counts within an import and is else 0."""
    return f"{source}/{key}/{row}"


def lead_id(delivery: str) -> LeadId:
    """The id of the lead that this delivery would start: UUIDv5 of its cause, never of an identity.

    So an erased person may come back as somebody new.
    """
    return LeadId(derived_id(LEAD_SPACE, delivery))
