"""A grown Baton for tests: the steps, then each service in a process of its own, on PostgreSQL and a bus.

What is run, and what it must be told, is what `deploy/processes.py` declares, and no more. Every process
keeps its address over a restart, so that it can be killed, paused and started again while others call it.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.folder import Folder
from deploy.processes import PROCESSES, READY, SERVICES, STEPS, Runnable, ServiceName
from services.ingest.app import load_sources
from shared.runtime.keys import KeyRing
from shared.signing import sign_standard_webhook
from shared.terms import Role
from tests.running import baton
from tests.starting import Process, begin

START_S: Final = 60.0
STOP_S: Final = 15.0
SOURCE: Final = "website"


@dataclass(slots=True)
class ServiceProcess:
    """One service in a process, at an address that stays."""

    runnable: Runnable
    settings: Mapping[str, str]
    log: Path
    port: int
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None, "start it first"
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Run it, and do not wait: `wait_ready` does."""
        assert not self.is_alive(), "it runs already"
        told = {**self.settings, "BATON_PORT": str(self.port)}
        self.process = begin(self.runnable.arguments, told, self.log, self.log)

    def is_ready(self) -> bool:
        """Whether it may have traffic."""
        try:
            return httpx.get(f"{self.url}{READY}", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def wait_ready(self, timeout_s: float = START_S) -> float:
        """Wait until it may have traffic; returns after how many seconds."""
        began_s = time.monotonic()
        while not self.is_ready():
            waited_s = time.monotonic() - began_s
            assert self.is_alive(), f"{self.runnable.name} has ended: {self.said()[-2000:]}"
            assert waited_s < timeout_s, f"{self.runnable.name} is not ready: {self.said()[-2000:]}"
            time.sleep(0.05)
        return time.monotonic() - began_s

    def signal(self, number: int) -> None:
        """Send it a signal, by its id."""
        os.kill(self.pid, number)

    def ask_to_end(self) -> None:
        """Let it end in order, also if it was paused, or has just ended by itself."""
        with suppress(ProcessLookupError):
            self.resume()
            self.signal(signal.SIGTERM)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self.process is not None and self.is_alive():
            self.signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> float:
        """End it in order; returns after how many seconds it was gone."""
        began_s = time.monotonic()
        if self.process is not None and self.is_alive():
            self.ask_to_end()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return time.monotonic() - began_s

    def said(self) -> str:
        """Everything that it has logged, over all its lives."""
        return self.log.read_text(errors="replace")


@dataclass(slots=True)
class Grown:
    """Every service as a process. `key`: an operator's; `secret`: what webhooks of SOURCE are signed with."""

    folder: Folder
    settings: Mapping[str, str]
    key: str
    secret: str
    processes: dict[ServiceName, ServiceProcess] = field(default_factory=dict)
    others: list[ServiceProcess] = field(default_factory=list)

    @property
    def ring(self) -> KeyRing:
        """The keys; one that is added opens every process at once."""
        return KeyRing(self.folder.keys)

    @property
    def everyone(self) -> list[ServiceProcess]:
        return [*self.processes.values(), *self.others]

    @property
    def urls(self) -> str:
        """Every address, as `baton … --url` takes them."""
        return ",".join(process.url for process in self.everyone)

    def prepare(self) -> None:
        """Run the steps that come before any service."""
        for step in STEPS:
            done = baton(*step.arguments, **self._told(step))
            assert done.returncode == 0, f"{step.name}: {done.stdout}{done.stderr}"

    def another(self, service: ServiceName) -> ServiceProcess:
        """One more process of a service; not started yet."""
        made = self._process(service, f"{service}-{len(self.others) + 2}")
        self.others.append(made)
        return made

    def start(self, services: tuple[ServiceName, ...] = SERVICES) -> None:
        """Start these services, and wait until all are ready."""
        for service in services:
            self.processes[service] = self._process(service, service)
            self.processes[service].start()
        for service in services:
            self.processes[service].wait_ready()

    def stop(self) -> None:
        """End whatever still runs."""
        for process in self.everyone:
            if process.is_alive():
                process.ask_to_end()
        for process in self.everyone:
            process.stop()

    def call(self, service: ServiceName, method: str, path: str, **more: Any) -> httpx.Response:
        """An HTTP call to a service with the operator's key, or with the `key` that is given."""
        headers = {"Authorization": f"Bearer {more.pop('key', self.key)}", **more.pop("headers", {})}
        url = self.processes[service].url + path
        with httpx.Client(timeout=30, trust_env=False) as client:
            return client.request(method, url, headers=headers, **more)

    def signed(self, delivery: str, body: bytes) -> dict[str, str]:
        """The headers of a webhook of SOURCE, signed now; it goes to /hooks/website of ingest."""
        signed = sign_standard_webhook(delivery, int(time.time()), body, self.secret)
        return {"content-type": "application/json", **signed}

    def wait_until(
        self, service: ServiceName, path: str, holds: Any, *, timeout_s: float = 60.0, **more: Any
    ) -> Any:
        """What stands at `path` of a service, as soon as `holds` of it is true."""
        ends_at = time.monotonic() + timeout_s
        while True:
            found = self.call(service, "GET", path, **more)
            if found.is_success and holds(found.json()):
                return found.json()
            assert time.monotonic() < ends_at, f"{path} still says {found.text[:500]}"
            time.sleep(0.05)

    def _process(self, service: ServiceName, name: str) -> ServiceProcess:
        runnable, log = PROCESSES[service], self.folder.path / f"{name}.log"
        return ServiceProcess(runnable, self._told(runnable), log, free_port())

    def _told(self, runnable: Runnable) -> dict[str, str]:
        """What it needs, and what everyone is told; nothing that only others need."""
        foreign = _NEEDED - {*runnable.needs}
        return {name: value for name, value in self.settings.items() if name not in foreign}


_NEEDED: Final = {name for runnable in (*STEPS, *PROCESSES.values()) for name in runnable.needs}


@contextmanager
def grown(
    path: Path, bus_url: str, database_url: str, *, agreement: Path | None = None, **settings: str
) -> Iterator[Grown]:
    """Files in `path`, the steps done, nothing started yet; whatever runs at the end is stopped.

    `database_url`: one for all services, `postgresql+psycopg://…`. `settings`: more of them, for everyone.
    """
    folder = Folder(path)
    folder.prepare(agreement)
    told = {
        "BATON_AGREEMENT": str(folder.agreement),
        "BATON_BUS_URL": bus_url,
        "BATON_KEYS": str(folder.keys),
        "BATON_HOST": "127.0.0.1",
        "BATON_INGEST_SOURCES": str(folder.sources),
        **{f"BATON_{service.upper()}_DATABASE_URL": database_url for service in SERVICES},
        **settings,
    }
    key = KeyRing(folder.keys).add("the tests", Role.OPERATOR)
    secret = load_sources(folder.sources)[SOURCE].secrets[0]
    made = Grown(folder, told, key, secret)
    try:
        made.prepare()
        yield made
    finally:
        made.stop()


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
