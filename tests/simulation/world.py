"""The whole of Baton in a box: four services, a bus, a clock and an outside world, turned by one seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from deploy.virtual import world as virtual
from deploy.virtual.drive import drive
from deploy.virtual.world import Deed
from shared.bus.port import BusUnavailable
from shared.bus.sqlite import SqliteBus
from shared.contracts import TOPICS
from shared.contracts.envelope import Heard
from shared.db.database import DatabaseUnavailable
from shared.runtime.clock import StillClock
from shared.runtime.tx import Tx
from tests.simulation.findings import events_of
from tests.simulation.firms import Firm
from tests.simulation.luck import Luck, PowerCut
from tests.simulation.node import Build, Node, memory_database
from tests.tables import make_tables

START: Final = datetime(
    2026, 3, 27, 8, 0, tzinfo=UTC
)  # The clocks of Europe change in the night to the 29th.
SPAN: Final = timedelta(days=2)
BATCHES: Final = (1, 2, 5, 20, 200)


@dataclass(slots=True, kw_only=True)
class World(virtual.World[Node]):
    """Everything that one seed moves."""

    luck: Luck
    firm: Firm
    clock: StillClock = field(default_factory=lambda: StillClock(START))
    bus: SqliteBus = field(init=False)
    _bus_disk: Any = field(default_factory=memory_database)
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

    def close(self) -> None:
        """Every disk is gone."""
        for disk in (self._bus_disk, *(node.disk for node in self.nodes.values())):
            disk.close()

    # ---- the outside world's calendar

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
        self.run_until(self.clock.now() + for_)

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
        self.do_what_is_due()

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
