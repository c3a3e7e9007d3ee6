"""A service's handler beside what the same database can do at most: the same poll, and nothing but writing.

In each run these take turns on one server, durable as in production:

- the handler: poll, claim, decide, write, commit;
- raw, the events: the same poll, and one INSERT of the bytes that were read;
- raw, the rows: the same poll, and one INSERT a table of the rows that the handler left there.

Each with its CPU, here and in the database: neighbours on the machine disturb that less.
"""

import cProfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text, select

from bench.cost import cpu_seconds
from shared.bus.port import Consumer, Record
from shared.bus.sqlite import SqliteBus
from shared.db.bulk import insert
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.consume import consume_once
from shared.runtime.garbage import look_rarely
from shared.runtime.service import Service
from tests.servers.postgres import Cluster

BATCH: Final = 500
HANDLER: Final = "the handler"
EVENTS: Final = Table(
    "bench_events",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("key", Text),
    Column("value", LargeBinary),
)

Rows = dict[Table, list[dict[str, Any]]]
Turn = Callable[[Consumer], Awaitable[int]]


class Rate(NamedTuple):
    """Events a second, and the CPU that one costs."""

    a_second: float
    cpu_us: float


@dataclass(slots=True)
class Bench:
    """A service on a database, with the load on its bus. `written`: the tables that a handler fills."""

    service: Service
    bus: SqliteBus
    events: int
    server: int
    written: Sequence[Table]
    rows: Rows = field(default_factory=dict)
    polled: int = 0
    _groups: "count[int]" = field(default_factory=count)

    async def run(self) -> dict[str, Rate]:
        """The handler, and both that do nothing but poll and write."""
        await self.empty()
        rates = {HANDLER: await self.rate(self.handle)}
        self.rows, self.polled = await self._tx(self._written), 0
        await self.empty()
        rates["raw, the events"] = await self.rate(self._copy_events)
        rates["raw, the rows"] = await self.rate(self._copy_rows)
        return rates

    async def runs(self, number: int, profile: cProfile.Profile | None) -> list[dict[str, Rate]]:
        """So many runs, after one that is not counted, and one that is profiled."""
        await self.run()
        look_rarely()
        if profile is not None:
            await self.empty()
            with profile:
                await self.rate(self.handle)
        return [await self.run() for _ in range(number)]

    async def empty(self) -> None:
        """As if nothing had been heard."""
        await self._tx(self._empty)

    async def rate(self, turn: Turn) -> Rate:
        """How fast all events are read and dealt with, one turn after the other."""
        consumer = await self.bus.subscribe(self.service.hears, f"bench-{next(self._groups)}")
        began, cpu_s = perf_counter(), self._cpu_s()
        while await turn(consumer):
            pass
        rate = Rate(self.events / (perf_counter() - began), (self._cpu_s() - cpu_s) * 1e6 / self.events)
        await consumer.close()
        return rate

    def _cpu_s(self) -> float:
        return process_time() + cpu_seconds(self.server)

    async def handle(self, consumer: Consumer) -> int:
        return await consume_once(self.service, consumer, max_records=BATCH, timeout_s=0)

    async def _copy_events(self, consumer: Consumer) -> int:
        found = await consumer.poll(max_records=BATCH, timeout_s=0)
        if found:
            rows = [{"key": one.record.key, "value": one.record.value} for one in found]
            await self._tx(partial(insert, table=EVENTS, rows=rows))
            await consumer.commit()
        return len(found)

    async def _copy_rows(self, consumer: Consumer) -> int:
        found = await consumer.poll(max_records=BATCH, timeout_s=0)
        if found:
            done, self.polled = self.polled, self.polled + len(found)
            await self._tx(partial(_write, self._rows(done, self.polled)))
            await consumer.commit()
        return len(found)

    def _rows(self, begin: int, end: int) -> Rows:
        """The part of the rows that these events stand for."""
        return {
            table: rows[begin * len(rows) // self.events : end * len(rows) // self.events]
            for table, rows in self.rows.items()
        }

    async def _tx(self, work: Callable[[Connection], Any]) -> Any:
        return await self.service.database.tx(work)

    def _empty(self, conn: Connection) -> None:
        conn.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in (*self.written, EVENTS))}")

    def _written(self, conn: Connection) -> Rows:
        return {table: [dict(row._mapping) for row in conn.execute(select(table))] for table in self.written}


def _write(rows: Rows, conn: Connection) -> None:
    for table, written in rows.items():
        if written:
            insert(conn, table, written)


async def prepared(server: Cluster, service: str, records: Sequence[Record], bus: SqliteBus) -> Database:
    """A database with the service's tables, and the records on the bus. In this thread: a profile sees it."""
    database = Database(server.url, inline=True)
    for prepare in (partial(upgrade, service=service), EVENTS.metadata.create_all):
        await database.tx(prepare)
    for at in range(0, len(records), BATCH):
        await bus.publish(records[at : at + BATCH])
    return database


def report(runs: Sequence[dict[str, Rate]]) -> None:
    """Print each way's rates, and how much of the raw ones the handler does: median and range."""
    for name in runs[0]:
        rates = [run[name] for run in runs]
        said = shown([rate.a_second for rate in rates], " events/s")
        said += f", {shown([rate.cpu_us for rate in rates], ' µs of CPU')}"
        print(f"{name:<16} {said}")
        if name != HANDLER:
            parts = [run[HANDLER].a_second / run[name].a_second * 100 for run in runs]
            by_cpu = [run[name].cpu_us / run[HANDLER].cpu_us * 100 for run in runs]
            print(f"{'':<16} the handler does {shown(parts, ' %')} of it; by CPU {shown(by_cpu, ' %')}")


def shown(values: Sequence[float], unit: str) -> str:
    """The median, and the range."""
    return f"{median(values):,.0f}{unit} ({min(values):,.0f} to {max(values):,.0f})"
