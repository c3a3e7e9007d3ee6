"""One service of the simulated world: its disk outlives it; everything else is rebuilt after a power cut."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine, Select, Table, func, select

from shared.bus.port import Consumer
from shared.db.database import Database
from shared.db.engines import engine_over
from shared.runtime.consume import consume_once
from shared.runtime.errands import errands_once
from shared.runtime.overview import overview
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.runtime.takeover import look_once, plan
from shared.runtime.timers import fire_once, next_due
from shared.runtime.tx import Tx
from shared.runtime.versions import Versions
from tests.simulation.drive import drive
from tests.simulation.luck import Luck
from tests.simulation.versions import next_step

Build = Callable[[Database], Service]


def memory_database() -> sqlite3.Connection:
    """A database that lives as long as this connection: the disk of one simulated machine."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.isolation_level = None
    return connection


def _next_due(tx: Tx) -> datetime | None:
    errand = tx.conn.execute(_next_errand(tx.tables.errands)).scalar_one()
    return min((when for when in (next_due(tx), errand, next_step(tx)) if when is not None), default=None)


@cache
def _next_errand(errands: Table) -> Select[Any]:
    return select(func.min(errands.c.next_at))


@dataclass(slots=True)
class Node:
    """A service that can die and be started again."""

    name: str
    disk: sqlite3.Connection
    engine: Engine
    build: Build
    luck: Luck
    service: Service
    relay: Relay
    consumer: Consumer | None = None
    paused: bool = False
    lives: int = 0
    said: bool = True
    due: datetime | None = None
    due_known: bool = False
    planned: bool = False

    @classmethod
    def start(cls, name: str, disk: sqlite3.Connection, build: Build, luck: Luck) -> "Node":
        engine = engine_over(disk)
        service = cls._boot(name, engine, build, luck)
        node = cls(name, disk, engine, build, luck, service, Relay(service, f"{name}/0"))
        service.after_commit = node._note
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
        self.service.after_commit = self._note

    def look(self) -> int:
        """See which version of the agreement is coming; what has just started says first which it has."""
        if not self.planned:
            self.plan()
        elif not self._is_due():
            return 0
        return drive(look_once(self.service))

    def plan(self) -> None:
        """Let the database know of the versions that are on the shelf."""
        assert isinstance(self.service.agreements, Versions), "the simulation has versions"
        drive(plan(self.service, self.service.agreements.shelf.versions))
        self.planned = True

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
        if not self._is_due():
            return 0
        return drive(fire_once(self.service, limit=limit))

    def run_errands(self, limit: int) -> int:
        if self.service.run_errand is None or not self._is_due():
            return 0
        return drive(errands_once(self.service, limit=limit))

    def next_due(self) -> datetime | None:
        """When its next timer or errand is due, unless it is paused."""
        if self.paused:
            return None
        if not self.due_known:
            self.due = drive(self.service.read(_next_due))
            self.due_known = True
        return self.due

    def _is_due(self) -> bool:
        # What the runtime's loops learn by being nudged; else most of the time would go into asking in vain.
        due = self.next_due()
        return due is not None and due <= self.service.clock.now()

    def _note(self, tx: Tx) -> None:
        self.relay.remember(tx.outgoing)
        self.said |= bool(tx.outgoing)
        self.due_known = False

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
