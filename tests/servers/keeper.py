"""Keeps one PostgreSQL alive for as long as a test run lives, however that run ends.

The first test that needs PostgreSQL starts a keeper, whichever worker it is in. The keeper outlives that
worker, stops the server when the run says so or is gone, and leaves nothing behind.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.servers import postgres

RUN_FOLDER = "BATON_TEST_RUN"  # Where the workers of one run meet; set by the process that started them.
WATCH_EVERY_S = 0.5
ANSWER_WAIT_S = 60.0


def open_run() -> Path:
    """Called once for each run, before its workers start: a folder in which they share servers."""
    folder = Path(tempfile.mkdtemp(prefix="baton-tests-"))
    (folder / "run.pid").write_text(str(os.getpid()))
    os.environ[RUN_FOLDER] = str(folder)
    return folder


def close_run(folder: Path) -> None:
    """Stop what this run has started, and wait until it is gone."""
    os.environ.pop(RUN_FOLDER, None)
    keeper = folder / "keeper.pid"
    if keeper.exists():
        _end(int(keeper.read_text()), folder)
    shutil.rmtree(folder, ignore_errors=True)


def postgres_address() -> str:
    """The address of this run's server, started if this is the first to ask. Raises PostgresUnavailable."""
    folder = Path(os.environ[RUN_FOLDER])
    answer = folder / "answer"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            _start_keeper(folder)
    said, _, rest = answer.read_text().partition(" ")
    if said != "serving":
        raise postgres.PostgresUnavailable(rest)
    return rest


def _start_keeper(folder: Path) -> None:
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.keeper", str(folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C stops the tests first, and the server after them.
    )
    (folder / "keeper.pid").write_text(str(keeper.pid))
    until = time.monotonic() + ANSWER_WAIT_S
    while not (folder / "answer").exists():
        if keeper.poll() is not None or time.monotonic() > until:
            raise postgres.PostgresUnavailable("the keeper of PostgreSQL gave no answer")
        time.sleep(0.02)
    keeper.returncode = 0  # It outlives us on purpose: no warning when this handle is forgotten.


def _end(keeper: int, folder: Path) -> None:
    try:
        os.kill(keeper, signal.SIGTERM)
    except ProcessLookupError:
        return
    until = time.monotonic() + 30
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)


def keep(folder: Path) -> None:
    """Start the server, say where it is, wait for the end of the run, and clear up."""
    run = int((folder / "run.pid").read_text())
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    try:
        server = postgres.Cluster(folder)
        server.start()
    except postgres.PostgresUnavailable as reason:
        _answer(folder, f"unavailable {reason}")
        return
    try:
        _answer(folder, f"serving {server.address}")
        while not over.wait(WATCH_EVERY_S) and _alive(run):
            pass
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _answer(folder: Path, text: str) -> None:
    (folder / "answer.part").write_text(text)
    (folder / "answer.part").rename(folder / "answer")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
