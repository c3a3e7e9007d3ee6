"""How fast scoring is on PostgreSQL, beside what the same machine can do at most.

    python -m bench.scoring                          five runs of 10,000 leads
    python -m bench.scoring --profile                shows the functions in which the time of the handler goes

The load: leads that are captured, and what each did since, read from the embedded bus, 500 events at a time.
In each run these take turns on one server, durable as in production:

- the handler: poll, claim, decide, write, commit;
- raw, the events: the same poll, and one INSERT of the bytes that were read;
- raw, the rows: the same poll, and one INSERT a table of the rows that the handler left there.

Each with its CPU, here and in the database: neighbours on the machine disturb that less. Then the policy
alone, without bus and database.
"""

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from operator import attrgetter
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text, select

from bench.cost import cpu_seconds
from bench.leads import agreement
from bench.simulate import BEGIN, DAYS, recorded
from services.scoring.app import create_service
from services.scoring.domain import policy
from services.scoring.domain.model import ScoredLead
from services.scoring.settings import Settings
from services.scoring.tables import leads, messaging, mix, receipts
from shared.baton import Handover, Holder
from shared.bus.port import Consumer, Record
from shared.bus.sqlite import SqliteBus
from shared.contracts import ingest
from shared.contracts.envelope import Event, Heard, encode
from shared.contracts.history import Recorded
from shared.db.bulk import insert
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.garbage import look_rarely
from shared.runtime.service import OneAgreement, Service
from shared.terms import LeadId
from tests.servers.postgres import Cluster, postgres_cluster

BATCH: Final = 500
NOW: Final = BEGIN + timedelta(days=DAYS)
HANDLER: Final = "the handler"
WRITTEN: Final = (messaging.inbox, leads, receipts, mix, messaging.outbox)
EVENTS: Final = Table(
    "bench_events",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("key", Text),
    Column("value", LargeBinary),
)

Heards = list[Heard[Any]]
Rows = dict[Table, list[dict[str, Any]]]
Turn = Callable[[Consumer], Awaitable[int]]


def heard(number: int) -> Heards:
    """So many leads, captured, and all that they did, in the order of its instants."""
    events = [told for lead in recorded(number) for told in _told(lead)]
    return sorted(events, key=attrgetter("at"))


def _told(lead: Recorded) -> Heards:
    first, *others = lead.activities
    desk = Holder("intake", "intake", "maya@acme.example")
    captured = ingest.LeadCaptured(
        handover=Handover(kind="open", number=1, taker=desk),
        person=lead.person,
        email=lead.email,
        company=lead.company,
        consent=lead.consent,
        source=lead.source,
        activity=first,
    )
    said: list[Event] = [captured, *(ingest.ActivityRecorded(activity=one) for one in others)]
    return [
        Heard(id=f"{lead.lead}/{one.seq}", lead=lead.lead, source="ingest", at=one.at, event=event)
        for one, event in zip(lead.activities, said, strict=True)
    ]


def record(one: Heard[Any]) -> Record:
    """The event as it is on the bus."""
    value = encode(one.id, one.event, source=one.source, subject=one.lead, time=one.at)
    headers = (("ce_id", one.id.encode()), ("ce_type", one.event.name().encode()))
    return Record(ingest.TOPIC, one.lead, value, headers)


class Rate(NamedTuple):
    """Events a second, and the CPU that one costs."""

    a_second: float
    cpu_us: float


@dataclass(slots=True)
class Bench:
    """Scoring on a database, with the load on its bus."""

    service: Service
    bus: SqliteBus
    events: int
    server: int
    rows: Rows = field(default_factory=dict)
    polled: int = 0
    _groups: "count[int]" = field(default_factory=count)

    async def run(self) -> dict[str, Rate]:
        """The handler, and both that do nothing but poll and write."""
        await self.empty()
        rates = {HANDLER: await self.rate(self.handle)}
        self.rows, self.polled = await self._tx(_written), 0
        await self.empty()
        rates["raw, the events"] = await self.rate(self._copy_events)
        rates["raw, the rows"] = await self.rate(self._copy_rows)
        return rates

    async def empty(self) -> None:
        """As if nothing had been heard."""
        await self._tx(_empty)

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


