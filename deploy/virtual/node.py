"""One service that is turned by hand: it hears, says, fires and calls when it is told to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deploy.virtual.drive import drive
from shared.bus.port import Consumer
from shared.runtime.consume import consume_once
from shared.runtime.errands import errands_once, next_errand
from shared.runtime.overview import overview
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.runtime.timers import fire_once, next_due
from shared.runtime.tx import Tx

AT_ONCE: Final = 500
CALLS_AT_ONCE: Final = 50


@dataclass(slots=True, kw_only=True)
class Node:
    """A service with all that the loops of the runtime would do for it."""

    name: str
    service: Service
    relay: Relay
    consumer: Consumer | None = None
    paused: bool = False
    said: bool = True
    due: datetime | None = None
    due_known: bool = False

    def turn(self) -> bool:
        """Everything that there is to do at this instant, once. Whether there was anything."""
        busy = bool(self.consume(AT_ONCE)) | bool(self.publish())
        return busy | bool(self.fire(AT_ONCE)) | bool(self.run_errands(CALLS_AT_ONCE))

    def consume(self, max_records: int) -> int:
        if not self.service.hears:
            return 0
        if self.consumer is None:
            self.consumer = drive(self.service.bus.subscribe(self.service.hears, self.name))
        return drive(consume_once(self.service, self.consumer, max_records=max_records, timeout_s=0))

    def publish(self) -> int:
        if not self.said:
            return 0
        published = drive(self.relay.relay_once())
        # Nothing was published: there was nothing, or a process that died has the lease for a moment yet.
        self.said = published > 0 or drive(self.service.read(overview)).outbox > 0
        return published

    def fire(self, limit: int) -> int:
        if not self.is_due():
            return 0
        return drive(fire_once(self.service, limit=limit))

    def run_errands(self, limit: int) -> int:
        if self.service.run_errand is None or not self.is_due():
            return 0
        return drive(errands_once(self.service, limit=limit))

    def next_due(self) -> datetime | None:
        """When its next timer or errand is due, unless it is paused."""
        if self.paused:
            return None
        if not self.due_known:
            self.due = drive(self.service.read(self.waits_until))
            self.due_known = True
        return self.due

    def is_due(self) -> bool:
        # What the runtime's loops learn by being nudged; else most of the time would go into asking in vain.
        due = self.next_due()
        return due is not None and due <= self.service.clock.now()

    def waits_until(self, tx: Tx) -> datetime | None:
        """What `next_due` asks the database."""
        return min((when for when in (next_due(tx), next_errand(tx)) if when is not None), default=None)

    def note(self, tx: Tx) -> None:
        """Something was committed."""
        self.relay.remember(tx.outgoing)
        self.said |= bool(tx.outgoing)
        self.due_known = False
