"""Puts services together into one process: their databases, loops, routes, health and metrics.

`baton run` assembles all four; the same code serves one of them alone. Paths are unique across services.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, FastAPI

from shared.bus.port import Bus
from shared.db.database import Database, ping
from shared.db.migrate import upgrade
from shared.runtime import metrics
from shared.runtime.base_app import create_base_app
from shared.runtime.door import Door
from shared.runtime.health import Health
from shared.runtime.http import Gate, join
from shared.runtime.loops import RunningService
from shared.runtime.service import Service
from shared.runtime.shelf import Shelf
from shared.runtime.tx import Tx

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
Sampler = Callable[[Tx], None]

DESCRIPTION: Final = (
    "Carries a lead from the form to a person who answers for it. Every error is problem+json (RFC 9457)."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One service, ready to run in a process: its routes, and what it does before and after."""

    service: Service
    router: Callable[[Service, Gate], APIRouter] | None = None
    hooks: Asgi | None = None
    sample: Sampler | None = None
    before_stop: Callable[[], Awaitable[None]] | None = None
    after_stop: Callable[[], Awaitable[None]] | None = None


Prepare = Callable[[Sequence[Part]], Awaitable[None]]


@dataclass(slots=True)
class Process:
    """What runs in one process. `prepare`: what must be so before any loop starts."""

    parts: Sequence[Part]
    bus: Bus
    gate: Gate
    prepare: Prepare
    shelf: Shelf
    title: str = "Baton"
    running: list[RunningService] = field(default_factory=list)

    def create_app(self, *routers: APIRouter) -> Asgi:
        """One ASGI app for all parts: plain routes for webhooks in front, FastAPI behind."""
        health = Health()
        for part in self.parts:
            health.checks[f"{part.service.name} database"] = _ping(part.service)
            health.checks[f"{part.service.name} agreement"] = _agreement(part.service)
            if part.service.name != "ingest":  # Ingest goes on acknowledging webhooks without either.
                health.checks[f"{part.service.name} bus"] = self._bus_check(part.service)
                health.checks["keys"] = self.gate.check
        samples = {"databases": self._sample, "bus": self._sample_lag}
        app = create_base_app(self.title, DESCRIPTION, health, samples, self.gate, lifespan=self._lifespan)
        join(app, *(part.router(part.service, self.gate) for part in self.parts if part.router), *routers)
        hooks = next((part.hooks for part in self.parts if part.hooks), None)
        return _in_front(hooks, Door(app, self.gate))

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def start(self) -> None:
        """Prepare, then start every loop."""
        await self.prepare(self.parts)
        # Processes in containers often have the same number, and a name may come back: so dice too.
        holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.running = [RunningService(part.service, holder) for part in self.parts]
        for running in self.running:
            await running.start()

    async def stop(self) -> None:
        """Finish what was accepted, publish what was said, then let go of bus and databases."""
        for part in self.parts:
            if part.before_stop is not None:
                await part.before_stop()
        await asyncio.gather(*(running.stop() for running in self.running))
        for part in self.parts:
            if part.after_stop is not None:
                await part.after_stop()
        await self.bus.close()
        for part in self.parts:
            part.service.database.close()

    def _bus_check(self, service: Service) -> Callable[[], Awaitable[None]]:
        async def check() -> None:
            for running in self.running:
                if running.service is service:
                    await running.lag()

        return check

    async def _sample(self) -> None:
        for part in self.parts[: len(self.running)]:
            await part.service.read(metrics.sample)
            if part.sample is not None:
                await part.service.read(part.sample)

    async def _sample_lag(self) -> None:
        for running in self.running:
            for topic, lag in (await running.lag()).items():
                metrics.consumer_lag.labels(running.service.name, topic).set(lag)


async def migrate(database: Database, service: str) -> None:
    """Bring one service's tables up to date."""
    await database.tx(lambda conn: upgrade(conn, service))


def _ping(service: Service) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        await service.database.read(ping)

    return check


def _agreement(service: Service) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        service.agreements.in_force(service.clock.now())

    return check


def _in_front(hooks: Asgi | None, app: Asgi) -> Asgi:
    if hooks is None:
        return app

    async def front(scope: Any, receive: Any, send: Any) -> None:
        # The webhook route is a plain function: FastAPI would triple its cost.
        if scope["type"] == "http" and scope["path"].startswith("/hooks/"):
            await hooks(scope, receive, send)
        else:
            await app(scope, receive, send)

    return front
