"""A running service: its loops started together, restarted with bounded back-off, and stopped together."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from shared.bus.port import Consumer
from shared.runtime import metrics
from shared.runtime.consume import consume_once
from shared.runtime.errands import claim_errands, finish_errand
from shared.runtime.log import logger
from shared.runtime.relay import Relay
from shared.runtime.service import DueErrand, Service
from shared.runtime.timers import fire_once
from shared.runtime.tx import Tx

POLL_S: Final = 0.25
"""How long a loop sleeps when nothing wakes it: the safety net, not the path. Timers are due within it."""
AUDIT_S: Final = 2.0
_BACKOFF_FIRST_S: Final = 0.1
_BACKOFF_MAX_S: Final = 5.0

_Once = Callable[[], Awaitable[int]]


class RunningService:
    """Runs one service's loops in this process. `holder` names the process where leases are concerned."""

    def __init__(self, service: Service, holder: str) -> None:
        self.service = service
        self.consumer: Consumer | None = None
        self._relay = Relay(service, holder)
        self._log = logger(service.name)
        self._stopping = asyncio.Event()
        self._wake = {name: asyncio.Event() for name in ("relay", "timers", "errands")}
        self._tasks: list[asyncio.Task[None]] = []
        service.after_commit = self._nudge

    async def start(self) -> None:
        """Subscribe, and start every loop that this service needs."""
        self._loop("relay", self._relay.relay_once)
        self._loop("timers", lambda: fire_once(self.service))
        if self.service.run_errand is not None:
            self._loop("errands", self._errands_once)
        if self.service.hears:
            self._loop("events", self._consume_once)
        if self.service.on_idle is not None:
            self._loop("audit", self._idle_once, every_s=AUDIT_S)

    async def stop(self) -> None:
        """Finish what runs, publish what was said, and leave."""
        self._stopping.set()
        for event in self._wake.values():
            event.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.consumer is not None:
            await self.consumer.close()

    async def lag(self) -> dict[str, int]:
        """Events on the bus that this service has not read yet, by topic."""
        return dict(await self.consumer.lag()) if self.consumer is not None else {}

    def _nudge(self, tx: Tx) -> None:
        if tx.outgoing:
            self._wake["relay"].set()
        if tx.timers:
            self._wake["timers"].set()
        if tx.errands:
            self._wake["errands"].set()

    def _loop(self, name: str, once: _Once, *, every_s: float = POLL_S) -> None:
        task = asyncio.create_task(self._repeat(name, once, every_s), name=f"{self.service.name} {name}")
        self._tasks.append(task)

    async def _repeat(self, name: str, once: _Once, every_s: float) -> None:
        pause = _BACKOFF_FIRST_S
        while not self._stopping.is_set():
            if name in self._wake:
                self._wake[name].clear()
            try:
                done = await once()
                pause = _BACKOFF_FIRST_S
            except Exception as failed:
                metrics.loop_failures.labels(self.service.name, name).inc()
                self._log.warning("loop failed", loop=name, error=f"{type(failed).__name__}: {failed}"[:500])
                await self._wait(None, pause)
                pause = min(pause * 2, _BACKOFF_MAX_S)
                continue
            if not done and name != "events":
                await self._wait(self._wake.get(name), every_s)

    async def _wait(self, wake: asyncio.Event | None, timeout_s: float) -> None:
        waiter = wake or self._stopping
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await waiter.wait()

    async def _consume_once(self) -> int:
        if self.consumer is None:
            self.consumer = await self.service.bus.subscribe(self.service.hears, self.service.name)
        return await consume_once(self.service, self.consumer, timeout_s=POLL_S * 2)

    async def _errands_once(self) -> int:
        errands = await claim_errands(self.service)
        await asyncio.gather(*(self._run(errand) for errand in errands))
        return len(errands)

    async def _run(self, errand: DueErrand) -> None:
        assert self.service.run_errand is not None
        answer = await self.service.run_errand(errand)
        await finish_errand(self.service, errand, answer)

    async def _idle_once(self) -> int:
        assert self.service.on_idle is not None
        await self.service.tx(self.service.on_idle)
        return 0
