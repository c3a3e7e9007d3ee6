"""How fast Baton is as a whole: `make bench`; a short run: `make bench ARGS="--leads 6000 --runs 1"`.

Everything shares the machine: Baton's processes, their servers, and this one, which makes the load and reads
along on the bus. A run posts distinct, signed webhooks of 700 bytes as fast as they are acknowledged, and
ends when each lead is assigned, once. Then the same at half that rate, for the latencies; then the ceilings.
"""

import argparse
import asyncio
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import process_time
from typing import Final

import uvloop

from bench.ceilings import bare_acknowledgements, bare_copies
from bench.cost import cpu_seconds
from bench.load import Load, requests
from bench.places import Place, embedded_place, grown_place
from bench.table import CPU, HALF, RATE, Figures, publish, table
from bench.watch import Watch

STALL_S: Final = 60.0
FULL: Final = (60_000, 3)
"""The document is written after so many leads and runs, at least."""
PLACES: Final = {"Kafka + PostgreSQL": grown_place, "embedded": embedded_place}


@dataclass(frozen=True, slots=True)
class Measured:
    """Leads a second; CPU seconds of each process for 1,000; seconds after which each lead was …"""

    rate: float
    cpu_s: dict[str, float]
    acknowledged_s: Sequence[float]
    assigned_s: Sequence[float]


@dataclass(slots=True)
class Bench:
    """One place under load. `sent`: how many people have been sent there, so that nobody is twice."""

    place: Place
    connections: int
    sent: int = 0

    async def run(self, number: int) -> Figures:
        """Everything that is measured, once; by its names in the table."""
        full = await self.measure(number)
        half = await self.measure(max(number // 4, 100), full.rate / 2)
        found = {RATE: full.rate, CPU: sum(full.cpu_s.values())}
        found |= {f"… of it {name}": spent for name, spent in full.cpu_s.items()}
        found |= {f"{HALF}leads/s": half.rate, f"{HALF}{CPU}": sum(half.cpu_s.values())}
        found |= _percentiles(f"{HALF}acknowledged after ms", half.acknowledged_s)
        found |= _percentiles(f"{HALF}assigned after ms", half.assigned_s)
        bare = await bare_acknowledgements(self.place, number, self.connections)
        found |= {"ceiling: bare acknowledgements/s": bare, "… Baton's part of it": full.rate / bare}
        for how, rate in (await bare_copies(self.place, number)).items():
            found |= {f"ceiling: records/s, {how} of 500": rate, f"… Baton's part of {how}": full.rate / rate}
        return found

    async def measure(self, number: int, rate: float | None = None) -> Measured:
        """So many leads, from the first webhook until all are assigned and every service has read of it."""
        posts = requests(number, self.sent)
        self.sent += number
        async with self.place.watch() as watch:
            before, began_s = self._cpu_s(), asyncio.get_running_loop().time()
            load = Load(posts, connections=self.connections, rate=rate)
            posting = asyncio.create_task(load.run(self.place.port))
            assigned = await _assigned(watch, number, posting)
            await posting
            while await watch.unread():  # noqa: ASYNC110  # in other processes
                await asyncio.sleep(0.1)
            cpu_s = {name: (spent - before[name]) * 1000 / number for name, spent in self._cpu_s().items()}
        took = [assigned[lead] - due_s for lead, due_s in load.due_s.items()]
        return Measured(number / (max(assigned.values()) - began_s), cpu_s, load.acknowledged_s, took)

    def _cpu_s(self) -> dict[str, float]:
        spent = {name: cpu_seconds(process) for name, process in self.place.processes.items()}
        return {**spent, "load generator": process_time()}


async def _assigned(watch: Watch, number: int, posting: "asyncio.Task[None]") -> dict[str, float]:
    """When each lead was seen to be assigned. Raises RuntimeError if one is not, or twice."""
    loop = asyncio.get_running_loop()
    assigned: dict[str, float] = {}
    last_s = loop.time()
    while len(assigned) < number:
        for lead in await watch.assigned():
            last_s = loop.time()
            if assigned.setdefault(lead, last_s) < last_s:
                raise RuntimeError(f"{lead} was assigned twice")
        if posting.done():
            posting.result()
        if loop.time() - last_s > STALL_S:
            raise RuntimeError(f"{number - len(assigned)} of {number} leads were not assigned")
    return assigned


def _percentiles(name: str, took_s: Sequence[float]) -> Figures:
    cuts = quantiles(took_s, n=100)
    return {f"{name}, p50": cuts[49] * 1000, f"{name}, p99": cuts[98] * 1000}


async def _runs(place: Place, asked: argparse.Namespace) -> list[Figures]:
    bench = Bench(place, asked.connections)
    await bench.measure(asked.warm_up)
    return [await bench.run(asked.leads) for _ in range(asked.runs)]


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=FULL[0])
    parser.add_argument("--runs", type=int, default=FULL[1])
    parser.add_argument("--warm-up", type=int, default=10_000, help="leads before, which are not counted")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", choices=PLACES, help="one way to run Baton: the table has it alone")
    asked = parser.parse_args(arguments)
    runs = {}
    for name in [asked.only] if asked.only else PLACES:
        with PLACES[name]() as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runs[name] = runner.run(_runs(place, asked))
    shown = table(runs)
    print(shown)
    if asked.leads >= FULL[0] and asked.runs >= FULL[1]:
        publish(shown, shlex.join(["python", "-m", "bench", *arguments]))


if __name__ == "__main__":
    # Told to end, it stops what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    main(sys.argv[1:])
