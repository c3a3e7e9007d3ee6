"""Several services on one virtual clock, and what the world around them will do, by instant."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Generic, TypeVar

from deploy.virtual.node import Node
from shared.runtime.clock import StillClock
from shared.runtime.relay import LEASE

Deed = Callable[[], None]
N = TypeVar("N", bound=Node)


@dataclass(slots=True, kw_only=True)
class World(Generic[N]):
    """Everything that the clock moves."""

    clock: StillClock
    nodes: dict[str, N] = field(default_factory=dict)
    _later: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _count: "count[int]" = field(default_factory=count)

    def at(self, when: datetime, deed: Deed) -> None:
        """Do this when the clock gets there."""
        heapq.heappush(self._later, (when, next(self._count), deed))

    def after(self, wait: timedelta, deed: Deed) -> None:
        """Do this so much later than now."""
        self.at(self.clock.now() + wait, deed)

    def run_until(self, end: datetime) -> None:
        """From one instant at which something is due to the next."""
        while self.clock.now() < end:
            self.settle()
            if not self._jump(end):
                break
        self.settle()

    def settle(self) -> None:
        """Let every service do what there is to do at this instant, until nothing is left."""
        busy = True
        while busy:
            busy = False
            for node in self.nodes.values():
                busy |= node.turn()
            if not busy and any(node.said for node in self.nodes.values()):
                self.clock.advance(LEASE)
                busy = True

    def do_what_is_due(self) -> None:
        """What the outside world had planned for now."""
        while self._later and self._later[0][0] <= self.clock.now():
            heapq.heappop(self._later)[2]()

    def _jump(self, at_most: datetime) -> bool:
        """To the next instant at which something is due; False if nothing is before `at_most`."""
        due = self._later[0][0] if self._later else at_most
        timers = [when for node in self.nodes.values() if (when := node.next_due()) is not None]
        to = min([due, at_most, *timers])
        self.clock.at = max(self.clock.now() + timedelta(milliseconds=1), to)
        self.do_what_is_due()
        return to < at_most
