"""Is it genuine? Verifies webhooks over their raw bytes; whatever comes in, the answer is a value."""

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.ingest.domain.sources import Kind, Source
from shared.signing import (
    STANDARD_ID,
    STANDARD_SIGNATURE,
    STANDARD_TIMESTAMP,
    TYPEFORM_SIGNATURE,
    standard_digest,
    standard_key,
    typeform_digest,
)

Headers = Iterable[tuple[bytes, bytes]]
"""As an ASGI server hands them over: names in any case, one pair for each line."""

REPLAY_WINDOW: Final = timedelta(seconds=300)
"""How far a sender's clock may be from ours, each way: what the standard's own libraries allow."""

_ID: Final = re.compile(rb"[\x21-\x7e]{1,200}")
_TIMESTAMP: Final = re.compile(rb"[0-9]{1,15}")
_DIGEST: Final = re.compile(rb"[A-Za-z0-9+/]{43}=")  # 32 bytes, and only in their one canonical spelling


class Reason(StrEnum):
    """Why a request is not taken for genuine."""

    MISSING_SIGNATURE = "missing_signature"
    MALFORMED = "malformed"
    CONTRADICTORY_HEADERS = "contradictory_headers"
    WRONG_SIGNATURE = "wrong_signature"
    EXPIRED = "expired"
    FROM_THE_FUTURE = "from_the_future"


ADVICE: Final[dict[Reason, str]] = {
    Reason.MISSING_SIGNATURE: "A signature header is missing: switch signing on in the sending tool.",
    Reason.MALFORMED: "A signature header cannot be read: send it as the sender's documentation writes it.",
    Reason.CONTRADICTORY_HEADERS: "A signature header came twice with different values: send each one once.",
    Reason.WRONG_SIGNATURE: "No signature fits this body: sign the raw bytes with this source's secret.",
    Reason.EXPIRED: "The message is over 5 minutes old: check the sender's clock, sign each attempt anew.",
    Reason.FROM_THE_FUTURE: "The message is over 5 minutes ahead of our clock: check the sender's clock.",
}
"""What an honest sender has to change. A forger learns nothing that the public standard does not say."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """The source sent this. `delivery_id`: its id of the delivery, where the headers carry one."""

    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotGenuine:
    """We cannot tell that the source sent this."""

    reason: Reason

    @property
    def text(self) -> str:
        """One sentence for the sender."""
        return ADVICE[self.reason]


def verify(source: Source, headers: Headers, body: bytes, received_at: datetime) -> Genuine | NotGenuine:
    """Whether `source` sent `body`, by any of its active secrets. `received_at`: when the request came in."""
    if source.kind is Kind.TYPEFORM:
        return _verify_typeform(source.secrets, headers, body)
    return _verify_standard(source.secrets, headers, body, received_at)


def _verify_standard(
    secrets: Sequence[str], headers: Headers, body: bytes, received_at: datetime
) -> Genuine | NotGenuine:
    found = _read(headers, (STANDARD_ID, STANDARD_TIMESTAMP, STANDARD_SIGNATURE))
    if isinstance(found, Reason):
        return NotGenuine(found)
    message_id, timestamp, signatures = found
    given = [one.removeprefix(b"v1,") for one in signatures.split() if one.startswith(b"v1,")]
    readable = _ID.fullmatch(message_id) and _TIMESTAMP.fullmatch(timestamp)
    if not (readable and any(_DIGEST.fullmatch(one) for one in given)):
        return NotGenuine(Reason.MALFORMED)
    right = [standard_digest(standard_key(secret), message_id, timestamp, body) for secret in secrets]
    if not _any_equal(given, right):
        return NotGenuine(Reason.WRONG_SIGNATURE)
    # The window comes last: whoever is told about clocks has shown that they hold the secret.
    age = received_at.timestamp() - int(timestamp)
    if age > REPLAY_WINDOW.total_seconds():
        return NotGenuine(Reason.EXPIRED)
    if -age > REPLAY_WINDOW.total_seconds():
        return NotGenuine(Reason.FROM_THE_FUTURE)
    return Genuine(message_id.decode("ascii"))


def _verify_typeform(secrets: Sequence[str], headers: Headers, body: bytes) -> Genuine | NotGenuine:
    found = _read(headers, (TYPEFORM_SIGNATURE,))
    if isinstance(found, Reason):
        return NotGenuine(found)
    method, _, given = found[0].partition(b"=")
    if method != b"sha256" or not _DIGEST.fullmatch(given):
        return NotGenuine(Reason.MALFORMED)
    if not _any_equal([given], [typeform_digest(secret, body) for secret in secrets]):
        return NotGenuine(Reason.WRONG_SIGNATURE)
    return Genuine()  # Typeform's id of the delivery stands in the body.


def _read(headers: Headers, names: Sequence[str]) -> tuple[bytes, ...] | Reason:
    """The values of the headers called `names`, in that order, or why they cannot be used."""
    values: dict[bytes, bytes] = {}
    wanted = [name.encode() for name in names]
    for name, value in headers:
        lower = name.lower()
        if lower in wanted and values.setdefault(lower, value.strip()) != value.strip():
            return Reason.CONTRADICTORY_HEADERS
    if not all(values.get(name) for name in wanted):
        return Reason.MISSING_SIGNATURE
    return tuple(values[name] for name in wanted)


def _any_equal(given: Sequence[bytes], right: Sequence[str]) -> bool:
    # Every pair is compared, each in constant time: how long it takes says nothing about which one fits.
    return sum(hmac.compare_digest(one, other.encode()) for one in given for other in right) > 0
