"""A circuit breaker: a destination that fails again and again is left alone for a while, then tried once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BREAKS_AFTER: Final = 5
STAYS_OPEN: Final = timedelta(seconds=10)


@dataclass(slots=True)
class Breaker:
    """One destination's. Every `admits` that says yes must be followed by `note` or `forget`."""

    failures: int = 0
    open_until: datetime | None = None
    _probing: bool = False

    def admits(self, now: datetime) -> bool:
        """Whether to call now. After a pause, one call finds out for all."""
        if self.open_until is None:
            return True
        if self._probing or now < self.open_until:
            return False
        self._probing = True
        return True

    def note(self, ok: bool, now: datetime) -> None:
        """How the call went."""
        self._probing = False
        self.failures = 0 if ok else self.failures + 1
        self.open_until = now + STAYS_OPEN if self.failures >= BREAKS_AFTER else None

    def forget(self) -> None:
        """The call was broken off: nothing is known of the other side."""
        self._probing = False

    def wait_s(self, now: datetime) -> float:
        """How long until it is worth asking again, in seconds."""
        left = (self.open_until - now).total_seconds() if self.open_until is not None else 0.0
        return max(left, 1.0)
