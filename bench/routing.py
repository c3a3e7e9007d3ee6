"""How fast routing is on PostgreSQL, beside what the same machine can do at most, and as the roster grows.

    python -m bench.routing                          three runs of 5,000 leads
    python -m bench.routing --roster                 what a lead costs, by the size of roster and teams
    python -m bench.routing --profile                shows the functions in which the time of the handler goes

The load: leads as scoring offers them, each of another person, read from the embedded bus, 500 at a time. All
are decided for twenty reps in four teams. The handler and the raw ways take turns (bench/raw.py).

`--roster`: the rules send leads to two of the teams in turn, so that nothing grows but what is said to.
"""

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Any, Final, NamedTuple

from bench import leads, services
from bench.cost import Meter
from bench.memory_bus import MemoryBus
from bench.postgres import compose_postgres
from bench.raw import Bench, Rate, prepared, report, shown
from services.routing.app import create_service
from services.routing.domain.people.roster import Row
from services.routing.handlers.roster import import_roster
from services.routing.settings import Settings
from services.routing.tables import leads as routed
from services.routing.tables import members, messaging, people, people_history, receipts, teams, turns
from shared.agreement import Agreement, load_text
from shared.bus.port import Record
from shared.bus.sqlite import SqliteBus
from shared.contracts import scoring
from shared.contracts.envelope import decode_envelope
from shared.runtime.clock import SystemClock
from shared.runtime.garbage import look_rarely
from shared.runtime.service import OneAgreement
from tests.servers.postgres import Cluster

WRITTEN: Final = (
    messaging.inbox,
    routed,
    receipts,
    teams,
    turns,
    messaging.timers,
    messaging.errands,
    messaging.outbox,
)
_FORGET_ROSTER: Final = (
    f"TRUNCATE {', '.join(table.name for table in (*WRITTEN, people, members, people_history))}"
)
RULES: Final = 20
EMPLOYEES: Final = 4000
"""Companies of the load have from 10 to so many employees more: by that each rule has its share."""


class Size(NamedTuple):
    """Teams of so many reps each, and rules, which send leads to the first `reached` of the teams."""

    teams: int
    reps: int
    rules: int = RULES
    reached: int = 2

    def __str__(self) -> str:
        return (
            f"{self.teams:>5} teams of {self.reps:>3} reps, {self.rules} rules, {self.reached} teams reached"
        )


CURVES: Final = {
    "as the roster grows": [Size(2, 25), Size(20, 25), Size(200, 25)],
    "as the teams grow, in a roster of 5,000": [Size(1000, 5), Size(200, 25), Size(50, 100), Size(25, 200)],
    "as the rules grow": [Size(200, 25, 20), Size(200, 25, 100), Size(200, 25, 500)],
    "as the teams grow that a batch is for": [Size(200, 25, 500, 20), Size(200, 25, 500, 200)],
}


async def offered(number: int) -> list[Record]:
    """So many leads, as scoring offers them to routing."""
    with tempfile.TemporaryDirectory() as folder, services.databases(Path(folder), True) as (urls, server):
        line = services.build(urls, Meter(server))
        await line.open()
        for name in ("routing", "recycle"):
            line.services[name].reads = {}
        for start in range(0, number, 500):
            posts = leads.webhooks(min(500, number - start), start=start, at=int(time()))
            await line.deliver(list(posts), 500)
        bus = line.services["scoring"].bus
        assert isinstance(bus, MemoryBus)
        said = [one for one in bus.topics[scoring.TOPIC] if _is_offer(one)]
        for service in line.services.values():
            service.database.close()
    assert len(said) == number, "every lead of the load is an MQL"
    return said


def _is_offer(record: Record) -> bool:
    return decode_envelope(record.value).type == scoring.LeadQualified.name()


