"""W3C trace context: every step goes on with the trace of what caused it. Ids derive from their cause.

A process that traces gives each step of a sampled trace an id and a span of its own. Otherwise a step passes
on what it was given, so that the trace of whoever called stays in one piece.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, TypeGuard

_TRACEPARENT: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_SPAN: Final = slice(36, 52)
_FLAGS: Final = slice(53, 55)
_UNSAMPLED: Final = "00"
_LEAD_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Kind = Literal["server", "internal", "producer", "consumer", "client"]
Attributes = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Span:
    """Something that was done. `own` and `parent` are traceparents; without a parent it begins a trace.

    `key` is what it was about, mostly a lead's id. `error` says in a word what went wrong. Neither name nor
    attributes are taken from what a person wrote.
    """

    name: str
    kind: Kind
    parent: str | None
    own: str
    began: datetime
    service: str = ""
    key: str = ""
    attributes: Attributes = field(default_factory=dict)
    error: str = ""

    def described(self) -> Attributes:
        """All attributes. Of the key only a lead's id: other keys are people's addresses."""
        service = {"baton.service": self.service} if self.service else {}
        lead = {"baton.lead": self.key} if _LEAD_ID.fullmatch(self.key) else {}
        error = {"error.type": self.error} if self.error else {}
        return {**service, **lead, **self.attributes, **error}


class Tracer(Protocol):
    """Where spans go. `bus` is the messaging system's name."""

    bus: str

    def begin(self, incoming: str | None) -> str:
        """The traceparent of what begins here: a child of a valid `incoming`, sampled or not."""

    def record(self, span: Span, ended: datetime) -> None:
        """Keep a span that is over. It is sent later; this neither waits nor raises."""


def valid(incoming: str | None) -> str | None:
    """A traceparent from outside as version 00 writes it; None if it is none."""
    found = _TRACEPARENT.fullmatch(incoming.strip()) if incoming else None
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return f"00-{found['trace']}-{found['span']}-{found['flags']}"


def is_sampled(traceparent: str | None) -> TypeGuard[str]:
    """Whether what follows from it gets spans. False for what is no traceparent of version 00."""
    if traceparent is None or valid(traceparent) != traceparent:
        return False
    return int(traceparent[_FLAGS], 16) & 1 == 1


def begun_by(*cause: str) -> str:
    """A trace that nobody asked for, so that what one cause says hangs together; it gets no spans."""
    return f"00-{_hex(32, 'trace', *cause)}-{_hex(16, *cause)}-{_UNSAMPLED}"


def child_of(parent: str, *cause: str) -> str:
    """A valid parent's traceparent with the id of the span that `cause` has in its trace."""
    return f"{parent[: _SPAN.start]}{_hex(16, parent, *cause)}{parent[_SPAN.stop :]}"


def _hex(digits: int, *names: str) -> str:
    digest = hashlib.blake2b("/".join(names).encode(), digest_size=digits // 2).hexdigest()
    return digest if int(digest, 16) else f"{1:0{digits}x}"  # All zeros is no id.
