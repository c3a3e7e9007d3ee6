"""Plays seeds: `python -m tests.simulation.run --seeds 1000`, or `--seed 42`. A failure tells its story."""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.runtime.garbage import look_rarely
from shared.runtime.log import configure_logs
from tests.simulation.marks import REQUIRED
from tests.simulation.play import Played, play


@dataclass(slots=True)
class Tally:
    """What many seeds have shown."""

    seeds: int = 0
    crashes: int = 0
    leads: int = 0
    cpu_s: float = 0.0
    failed: int = 0

    def add(self, played: Played) -> None:
        self.seeds += 1
        self.crashes += played.crashes
        self.leads += played.leads
        self.cpu_s += played.cpu_s
        self.failed += bool(played.breaches)


def main(arguments: list[str]) -> int:
    """Exit code 0 only if every law held in every seed, and every rare event was met."""
    options = _options(arguments)
    _prepare()
    seeds = (
        [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    )
    tally, marks = Tally(), Counter[str]()
    began = time.monotonic()
    for played in _played(seeds, 1 if options.seed is not None else options.jobs):
        tally.add(played)
        marks.update(played.marks)
        if played.breaches:
            print(played.story())
            if options.stop_at_first:
                return 1
    _report(tally, marks, time.monotonic() - began)
    missed = [] if options.seed is not None or options.any_marks else sorted(REQUIRED - set(marks))
    if missed:
        print("never met: " + "; ".join(missed))
    return 1 if tally.failed or missed else 0


def _played(seeds: Iterable[int], jobs: int) -> Iterable[Played]:
    if jobs == 1:
        yield from map(play, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _prepare) as pool:
        yield from pool.imap_unordered(play, seeds, chunksize=4)


def _prepare() -> None:
    configure_logs("error")
    look_rarely()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="how many at once")
    parser.add_argument("--stop-at-first", action="store_true", help="stop at the first failure")
    parser.add_argument("--any-marks", action="store_true", help="do not insist on meeting every rare event")
    return parser.parse_args(arguments)


def _report(tally: Tally, marks: Counter[str], seconds: float) -> None:
    print(
        f"{tally.seeds} seeds, {tally.leads} leads, {tally.crashes} crashes, {tally.failed} failed;"
        f" {tally.cpu_s / max(1, tally.seeds):.2f} s of CPU a seed, {seconds:.0f} s in all"
    )
    for mark, count in sorted(marks.items()):
        print(f"  {count:8} {mark}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