def agreement(size: Size) -> Agreement:
    """The agreement of the benchmarks with other teams and rules; each rule has as many leads as another."""
    written = (leads.HERE / "agreement.yaml").read_text()
    before, _, rest = written.partition("\nrouting:\n")
    _, _, after = rest.partition("\nfollow_up:\n")
    boss = "ines@acme.example"
    teams_of = [
        f"    - {{name: team{n}, lead: {boss}, deputy: {boss}, queue_within: 30m}}" for n in range(size.teams)
    ]
    step, rules = EMPLOYEES / size.rules, []
    for n in range(1, size.rules):
        part = f"{{company.employees: {{below: {10 + round(n * step)}}}}}"
        rules.append(f"    - {{name: rule {n}, when: {part}, to: {{team: team{n % size.reached}}}}}")
    rules.append("    - {name: the rest, to: {team: team0}}")
    ways = "  reject: {not-per-definition: dispute, wrong-team: reroute, duplicate: merge, not-a-lead: close}"
    parts = [f"{before}\nrouting:", "  teams:", *teams_of, "  rules:", *rules, ways, f"\nfollow_up:\n{after}"]
    return load_text("\n".join(parts))


def roster(size: Size) -> list[Row]:
    """Everybody is in one team, at work day and night; nobody is told."""
    return [
        Row(
            f"entry {n}",
            {"person": f"rep{n}@acme.example", "name": f"Rep {n}", "teams": f"team{n % size.teams}"},
        )
        for n in range(size.teams * size.reps)
    ]


async def _bench(
    server: Cluster, records: Sequence[Record], folder: str, agreed: Agreement, listed: Sequence[Row]
) -> Bench:
    bus = SqliteBus(f"{folder}/bus.db")
    database = await prepared(server, "routing", records, bus)
    given: Any = {"bus": bus, "clock": SystemClock(), "agreements": OneAgreement(agreed)}
    service = create_service(Settings(), database=database, **given)
    await database.tx(lambda conn: conn.exec_driver_sql(_FORGET_ROSTER))
    await service.tx(lambda tx: import_roster(tx, listed))
    return Bench(service, bus, len(records), server.pid, WRITTEN)


async def _runs(
    server: Cluster, records: Sequence[Record], runs: int, profile: cProfile.Profile | None
) -> list[dict[str, Rate]]:
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        bench = await _bench(server, records, folder, leads.agreement(), leads.roster())
        found = await bench.runs(runs, profile)
        await _close(bench)
        return found


async def costs(server: Cluster, records: Sequence[Record], runs: int, size: Size) -> list[float]:
    """µs of CPU that a lead costs, here and in the database, in each of so many runs."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        bench = await _bench(server, records, folder, agreement(size), roster(size))
        found = []
        for _ in range(runs + 1):
            await bench.empty()
            found.append((await bench.rate(bench.handle)).cpu_us)
        await _close(bench)
        return found[1:]


async def _close(bench: Bench) -> None:
    await bench.bus.close()
    bench.service.database.close()


def _show_curves(server: Cluster, records: Sequence[Record], runs: int) -> None:
    look_rarely()
    for title, sizes in CURVES.items():
        print(f"{title}:")
        for size in sizes:
            found = asyncio.run(costs(server, records, runs, size))
            print(f"  {size}: {shown(found, ' µs of CPU a lead')}")


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--roster", action="store_true", help="what a lead costs, by the size of the roster")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--top", type=int, default=45, help="functions that the profile shows")
    parser.add_argument("--sort", default="tottime", help="tottime, or cumtime")
    asked = parser.parse_args(arguments)
    profile = cProfile.Profile() if asked.profile else None
    records = asyncio.run(offered(asked.leads))
    print(f"{asked.leads:,} leads, {asked.runs} runs: median (range)")
    with compose_postgres() as postgres:
        if asked.roster:
            _show_curves(postgres, records, asked.runs)
            return
        report(asyncio.run(_runs(postgres, records, asked.runs, profile)))
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats(asked.sort).print_stats(asked.top)


if __name__ == "__main__":
    main(sys.argv[1:])
