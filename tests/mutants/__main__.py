"""`make mutants`: takes away one guarantee after the other in a copy, and insists on seeing red."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.mutants.catalogue import CATALOGUE, Mutant

ROOT: Final = Path(__file__).parent.parent.parent
COPIED: Final = ("shared", "services", "tests", "agreements")
SEEDS: Final = 24
PATIENCE_S: Final = 240


def main(names: list[str]) -> int:
    """Exit code 0 only if every mutant was caught. `names`: only those with one of these words in them."""
    chosen = [m for m in CATALOGUE if not names or any(name in m.name for name in names)]
    survivors = []
    for mutant in chosen:
        began = time.monotonic()
        verdict = _verdict(mutant)
        print(f"{verdict:10} {mutant.name} ({time.monotonic() - began:.0f} s)", flush=True)
        if verdict == "SURVIVED":
            survivors.append(mutant.name)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} guarantees are seen to be missing when they are.")
    return 1 if survivors else 0


def _verdict(mutant: Mutant) -> str:
    with tempfile.TemporaryDirectory(prefix="baton-mutant-") as folder:
        for name in COPIED:
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
        _mutate(Path(folder) / mutant.file, mutant)
        return _play(folder)


def _mutate(file: Path, mutant: Mutant) -> None:
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(
            f"{mutant.name}: its line stands {text.count(mutant.old)} times in {mutant.file}, not once"
        )
    file.write_text(text.replace(mutant.old, mutant.new))


def _play(folder: str) -> str:
    command = [
        sys.executable,
        "-m",
        "tests.simulation.run",
        "--seeds",
        str(SEEDS),
        "--stop-at-first",
        "--any-marks",
    ]
    environment = {**os.environ, "PYTHONPATH": folder}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return "caught"  # It never comes to rest: that is noticed too.
    return "SURVIVED" if done.returncode == 0 else "caught"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
