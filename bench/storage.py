"""How much disk leads take: people who do something each week for twenty weeks, through all four services.

    python -m bench.storage                          20,000 people on a PostgreSQL of its own; takes a while
    python -m bench.storage --sqlite                 on SQLite files

From the webhook route inward everything runs as in production, by a clock that moves on a week at a time. No
timer fires, so a lead stays with the rep who got it. At the end each service forgets what is old, as it does
when it is idle, and every table is made compact. Shown are bytes a lead, indexes included, and what 1,000,000
such leads would take. Kafka's log, and the embedded one, are not in it.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg

from bench import leads
from bench.cost import Meter
from bench.services import SERVICES, Line, build, databases
from shared.runtime.clock import StillClock
from shared.runtime.inbox import FORGET_MAX, forget_old

BEGIN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK: Final = timedelta(days=7)
BATCH: Final = 500
SWEPT_MAX: Final = 1000
"""How much a service forgets at least each time that it is idle."""
PROJECTED: Final = 1_000_000


async def fill(line: Line, clock: StillClock, number: int, weeks: int) -> None:
    """So many people do something in each of the weeks, and everybody hears of it; then they are idle."""
    await line.open()
    for week in range(weeks):
        clock.at = BEGIN + week * WEEK
        await line.deliver(list(leads.deeds(number, week, at=int(clock.at.timestamp()))), BATCH)
    for service in line.services.values():
        while await service.tx(forget_old) == FORGET_MAX:
            pass
        for _ in range(number * weeks // SWEPT_MAX + 1):
            if service.on_idle is not None:
                await service.tx(service.on_idle)
        service.database.close()


def sizes(urls: Mapping[str, str]) -> Counter[str]:
    """Bytes of each table, when all of them are compact."""
    found: Counter[str] = Counter()
    for url in dict.fromkeys(urls.values()):
        found += _sqlite(url) if url.startswith("sqlite") else _postgres(url)
    return Counter({name: size for name, size in found.items() if name.startswith(SERVICES)})


def _sqlite(url: str) -> Counter[str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("VACUUM")
        query = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
        return Counter(dict(connection.execute(query).fetchall()))


def _postgres(url: str) -> Counter[str]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        query = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
        return Counter(dict(connection.execute(query).fetchall()))


def _report(found: Counter[str], number: int, weeks: int) -> None:
    print(f"{number:,} leads, {number * weeks:,} activities; bytes a lead, compact, indexes included:")
    for name, size in found.most_common():
        if size * 1000 > found.total():
            print(f"{name:<28} {size / number:>10,.0f}")
    for service in SERVICES:
        _project(service, sum(size for name, size in found.items() if name.startswith(service)), number)
    _project("all", found.total(), number)


def _project(name: str, size: int, number: int) -> None:
    print(
        f"{name:<28} {size / number:>10,.0f} {PROJECTED:>12,} leads: {size * PROJECTED / number / 1e9:.1f} GB"
    )


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--weeks", type=int, default=20, help="each with one activity of every lead")
    parser.add_argument("--sqlite", action="store_true")
    asked = parser.parse_args(arguments)
    clock = StillClock(BEGIN)
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), asked.sqlite) as (urls, server):
        asyncio.run(fill(build(urls, Meter(server), clock), clock, asked.leads, asked.weeks))
        _report(sizes(urls), asked.leads, asked.weeks)


if __name__ == "__main__":
    main(sys.argv[1:])
