"""Where the time goes: CPU of each service and of the database for 1,000 leads, without broker and network.

    python -m bench.services                         on a PostgreSQL of its own, durable as in production
    python -m bench.services --sqlite                on SQLite files
    python -m bench.services --profile routing       shows the functions in which that step's time goes

Everything from the webhook route inward runs as in production, in one process and thread, a batch at a time.
`client` is CPU of this process, `quiet` the same without what neighbours on the machine add to it (see
`Cost.quiet_s`), `server` CPU of all of PostgreSQL's processes; `statements` are those of one batch.
"""

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import process_time, time
from typing import Any, Final

from bench import leads
from bench.cost import Cost, Meter
from bench.counting import count_statements
from bench.memory_bus import MemoryBus
from bench.postgres import compose_postgres
from services.ingest import api as ingest_api
from services.ingest.app import create_service as create_ingest
from services.ingest.settings import Settings as IngestSettings
from services.recycle.app import create_service as create_recycle
from services.recycle.settings import Settings as RecycleSettings
from services.routing.app import create_service as create_routing
from services.routing.handlers.roster import import_roster
from services.routing.settings import Settings as RoutingSettings
from services.scoring.app import create_service as create_scoring
from services.scoring.settings import Settings as ScoringSettings
from shared.bus.port import Consumer
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.consume import consume_once
from shared.runtime.garbage import look_rarely
from shared.runtime.relay import Relay
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx

SERVICES: Final = ("ingest", "scoring", "routing", "recycle")
Post = tuple[Mapping[str, str], bytes]
"""Headers and body of a webhook."""


@dataclass(slots=True)
class Line:
    """The four services on one bus, and what they cost."""

    services: Mapping[str, Service]
    hooks: Any
    meter: Meter
    profiled: str | None = None
    profiler: cProfile.Profile = field(default_factory=lambda: cProfile.Profile(process_time))
    consumers: dict[str, Consumer] = field(default_factory=dict)
    relays: dict[str, Relay] = field(default_factory=dict)

    async def open(self) -> None:
        """Join the groups, and let the reps in."""
        for name, service in self.services.items():
            self.consumers[name] = await service.bus.subscribe(service.hears, name)
            relay = self.relays[name] = Relay(service, "bench")
            service.after_commit = partial(_remember, relay)
        await self.services["routing"].tx(lambda tx: import_roster(tx, leads.roster()))
        await self.carry()
        self.meter.forget()

    async def push(self, number: int, start: int, batch: int) -> None:
        """So many new leads, from webhook to ledger."""
        await self.deliver(list(leads.webhooks(number, start=start, at=int(time()))), batch)

    async def deliver(self, posts: Sequence[Post], batch: int) -> None:
        """Webhooks, so many at once, and all that follows from them."""
        for at in range(0, len(posts), batch):
            with self._counted("ingest"):
                await asyncio.gather(*(self._post(*post) for post in posts[at : at + batch]))
            await self.carry()
            self.meter.next_batch()

    async def carry(self) -> None:
        """Let everything that was said be heard."""
        while sum([await self._turn(name) for name in SERVICES]):
            pass

    async def _turn(self, name: str) -> int:
        done = 0
        with self._counted(name):
            while handled := await consume_once(self.services[name], self.consumers[name], timeout_s=0):
                done += handled
        with self._counted(f"{name} relay"):
            while said := await self.relays[name].relay_once():
                done += said
        return done

    async def _post(self, headers: Mapping[str, str], body: bytes) -> None:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/hooks/website", "headers": raw}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Mapping[str, Any]) -> None:
            assert message.get("status", 202) == 202, message

        await self.hooks(scope, receive, send)

    @contextmanager
    def _counted(self, kind: str) -> Iterator[None]:
        with self.meter.count(kind):
            if kind != self.profiled:
                yield
                return
            with self.profiler:
                yield


def _remember(relay: Relay, tx: Tx) -> None:
    relay.remember(tx.outgoing)


def build(urls: Mapping[str, str], meter: Meter, clock: Clock | None = None) -> Line:
    """The four services, put together as in production but for bus and threads."""
    given: dict[str, Any] = {
        "bus": MemoryBus(),
        "clock": clock or SystemClock(),
        "agreements": OneAgreement(leads.agreement()),
    }
    databases = {name: _database(name, url, meter) for name, url in urls.items()}
    ingest = create_ingest(IngestSettings(), database=databases["ingest"], sources=leads.sources(), **given)
    services = {
        "ingest": ingest,
        "scoring": create_scoring(ScoringSettings(), database=databases["scoring"], **given),
        "routing": create_routing(RoutingSettings(), database=databases["routing"], **given),
        "recycle": create_recycle(RecycleSettings(), database=databases["recycle"], **given),
    }
    reception = ingest_api.Reception(ingest)
    hooks = ingest_api.create_hooks(reception, leads.sources(), given["clock"])
    return Line(services, hooks, meter)


def _database(name: str, url: str, meter: Meter) -> Database:
    database = Database(url, inline=True)

    count_statements(database._writer, meter)
    database.tx_inline(lambda conn: upgrade(conn, name))
    return database


@contextmanager
def databases(folder: Path, on_sqlite: bool) -> Iterator[tuple[dict[str, str], int | None]]:
    if on_sqlite:
        yield {name: f"sqlite:///{folder}/{name}.db" for name in SERVICES}, None
        return
    with compose_postgres() as cluster:
        yield dict.fromkeys(SERVICES, cluster.url), cluster.pid


async def _run(line: Line, asked: argparse.Namespace) -> None:
    await line.open()
    await line.push(asked.warm_up, 0, asked.batch)
    look_rarely()
    line.meter.forget()
    line.profiled = asked.profile
    await line.push(asked.leads, asked.warm_up, asked.batch)
    _report(line.meter.costs, asked.leads, asked.leads / asked.batch)
    for service in line.services.values():
        service.database.close()


def _report(costs: Mapping[str, Cost], number: int, batches: float) -> None:
    each = 1000 / number
    _print("", "client", "quiet", "server", "statements")
    rows = [
        (sum(cost.client_s) * each, cost.quiet_s * each, cost.server_s * each, cost.statements / batches)
        for cost in costs.values()
    ]
    for kind, row in zip(costs, rows, strict=True):
        _print(kind, *row)
    _print("all", *(sum(column) for column in zip(*rows, strict=True)))


def _print(name: str, *cells: str | float) -> None:
    shown = [cell if isinstance(cell, str) else f"{cell:.3f}" for cell in cells]
    sys.stdout.write(f"{name:<16}" + "".join(f"{cell:>12}" for cell in shown) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=1000, help="leads before, which are not counted")
    parser.add_argument("--batch", type=int, default=500, help="leads that arrive at once")
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--profile", help="a line of the table, such as routing, or 'routing relay'")
    parser.add_argument("--top", type=int, default=45, help="functions that the profile shows")
    parser.add_argument("--sort", default="tottime", help="tottime, or cumtime")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), asked.sqlite) as (urls, server):
        line = build(urls, Meter(server))
        asyncio.run(_run(line, asked))
        if asked.profile:
            pstats.Stats(line.profiler, stream=sys.stdout).sort_stats(asked.sort).print_stats(asked.top)


if __name__ == "__main__":
    main(sys.argv[1:])
