"""The whole of Baton in a box: four services, a bus, a clock and an outside world, turned by one seed."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from shared.bus.port import BusUnavailable
from shared.bus.sqlite import SqliteBus
from shared.contracts import TOPICS
from shared.contracts.envelope import Heard
from shared.db.database import DatabaseUnavailable
from shared.runtime.clock import StillClock
from shared.runtime.relay import LEASE
from shared.runtime.tx import Tx
from tests.simulation.drive import PowerCut, drive
from tests.simulation.findings import events_of
from tests.simulation.luck import Luck
from tests.simulation.node import Build, Node, memory_database
from tests.tables import make_tables

START: Final = datetime(
    2026, 3, 27, 8, 0, tzinfo=UTC
)  # The clocks of Europe change in the night to the 29th.
SPAN: Final = timedelta(days=2)
BATCHES: Final = (1, 2, 5, 20, 200)

Deed = Callable[[], None]


@dataclass(slots=True)
class World:
    """Everything that one seed moves."""

    luck: Luck
    clock: StillClock = field(default_factory=lambda: StillClock(START))
    nodes: dict[str, Node] = field(default_factory=dict)
    bus: SqliteBus = field(init=False)
    _bus_disk: Any = field(default_factory=memory_database)
    _later: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _count: "count[int]" = field(default_factory=count)
    _paused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = self._open_bus()

    def _open_bus(self) -> SqliteBus:
        return SqliteBus(connection=self._bus_disk, inline=True, keep_records=1_000_000)

    def add(self, name: str, build: Build) -> None:
        """Start one service on a disk of its own, migrated."""
        disk = memory_database()
        healthy, self.luck.healed = self.luck.healed, True
        node = Node.start(name, disk, build, self.luck)
        drive(node.service.database.tx(lambda conn: make_tables(conn, name)))
        node.plan()
        self.luck.healed = healthy
        self.nodes[name] = node

    # ---- the outside world's calendar

    def at(self, when: datetime, deed: Deed) -> None:
        """Do this when the clock gets there."""
        heapq.heappush(self._later, (when, next(self._count), deed))

    def after(self, wait: timedelta, deed: Deed) -> None:
        self.at(self.clock.now() + wait, deed)

    def attempt(self, deed: Deed, *, again_after: timedelta) -> None:
        """Do this as a caller who tries again until it was not for nothing."""
        try:
            deed()
        except PowerCut as cut:
            self.revive(cut)
            self.after(again_after, lambda: self.attempt(deed, again_after=again_after))
        except (DatabaseUnavailable, BusUnavailable):
            self.after(again_after, lambda: self.attempt(deed, again_after=again_after))

    # ---- for the laws

    def read(self, name: str, work: Callable[[Tx], Any]) -> Any:
        """Read in one service's database."""
        return drive(self.nodes[name].service.read(work))

    def said(self) -> list[Heard[Any]]:
        """Everything on the bus."""
        consumer, found = drive(self.bus.subscribe(TOPICS, "findings")), []
        while deliveries := drive(consumer.poll(max_records=5000, timeout_s=0)):
            found += deliveries
        return events_of(found)

    # ---- turning the crank

    def run(self) -> None:
        """Two days of bad luck."""
        while self.clock.now() < START + SPAN:
            self.advance()
            for _ in range(self.luck.dice.randint(2, 5)):
                self.turn(self.luck.dice.choice(list(self.nodes)), self.luck.dice.random())
            self._swizzle()

    def heal(self, for_: timedelta) -> None:
        """No more bad luck; everything that can still happen must happen now."""
        self.luck.healed = True
        for node in self.nodes.values():
            node.paused = False
        end = self.clock.now() + for_
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
            for name in self.nodes:
                node = self.nodes[name]
                busy |= bool(node.consume(500)) | bool(node.publish()) | bool(node.fire(500))
                busy |= bool(node.run_errands(50)) | bool(node.look())
            if not busy and any(node.said for node in self.nodes.values()):
                self.clock.advance(LEASE)
                busy = True

    def turn(self, name: str, dice: float) -> None:
        """One deed of one service; the power may fail in the middle of it."""
        node = self.nodes[name]
        if node.paused:
            return
        few = self.luck.dice.choice(BATCHES)
        try:
            self._deed(node, dice, few)
        except PowerCut as cut:
            self.revive(cut)

    def revive(self, cut: PowerCut) -> None:
        """Whoever the power cut hit starts again from its disk; sometimes all do."""
        self.luck.note("cut", str(cut))
        fell = str(cut).split()[0]
        everyone = self.luck.dice.random() < 0.2
        if self._bus_disk.in_transaction:
            self._bus_disk.rollback()
        if everyone:
            self.bus = self._open_bus()
            for node in self.nodes.values():
                node.consumer = None
        for name, node in self.nodes.items():
            if everyone or name == fell:
                node.reboot()

    def advance(self) -> None:
        """Time passes. Now and then the clock is set."""
        if self.luck.chance(0.004):
            self.luck.marks["the clock is set"] += 1
            self.clock.advance(timedelta(seconds=self.luck.dice.uniform(-90, 600)))
        self.clock.advance(timedelta(minutes=self.luck.dice.expovariate(1 / 12)))
        self._calendar()

    def _jump(self, at_most: datetime) -> bool:
        """To the next instant at which something is due; False if nothing is before `at_most`."""
        due = self._later[0][0] if self._later else at_most
        timers = [when for node in self.nodes.values() if (when := node.next_due()) is not None]
        to = min([due, at_most, *timers])
        self.clock.at = max(self.clock.now() + timedelta(milliseconds=1), to)
        self._calendar()
        return to < at_most

    def _calendar(self) -> None:
        """What the outside world had planned for now."""
        while self._later and self._later[0][0] <= self.clock.now():
            heapq.heappop(self._later)[2]()

    def _deed(self, node: Node, dice: float, few: int) -> None:
        if dice < 0.45:
            node.consume(few)
        elif dice < 0.7:
            node.publish()
        elif dice < 0.85:
            node.fire(few)
        elif dice < 0.95:
            node.run_errands(few)
        elif dice < 0.97:
            node.look()
        else:
            node.audit()

    def _swizzle(self) -> None:
        """Services are paused one by one, and go on in another order."""
        if self.luck.chance(0.02) and len(self._paused) < 3:
            name = self.luck.dice.choice(list(self.nodes))
            if name not in self._paused:
                self._paused.append(name)
                self.nodes[name].paused = True
                self.luck.marks["a service is paused"] += 1
        elif self._paused and self.luck.dice.random() < 0.1:
            name = self._paused.pop(self.luck.dice.randrange(len(self._paused)))
            self.nodes[name].paused = False