def _empty(conn: Connection) -> None:
    for table in (*WRITTEN, EVENTS):
        conn.exec_driver_sql(f"TRUNCATE {table.name}")


def _written(conn: Connection) -> Rows:
    return {table: [dict(row._mapping) for row in conn.execute(select(table))] for table in WRITTEN}


def _write(rows: Rows, conn: Connection) -> None:
    for table, written in rows.items():
        if written:
            insert(conn, table, written)


def policy_alone(events: Heards) -> tuple[float, float]:
    """Leads and events a second that are decided, on one core."""
    told, states = agreement(), defaultdict[LeadId, ScoredLead](ScoredLead)
    began = process_time()
    for one in events:
        states[one.lead] = policy.react(states[one.lead], one, told, NOW).state
    took = process_time() - began
    return len(states) / took, len(events) / took


async def _runs(
    server: Cluster, events: Heards, runs: int, profile: cProfile.Profile | None
) -> list[dict[str, Rate]]:
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        bench = await _prepared(server, events, folder)
        await bench.run()
        look_rarely()
        if profile is not None:
            await bench.empty()
            with profile:
                await bench.rate(bench.handle)
        found = [await bench.run() for _ in range(runs)]
        await bench.bus.close()
        bench.service.database.close()
        return found


async def _prepared(server: Cluster, events: Heards, folder: str) -> Bench:
    # In this thread, so that a profile sees it.
    database, bus = Database(server.url, inline=True), SqliteBus(f"{folder}/bus.db")
    for prepare in (partial(upgrade, service="scoring"), EVENTS.metadata.create_all):
        await database.tx(prepare)
    for at in range(0, len(events), BATCH):
        await bus.publish([record(one) for one in events[at : at + BATCH]])
    given: Any = {"bus": bus, "clock": StillClock(NOW), "agreements": OneAgreement(agreement())}
    service = create_service(Settings(), database=database, **given)
    return Bench(service, bus, len(events), server.pid)


def _report(runs: Sequence[dict[str, Rate]]) -> None:
    for name in runs[0]:
        rates = [run[name] for run in runs]
        said = _range([rate.a_second for rate in rates], " events/s")
        said += f", {_range([rate.cpu_us for rate in rates], ' µs of CPU')}"
        print(f"{name:<16} {said}")
        if name != HANDLER:
            parts = [run[HANDLER].a_second / run[name].a_second * 100 for run in runs]
            by_cpu = [run[name].cpu_us / run[HANDLER].cpu_us * 100 for run in runs]
            print(f"{'':<16} the handler does {_range(parts, ' %')} of it; by CPU {_range(by_cpu, ' %')}")


def _range(values: Sequence[float], unit: str) -> str:
    return f"{median(values):,.0f}{unit} ({min(values):,.0f} to {max(values):,.0f})"


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--top", type=int, default=45, help="functions that the profile shows")
    parser.add_argument("--sort", default="tottime", help="tottime, or cumtime")
    asked = parser.parse_args(arguments)
    events, profile = heard(asked.leads), cProfile.Profile() if asked.profile else None
    with postgres_cluster() as postgres:
        runs = asyncio.run(_runs(postgres, events, asked.runs, profile))
    print(f"{asked.leads:,} leads, {len(events):,} events, {asked.runs} runs: median (range)")
    _report(runs)
    rates = sorted(policy_alone(events) for _ in range(asked.runs))
    alone = [
        f"{median(kind):,.0f} {name}/s"
        for name, kind in zip(("leads", "events"), zip(*rates, strict=True), strict=True)
    ]
    print(f"the policy alone: {', '.join(alone)} on one core")
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats(asked.sort).print_stats(asked.top)


if __name__ == "__main__":
    main(sys.argv[1:])
