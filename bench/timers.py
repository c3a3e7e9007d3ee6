"""How late timers fire while many more wait: by the loop that runs in production, on SQLite and PostgreSQL.

    python -m bench.timers                           100,000 wait, 1,000 a second fall due
    python -m bench.timers --full                    1,000,000 wait, 5,000 a second fall due
    python -m bench.timers --only sqlite             or postgres

Each timer is another lead's; nothing is decided when it fires, so that what is measured is claiming, firing,
deleting and the commit. Lateness: from the instant at which it was due until its end is committed. CPU: of
this process, which also counts, and of PostgreSQL.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from bench import leads
from bench.cost import cpu_seconds
from bench.memory_bus import MemoryBus
from bench.postgres import compose_postgres
from services.routing.tables import messaging
from shared.db.bulk import insert
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.effects import FiredTimer
from shared.runtime.clock import SystemClock
from shared.runtime.garbage import look_rarely
from shared.runtime.loops import RunningService
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx

AIMED_AT: Final = timedelta(seconds=1)
"""99 of 100 timers fire no later than this."""
PLACES: Final = ("sqlite", "postgres")
_ROWS: Final = 5000
_AHEAD: Final = timedelta(days=30)
_SOON: Final = timedelta(seconds=2)
_STALL_S: Final = 60.0


class Load(NamedTuple):
    """So many timers wait; so many others fall due each second, for so many seconds."""

    waiting: int
    a_second: int
    seconds: int

    @property
    def due(self) -> int:
        return self.a_second * self.seconds


FULL: Final = Load(1_000_000, 5_000, 10)


class Counting:
    """A service's answer to timers that does nothing but note, after the commit, how late they were."""

    def __init__(self) -> None:
        self.late: list[timedelta] = []

    def on_timers(self, tx: Tx, timers: Sequence[FiredTimer]) -> None:
        tx.afterwards.append(partial(self._note, [timer.due_at for timer in timers]))

    def _note(self, due: Sequence[datetime]) -> None:
        now = datetime.now(UTC)
        self.late += [now - at for at in due]


async def measure(url: str, server: int | None, load: Load) -> tuple[list[timedelta], float]:
    """How late each timer was, in order, and the CPU seconds of it all."""
    with closing(Database(url)) as database:
        await database.tx(partial(upgrade, service="routing"))
        took_s = -monotonic()
        await _fill(database, load.waiting, lambda n: datetime.now(UTC) + _AHEAD * (1 + n / load.waiting))
        took_s += monotonic()
        await database.tx(_settle)
        began = datetime.now(UTC) + _SOON + timedelta(seconds=2 * took_s * load.due / load.waiting)
        await _fill(database, load.due, lambda n: began + timedelta(seconds=n / load.a_second))
        if datetime.now(UTC) > began:
            raise RuntimeError("the machine is too busy now: timers were due before all were set")
        counting = Counting()
        service = _service(database, counting)
        cpu_s = _cpu_s(server)
        running = RunningService(service, "bench")
        await running.start()
        await _all_fired(counting, load.due)
        await running.stop()
        return sorted(counting.late), _cpu_s(server) - cpu_s


def _service(database: Database, counting: Counting) -> Service:
    given: Any = {"bus": MemoryBus(), "clock": SystemClock(), "agreements": OneAgreement(leads.agreement())}
    return Service("routing", database, messaging, on_timers=counting.on_timers, **given)


async def _fill(database: Database, number: int, due_at: Any) -> None:
    for start in range(0, number, _ROWS):
        rows = [_row(n, due_at(n)) for n in range(start, min(number, start + _ROWS))]
        await database.tx(partial(insert, table=messaging.timers, rows=rows))


def _settle(conn: Connection) -> None:
    """As if so many rows had not come all at once."""
    conn.exec_driver_sql(f"ANALYZE {messaging.timers.name}")
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("CHECKPOINT")


def _row(n: int, due_at: datetime) -> dict[str, Any]:
    return {
        "lead_id": f"{n:08d}-{int(due_at.timestamp())}",
        "purpose": "clock",
        "due_at": due_at,
        "payload": {},
        "hop": 0,
        "traceparent": None,
    }


async def _all_fired(counting: Counting, number: int) -> None:
    done, stalled_s = 0, 0.0
    while len(counting.late) < number:
        await asyncio.sleep(0.1)
        stalled_s = 0.0 if len(counting.late) > done else stalled_s + 0.1
        done = len(counting.late)
        if stalled_s > _STALL_S:
            raise RuntimeError(f"only {done:,} of {number:,} timers were fired")


def _cpu_s(server: int | None) -> float:
    return process_time() + (cpu_seconds(server) if server is not None else 0.0)


@contextmanager
def _place(name: str) -> Iterator[tuple[str, int | None]]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
            yield f"sqlite:///{Path(folder)}/routing.db", None
    else:
        with compose_postgres() as postgres:
            yield postgres.url, postgres.pid


def _report(name: str, late: Sequence[timedelta], cpu_s: float) -> None:
    p50, p99, last = (late[min(len(late) - 1, int(len(late) * part))] for part in (0.5, 0.99, 1.0))
    ms = [f"{one.total_seconds() * 1000:,.0f} ms" for one in (p50, p99, last)]
    missed = "" if p99 <= AIMED_AT else f", more than {AIMED_AT.total_seconds():.0f} s"
    cpu_us = cpu_s / len(late) * 1e6
    print(f"{name:<9} late p50 {ms[0]}, p99 {ms[1]}{missed}, last {ms[2]}; {cpu_us:,.0f} µs of CPU")


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1_000, help="timers that fall due each second")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument(
        "--full", action="store_true", help=f"{FULL.waiting:,} wait, {FULL.a_second:,} a second"
    )
    parser.add_argument("--only", choices=PLACES)
    asked = parser.parse_args(arguments)
    load = FULL if asked.full else Load(asked.waiting, asked.rate, asked.seconds)
    print(f"{load.waiting:,} timers wait, {load.a_second:,} a second fall due for {load.seconds} s")
    look_rarely()
    for name in PLACES if asked.only is None else [asked.only]:
        with _place(name) as (url, server):
            _report(name, *asyncio.run(measure(url, server, load)))


if __name__ == "__main__":
    main(sys.argv[1:])
