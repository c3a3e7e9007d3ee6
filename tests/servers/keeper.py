"""Keeps one PostgreSQL and one Kafka alive for as long as a test run lives, however that run ends.

The first test that needs a server starts its keeper, whichever worker it is in. The keeper outlives that
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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from deploy.kafka.broker import BrokerUnavailable
from tests.servers import kafka, postgres

RUN_FOLDER = "BATON_TEST_RUN"  # Where the workers of one run meet; set by the process that started them.
WATCH_EVERY_S = 0.5
ANSWER_WAIT_S = 120.0  # The first time, Kafka is fetched.


class ServerUnavailable(Exception):
    """A server can not run here; the message says why and what to install."""


def open_run() -> Path:
    """Called once for each run, before its workers start: a folder in which they share servers."""
    folder = Path(tempfile.mkdtemp(prefix="baton-tests-"))
    (folder / "run.pid").write_text(str(os.getpid()))
    os.environ[RUN_FOLDER] = str(folder)
    return folder


def close_run(folder: Path) -> None:
    """Stop what this run has started, and wait until it is gone."""
    os.environ.pop(RUN_FOLDER, None)
    for server in SERVERS:
        answer = folder / server / "answer"
        if answer.exists() and answer.read_text().startswith("serving"):
            _end(int((folder / server / "keeper.pid").read_text()), folder / server)
    shutil.rmtree(folder, ignore_errors=True)


def postgres_address() -> str:
    """Where this run's PostgreSQL is, started if this is the first to ask. Raises ServerUnavailable."""
    return _address("postgres")


def kafka_address() -> str:
    """Where this run's Kafka is, started if this is the first to ask. Raises ServerUnavailable."""
    return _address("kafka")


def _address(server: str) -> str:
    folder = Path(os.environ[RUN_FOLDER]) / server
    folder.mkdir(exist_ok=True)
    answer = folder / "answer"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            _start_keeper(folder)
    said, _, rest = answer.read_text().partition(" ")
    if said != "serving":
        raise ServerUnavailable(rest)
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
            raise ServerUnavailable(f"the keeper of {folder.name} gave no answer")
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
    run = int((folder.parent / "run.pid").read_text())
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    try:
        address, stop = SERVERS[folder.name](folder)
    except (postgres.PostgresUnavailable, BrokerUnavailable) as reason:
        _answer(folder, f"unavailable {reason}")
        return
    try:
        _answer(folder, f"serving {address}")
        while not over.wait(WATCH_EVERY_S) and _alive(run):
            pass
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # The last keeper of a run that is gone leaves nothing behind.
            if not _alive(run):
                (folder.parent / "run.pid").unlink()
                folder.parent.rmdir()


def _postgres(folder: Path) -> tuple[str, Callable[[], None]]:
    folder.parent.chmod(0o711)  # The server's user must be able to pass through.
    server = postgres.Cluster(folder)
    server.start()
    return server.address, server.stop


def _kafka(folder: Path) -> tuple[str, Callable[[], None]]:
    broker = kafka.start(folder)
    return broker.address, broker.kill


SERVERS = {"postgres": _postgres, "kafka": _kafka}


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
