"""The envelope around every event: CloudEvents 1.0, structured mode, JSON. Derived ids, bounded chains."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar

import msgspec

from shared.baton import Handover, Kind
from shared.contracts.values import Instant
from shared.terms import LeadId

EVENT_SPACE: Final = bytes.fromhex("8f0c2c7e5d0e5b539d0b6d3f6f2a7b10")
HOP_MAX: Final = 64
"""A lead that has caused this many events in one chain is in a loop: it is parked, loudly."""
EVENT_BYTES_MAX: Final = 256 * 1024
CONTENT_TYPE: Final = "application/cloudevents+json"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact about one lead. Subclasses are the contracts. Without a `handover` it is information.

    `TOUCHES`: the kinds of handover that it may carry. Fields may be added, with a default; any other change
    (of a name, a default, a meaning, one more word in a Literal) is a new VERSION beside the old one.
    """

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1
    TOPICS: ClassVar[tuple[str, ...]]
    TOUCHES: ClassVar[tuple[Kind, ...]] = ()
    TOMBSTONE: ClassVar[bool] = False

    handover: Handover | None = None

    @classmethod
    @cache
    def name(cls) -> str:
        """Type and version: `lead.captured.v1`."""
        return f"{cls.TYPE}.v{cls.VERSION}"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What travels. `subject` is the key (a lead's id for most), `data` the event, still undecoded."""

    # Without a default, so that it is always written: CloudEvents asks for it.
    specversion: Literal["1.0"]
    id: Annotated[str, msgspec.Meta(min_length=1)]
    type: str
    source: str
    subject: Annotated[str, msgspec.Meta(min_length=1)]
    time: Instant
    data: msgspec.Raw
    causeid: str | None = None
    hop: int = 0
    agreement: str | None = None
    traceparent: str | None = None


E = TypeVar("E", bound=Event)


class Heard(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """An event as a handler gets it: decoded, with what its envelope said."""

    id: str
    lead: LeadId
    source: str
    at: datetime
    event: Any
    hop: int = 0
    agreement: str | None = None
    traceparent: str | None = None


class Unreadable(Exception):
    """The bytes are no event of a contract that we know."""


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)
_decoders: dict[type[Event], msgspec.json.Decoder[Any]] = {}
_WRONG: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""Not what the contract says, not UTF-8, or nested without end."""


def event_id(*, source: str, cause: str, subject: str, event_type: str, ordinal: int) -> str:
    """The id of an event, from what caused it: doing the work twice says the same thing. No version in it."""
    return derived_id(EVENT_SPACE, f"{source}/{cause}/{subject}/{event_type}/{ordinal}")


def derived_id(space: bytes, name: str) -> str:
    """The UUIDv5 (RFC 9562) of a name in a namespace, as text."""
    digest = bytearray(hashlib.sha1(space + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def encode(envelope_id: str, event: Event, **attributes: Any) -> bytes:
    """An event and its attributes (source, subject, time, causeid, hop …) as bytes for the bus."""
    data: Any = event  # Encoded with what is around it, not before.
    return _encoder.encode(
        Envelope(specversion="1.0", id=envelope_id, type=event.name(), data=data, **attributes)
    )


def decode_envelope(value: bytes) -> Envelope:
    """Bytes to an envelope. Raises Unreadable, naming what is wrong."""
    try:
        return _envelopes.decode(value)
    except _WRONG as wrong:
        raise Unreadable(f"not an event: {wrong}") from wrong


def decode(envelope: Envelope, contract: type[E]) -> Heard[E]:
    """An envelope to a checked event. Raises Unreadable, naming the field."""
    decoder = _decoders.get(contract)
    if decoder is None:
        decoder = _decoders[contract] = msgspec.json.Decoder(contract)
    try:
        event = decoder.decode(envelope.data)
    except _WRONG as wrong:
        raise Unreadable(f"{envelope.type} {envelope.id}: {wrong}") from wrong
    return Heard(
        id=envelope.id,
        lead=LeadId(envelope.subject),
        source=envelope.source,
        at=envelope.time,
        event=event,
        hop=envelope.hop,
        agreement=envelope.agreement,
        traceparent=envelope.traceparent,
    )
