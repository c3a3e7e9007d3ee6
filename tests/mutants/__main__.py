"""`make mutants`: takes away one guarantee after the other in a copy, and insists on seeing red."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import Mutant

ROOT: Final = Path(__file__).parent.parent.parent
COPIED: Final = ("shared", "services", "deploy", "tests", "agreements", "pyproject.toml")
JARS: Final = ".kafka"
"""Linked, so that a copy need not fetch Kafka."""
SEEDS: Final = ["tests.simulation.run", "--seeds", "40", "--stop-at-first", "--any-marks"]
PATIENCE_S: Final = 240


def main(names: list[str]) -> int:
    """Exit code 0 only if every mutant was caught. `names`: only those with one of these words in them."""
    chosen = [m for m in CATALOGUE if not names or any(name in m.name for name in names)]
    with ThreadPoolExecutor(os.cpu_count()) as at_once:
        caught = list(at_once.map(_is_caught, chosen))
    print(f"{sum(caught)} of {len(chosen)} guarantees are seen to be missing when they are.")
    return 0 if all(caught) else 1


def _is_caught(mutant: Mutant) -> bool:
    if mutant.test and not _is_green(mutant.test):
        print(f"shows nothing: {mutant.name}: {mutant.test} fails without any mutant", flush=True)
        return False
    began = time.monotonic()
    caught = not _passes(mutant.test, mutant)
    print(
        f"{'caught' if caught else 'SURVIVED':10} {mutant.name} ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return caught


@cache
def _is_green(test: str) -> bool:
    return _passes(test, None)


def _passes(test: str, mutant: Mutant | None) -> bool:
    """Whether a copy, with the mutant or without one, passes the test; without a test, the simulation."""
    with tempfile.TemporaryDirectory(prefix="baton-mutant-") as folder:
        for name in COPIED:
            _copy(ROOT / name, Path(folder) / name)
        (Path(folder) / JARS).symlink_to(ROOT / JARS)
        if mutant is not None:
            _mutate(Path(folder) / mutant.file, mutant)
        return _run(folder, ["pytest", "-q", "-p", "no:cacheprovider", test] if test else SEEDS)


def _mutate(file: Path, mutant: Mutant) -> None:
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(
            f"{mutant.name}: its line stands {text.count(mutant.old)} times in {mutant.file}, not once"
        )
    file.write_text(text.replace(mutant.old, mutant.new))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _run(folder: str, arguments: list[str]) -> bool:
    command = [sys.executable, "-m", *arguments]
    # Under CI a test that is skipped fails: it has seen nothing.
    environment = {**os.environ, "PYTHONPATH": folder, "CI": "true"}
    output = subprocess.DEVNULL
    run = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=output, stderr=output, process_group=0
    )
    try:
        return run.wait(PATIENCE_S) == 0
    except subprocess.TimeoutExpired:
        return False  # It never comes to rest: that is noticed too.
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # What it has started may run on without it.
        run.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
