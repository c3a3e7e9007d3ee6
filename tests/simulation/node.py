"""One service of the simulated world: its disk outlives it; everything else is rebuilt after a power cut."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from deploy.virtual import node as virtual
from deploy.virtual.drive import drive
from shared.db.database import Database
from shared.db.engines import engine_over
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.runtime.takeover import look_once, plan
from shared.runtime.tx import Tx
from shared.runtime.versions import Versions
from tests.simulation.luck import Luck
from tests.simulation.versions import next_step

Build = Callable[[Database], Service]


def memory_database() -> sqlite3.Connection:
    """A database that lives as long as this connection: the disk of one simulated machine."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.isolation_level = None
    return connection


@dataclass(slots=True, kw_only=True)
class Node(virtual.Node):
    """A service that can die and be started again."""

    disk: sqlite3.Connection
    engine: Engine
    build: Build
    luck: Luck
    lives: int = 0
    planned: bool = False

    @classmethod
    def start(cls, name: str, disk: sqlite3.Connection, build: Build, luck: Luck) -> "Node":
        engine = engine_over(disk)
        service = cls._boot(name, engine, build, luck)
        relay = Relay(service, f"{name}/0")
        node = cls(name=name, disk=disk, engine=engine, build=build, luck=luck, service=service, relay=relay)
        service.after_commit = node.note
        return node

    def reboot(self) -> None:
        """All objects are gone; what the disk holds is what was committed."""
        if self.disk.in_transaction:
            self.disk.rollback()
        if self.consumer is not None:
            drive(self.consumer.close())  # What a bus does by itself when a member is silent too long.
        self.lives += 1
        self.service = self._boot(self.name, self.engine, self.build, self.luck)
        self.relay = Relay(self.service, f"{self.name}/{self.lives}")
        self.consumer = None
        self.said = True
        self.due_known = False
        self.planned = False
        self.service.after_commit = self.note

    def look(self) -> int:
        """See which version of the agreement is coming; what has just started says first which it has."""
        if not self.planned:
            self.plan()
        elif not self.is_due():
            return 0
        return drive(look_once(self.service))

    def plan(self) -> None:
        """Let the database know of the versions that are on the shelf."""
        assert isinstance(self.service.agreements, Versions), "the simulation has versions"
        drive(plan(self.service, self.service.agreements.shelf.versions))
        self.planned = True

    def turn(self) -> bool:
        """Everything that there is to do at this instant, once. Whether there was anything."""
        return virtual.Node.turn(self) | bool(self.look())

    def waits_until(self, tx: Tx) -> datetime | None:
        """What `next_due` asks the database, for the next version of the agreement too."""
        whens = (virtual.Node.waits_until(self, tx), next_step(tx))
        return min((when for when in whens if when is not None), default=None)

    def audit(self) -> None:
        if self.service.on_idle is not None:
            drive(self.service.tx(self.service.on_idle))

    @staticmethod
    def _boot(name: str, engine: Engine, build: Build, luck: Luck) -> Service:
        database = Database(
            "sqlite://", inline=True, seam=lambda where: luck.seam(f"{name} {where}"), engine=engine
        )
        service = build(database)
        service.seam = lambda where: luck.seam(f"{name} {where}")
        return service
