"""What letting a lead in costs: microseconds per lead, by group size, new people and known ones.

    python bench/ingest_take_in.py                                  on SQLite, in a temporary folder
    python bench/ingest_take_in.py --database postgresql+psycopg://…    on an empty database

`read` is everything before the transaction (JSON, mapping, e-mail and phone). `cpu` is this process alone;
`wall` has the commit in it, which waits for the disk. Figures compare with each other, not across machines.
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from timeit import default_timer
from typing import Final

from sqlalchemy import Engine, event

sys.path.insert(0, str(Path(__file__).parent.parent))

from services.ingest import handlers
from services.ingest.app import create_service
from services.ingest.domain.sources import Source, sources_from
from services.ingest.handlers import Arrival
from services.ingest.settings import Settings
from shared.agreement import load
from shared.bus.sqlite import SqliteBus
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.clock import SystemClock
from shared.runtime.service import OneAgreement, Service

SECRET: Final = "whsec_" + "A" * 44
GROUPS: Final = (1, 50, 500)
LEADS: Final = {1: 300, 50: 3000, 500: 10000}
SOURCES: Final = {"sources": {"website": {"kind": "standard", "secrets": [SECRET]}}}


@dataclass(frozen=True, slots=True)
class Cost:
    """Per lead."""

    wall_us: float
    cpu_us: float
    statements: float


def bodies(start: int, number: int) -> list[bytes]:
    """Webhooks of so many people, each with an e-mail address, a phone number and a few facts."""
    return [json.dumps(_lead(start + n)).encode() for n in range(number)]


def _lead(number: int) -> dict[str, object]:
    return {
        "email": f"person{number}@company{number % 5000}.example",
        "phone": f"+3519{number % 100000000:08d}",
        "name": f"Person {number}",
        "title": "Operations Director",
        "company": {"name": f"Company {number % 5000}", "employees": "120", "industry": "software"},
        "country": "Portugal",
        "consent": "yes",
        "activity": {"type": "demo_requested", "url": "https://www.acme.example/demo"},
    }


def read(source: Source, raw: Sequence[bytes], round_: str, service: Service) -> list[Arrival]:
    """From verified bytes to arrivals."""
    now = service.clock.now()
    return [handlers.arrival_of(source, body, f"{round_}-{n}", now, None) for n, body in enumerate(raw)]


class Meter:
    """Counts statements, and takes the time."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1

    def measure(self, service: Service, arrivals: Sequence[Arrival], group: int) -> Cost:
        """Let them in, a group at a time."""
        before, wall, cpu = self.statements, default_timer(), process_time()
        for at in range(0, len(arrivals), group):
            _let_in(service, arrivals[at : at + group])
        wall, cpu = default_timer() - wall, process_time() - cpu
        each = 1_000_000 / len(arrivals)
        return Cost(wall * each, cpu * each, (self.statements - before) / (len(arrivals) / group))


def _let_in(service: Service, group: Sequence[Arrival]) -> None:
    # Without an event loop: an inline database never waits.
    coroutine = service.tx(lambda tx: handlers.take_in(tx, group))
    try:
        coroutine.send(None)
    except StopIteration:
        return


def run(url: str, profiled: int | None) -> None:
    """Measure every group size, and profile one if asked."""
    database, source = Database(url, inline=True), sources_from(SOURCES)["website"]
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    bus = SqliteBus(":memory:", inline=True)
    agreements = OneAgreement(load(Path(__file__).parent.parent / "agreements" / "starter.yaml"))
    service = create_service(
        Settings(), bus=bus, clock=SystemClock(), agreements=agreements, database=database, sources={}
    )
    meter = Meter(database._writer)
    _line("group", "people", "wall µs", "cpu µs", "statements a group", "read µs")
    for turn, group in enumerate(GROUPS):
        _measure(service, source, meter, group, turn * 1_000_000, profiled == group)
    database.close()
    asyncio.run(bus.close())


def _measure(service: Service, source: Source, meter: Meter, group: int, start: int, profile: bool) -> None:
    raw = bodies(start, LEADS[group])
    warm = read(source, bodies(start + 500_000, group * 2), f"warm {group}", service)
    meter.measure(service, warm, group)
    for people in ("new", "known"):
        cpu = process_time()
        arrivals = read(source, raw, f"{people} {group}", service)
        reading = (process_time() - cpu) * 1_000_000 / len(raw)
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        cost = meter.measure(service, arrivals, group)
        if profile:
            profiler.disable()
            pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(28)
        _line(str(group), people, cost.wall_us, cost.cpu_us, cost.statements, reading)


def _line(*cells: str | float) -> None:
    shown = [cell if isinstance(cell, str) else f"{cell:.1f}" for cell in cells]
    sys.stdout.write("".join(f"{cell:>20}" for cell in shown) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database")
    parser.add_argument("--profile", type=int, choices=GROUPS, help="show where this group's time goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(asked.database or f"sqlite:///{folder}/ingest.db", asked.profile)


if __name__ == "__main__":
    main()
