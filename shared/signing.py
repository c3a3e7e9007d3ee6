"""How a webhook is signed, for those who send one and those who check one. Pure: bytes in, header out."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

STANDARD_ID: Final = "webhook-id"
STANDARD_TIMESTAMP: Final = "webhook-timestamp"
STANDARD_SIGNATURE: Final = "webhook-signature"
TYPEFORM_SIGNATURE: Final = "typeform-signature"
SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES_MIN: Final = 24
"""What Standard Webhooks asks for: a shorter secret could be guessed."""


class WeakSecret(ValueError):
    """A secret that cannot be used. The message says what to do and never quotes the secret."""


def standard_key(secret: str) -> bytes:
    """The key in a Standard Webhooks secret: base64, `whsec_` and padding optional. Raises WeakSecret."""
    text = secret.strip().removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise WeakSecret(f"is not base64 after {SECRET_PREFIX!r}: copy it again, whole") from None
    if len(key) < SECRET_BYTES_MIN:
        raise WeakSecret(f"holds {len(key)} bytes: use at least {SECRET_BYTES_MIN} random bytes")
    return key


def standard_digest(key: bytes, message_id: bytes, timestamp: bytes, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks 1.0 writes it after `v1,`."""
    return _digest(key, b".".join((message_id, timestamp, body)))


def sign_standard_webhook(message_id: str, timestamp: int, body: bytes, *secrets: str) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0; `timestamp` in unix seconds, anew for each attempt.

    With several secrets the message carries a signature by each, so that a receiver may change its secret at
    any moment. Raises WeakSecret.
    """
    if not secrets:
        raise WeakSecret("is missing: a webhook is signed with at least one secret")
    signed = (message_id.encode(), str(timestamp).encode(), body)
    signatures = (f"v1,{standard_digest(standard_key(secret), *signed)}" for secret in secrets)
    return {
        STANDARD_ID: message_id,
        STANDARD_TIMESTAMP: str(timestamp),
        STANDARD_SIGNATURE: " ".join(signatures),
    }


def typeform_digest(secret: str, body: bytes) -> str:
    """What Typeform writes after `sha256=`: base64 of the HMAC-SHA256 over the body."""
    return _digest(secret.encode(), body)


def sign_typeform_webhook(body: bytes, secret: str) -> dict[str, str]:
    """The header that Typeform sends."""
    return {TYPEFORM_SIGNATURE: f"sha256={typeform_digest(secret, body)}"}


def _digest(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
