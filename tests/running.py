"""A Baton that really runs: `baton run` in a process of its own, and the command beside it."""

import json
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.folder import Folder, Instance, NoInstance
from tests.starting import Process, begin

START_S: Final = 60.0
COMMAND_S: Final = 120.0


def baton(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = begin(arguments, settings, out, err)
        try:
            code = process.wait(COMMAND_S)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


@dataclass(slots=True)
class Running:
    """A Baton in a process of its own."""

    data: Path
    process: Process
    instance: Instance

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, for this instance."""
        return baton(*arguments, "--data", str(self.data))

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An HTTP call with the folder's own key."""
        headers = {"Authorization": f"Bearer {self.instance.key}", **more.pop("headers", {})}
        return httpx.request(method, self.instance.url + path, headers=headers, timeout=30, **more)

    def said(self) -> str:
        """What it has printed."""
        return (self.data / "out").read_text()

    def wait_until(self, path: str, holds: Any, *, timeout_s: float = 30.0) -> Any:
        """What stands at `path`, as soon as `holds` of it is true."""
        ends_at = time.monotonic() + timeout_s
        while True:
            found = self.call("GET", path)
            if found.is_success and holds(found.json()):
                return found.json()
            assert time.monotonic() < ends_at, f"{path} still says {found.text[:500]}"
            time.sleep(0.05)

    def stop(self, with_signal: int = signal.SIGTERM) -> float:
        """End it; returns after how many seconds it was gone."""
        began_s = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        self.process.wait(30)
        return time.monotonic() - began_s


def said_by(running: Running, *arguments: str, code: int = 0) -> Any:
    """What the command answers for programs. `code`: how it ends."""
    answer = running.command(*arguments, "--json")
    assert answer.returncode == code, answer.stderr
    return json.loads(answer.stdout)


def start(data: Path, *arguments: str, **settings: str) -> Running:
    """Run Baton in `data`, on a free port, and wait until it answers."""
    data.mkdir(parents=True, exist_ok=True)
    Folder(data).retire()  # What a killed one has left behind.
    (data / "out").unlink(missing_ok=True)
    run = ("run", "--data", str(data), "--port", "0", *arguments)
    process = begin(run, settings, data / "out", data / "log")
    ends_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            return Running(data, process, Folder(data).instance())
        except NoInstance:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(f"Baton did not start: {(data / 'log').read_text()[-2000:]}")
