"""What a pure decision asks for: events to say, timers to set, errands to run. The runtime carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

import msgspec

from shared.contracts.envelope import Event
from shared.terms import LeadId

S = TypeVar("S")


class PolicyError(Exception):
    """A well-formed event or command that can never be handled. An event is parked, a command refused."""


RefusedBecause = Literal["unknown", "wrong person", "wrong stage", "invalid", "gone"]


class CommandRefused(PolicyError):
    """A command that does not apply. `because` decides the HTTP status; the text says what to do."""

    def __init__(self, because: RefusedBecause, text: str) -> None:
        super().__init__(text)
        self.because = because


class Say(msgspec.Struct, frozen=True):
    """Publish `event` when, and only when, this transaction commits. `key`: another one than the lead."""

    event: Event
    key: str | None = None


class SetTimer(msgspec.Struct, frozen=True):
    """Wake me at `due_at`. It replaces the lead's earlier timer of the same purpose."""

    purpose: str
    due_at: datetime
    payload: Mapping[str, Any] = msgspec.field(default_factory=dict)


class CancelTimer(msgspec.Struct, frozen=True):
    """What the timer waited for has become moot."""

    purpose: str


class Errand(msgspec.Struct, frozen=True):
    """A call to an outside `destination`, carried out after the commit; `key` makes its repeat harmless.

    `after_s`: not before so many seconds have passed.
    """

    destination: str
    action: str
    key: str
    body: Mapping[str, Any]
    after_s: float = 0.0


Effect = Say | SetTimer | CancelTimer | Errand


class Decision(msgspec.Struct, Generic[S], frozen=True):
    """A lead's next state, and what the decision asks for, in order."""

    state: S
    effects: tuple[Effect, ...] = ()

    def then(self, other: "Decision[S]") -> "Decision[S]":
        """This decision, followed by another one made on its state."""
        return Decision(other.state, self.effects + other.effects)


def nothing(state: S) -> Decision[S]:
    """No change, nothing to say."""
    return Decision(state)


@dataclass(frozen=True, slots=True)
class FiredTimer:
    """A timer that is due. It is moot unless the lead's state still waits for `purpose` at `due_at`."""

    id: str
    lead: LeadId
    purpose: str
    due_at: datetime
    payload: Mapping[str, Any]
    hop: int = 0
    traceparent: str | None = None
