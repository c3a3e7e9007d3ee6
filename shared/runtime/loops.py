"""A running service: its loops started together, restarted with bounded back-off, and stopped together."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from shared.bus.port import BusUnavailable, Consumer, ConsumerStuck
from shared.runtime import metrics
from shared.runtime.consume import consume_once
from shared.runtime.ending import end_process
from shared.runtime.errands import ErrandRunner
from shared.runtime.inbox import FORGET_MAX, check_clock, forget_old
from shared.runtime.log import logger
from shared.runtime.relay import RELAY_BATCH_MAX, Relay
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.takeover import LOOK_S, look_once
from shared.runtime.timers import fire_once
from shared.runtime.tx import Tx

POLL_S: Final = 0.25
"""How long a loop sleeps when nothing wakes it: the safety net, not the path. Timers are due within it."""
GATHER_MAX_S: Final = 0.02
"""How long a loop of batches rests after one that was not full: no longer than that took."""
PACE_TIMES: Final = 4
"""How much longer than its batch took a loop that sets the pace rests: a fifth of its time it works."""
AUDIT_S: Final = 2.0
FORGET_S: Final = 60.0
STOP_S: Final = 4.0
LAST_S: Final = 1.5
"""How long the loops may take to end; then the calls that run; then the relay."""
STUCK_MAX: Final = 3
"""How many consumers in a row may get stuck before a new process is the better idea."""
_BACKOFF_FIRST_S: Final = 0.1
_BACKOFF_MAX_S: Final = 5.0


@dataclass(slots=True)
class _Loop:
    """One thing that is done again and again. `once` says how much it did; after nothing, the loop sleeps.

    After less than `full` it gathers: it rests for as long as that took, at least for `gathers_s`, so that
    more comes together, and then waits to be woken. One that sets the pace rests longer, `paces_s` at most.
    So batches grow with the load, and what comes when nothing happens never waits.
    """

    name: str
    once: Callable[[], Awaitable[int]]
    pause_s: Callable[[], float] = lambda: POLL_S
    full: int = 1
    gathers_s: float = 0.0
    paces_s: float = 0.0
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def rest_s(self, took_s: float) -> float:
        """How long to rest after a batch that was not full and took so long."""
        paced_s = min(took_s * PACE_TIMES, self.paces_s)
        return max(min(took_s, GATHER_MAX_S), self.gathers_s, paced_s)


class RunningService:
    """Runs one service's loops in this process. `holder` names the process where leases are concerned.

    `inbox_keep`: for how long it remembers which events it has handled; if not given, the setting says.
    `give_up`: ends this process when new consumers do not help either; told the service's name and why.
    """

    def __init__(
        self,
        service: Service,
        holder: str,
        *,
        inbox_keep: timedelta | None = None,
        give_up: Callable[[str, str], None] = end_process,
    ) -> None:
        self.service = service
        self._give_up, self._stuck = give_up, 0
        self.consumer: Consumer | None = None
        self._obstacle = "it was not tried"
        self.inbox_keep = inbox_keep or timedelta(days=Settings().inbox_keep_days)
        self._relay = Relay(service, holder)
        self._log = logger(service.name)
        self._stopping = asyncio.Event()
        self._relaying = _Loop(
            "relay",
            self._relay.relay_once,
            lambda: self._relay.pause_s,
            full=RELAY_BATCH_MAX,
            paces_s=service.paces_s,
        )
        self._firing = _Loop("timers", lambda: fire_once(service))
        wake = asyncio.Event()
        self._errands = ErrandRunner(service, wake.set, lambda failed: self._note("errands", failed))
        self._calling = _Loop("errands", self._errands.start_due, wake=wake)
        self._running: list[tuple[_Loop, asyncio.Task[None]]] = []
        service.after_commit = self._nudge

    async def start(self) -> None:
        """Subscribe, and start every loop that this service needs. Each finds its way back by itself."""
        loops = [
            self._relaying,
            self._firing,
            _Loop("agreement", partial(look_once, self.service), lambda: LOOK_S),
        ]
        if self.service.run_errand is not None:
            loops.append(self._calling)
        if self.service.hears:
            await self.try_to_subscribe()
            full, gathers_s = self.service.batch_max, self.service.gathers_s
            loops.append(_Loop("events", self.consume_once, lambda: 0.0, full, gathers_s))
            loops.append(_Loop("inbox", self.forget_once, lambda: FORGET_S))
        if self.service.on_idle is not None:
            loops.append(_Loop("audit", self._idle_once, lambda: AUDIT_S))
        for loop in loops:
            task = asyncio.create_task(self._repeat(loop), name=f"{self.service.name} {loop.name}")
            self._running.append((loop, task))

    async def stop(self) -> None:
        """Finish what runs, publish what was said, and leave."""
        self._stopping.set()
        for loop, _ in self._running:
            loop.wake.set()
        tasks = [task for _, task in self._running]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._errands.stop(LAST_S)
        await self._say_the_last()
        if self.consumer is not None:
            await self.consumer.close()

    async def lag(self) -> dict[str, int]:
        """Events on the bus that this service has not handled yet, by topic. Raises BusUnavailable."""
        if self.consumer is None and self.service.hears:
            raise BusUnavailable(f"{self.service.name} has not reached the bus yet: {self._obstacle}")
        return dict(await self.consumer.lag()) if self.consumer is not None else {}

    def _nudge(self, tx: Tx) -> None:
        if tx.outgoing:
            self._relay.remember(tx.outgoing)
            self._relaying.wake.set()
        soon = tx.now + timedelta(seconds=POLL_S)  # What is due later is found without a wake.
        if any(timer is not None and timer["due_at"] <= soon for timer in tx.timers.values()):
            self._firing.wake.set()
        if tx.errands:
            self._calling.wake.set()

    async def _repeat(self, loop: _Loop) -> None:
        backoff_s = _BACKOFF_FIRST_S
        while not self._stopping.is_set():
            loop.wake.clear()
            began_s = time.monotonic()
            try:
                done = await loop.once()
            except Exception as failed:
                self._note(loop.name, failed)
                await _wait(self._stopping, backoff_s)
                backoff_s = min(backoff_s * 2, _BACKOFF_MAX_S)
            else:
                backoff_s = _BACKOFF_FIRST_S
                if done < loop.full:
                    if done:
                        await _wait(self._stopping, loop.rest_s(time.monotonic() - began_s))
                    await _wait(loop.wake, loop.pause_s())

    def _note(self, loop: str, failed: Exception) -> None:
        # Only the first line: what follows may quote rows.
        why = str(failed).split("\n")[0][:300]
        metrics.loop_failures.labels(self.service.name, loop).inc()
        self._log.warning("loop failed", loop=loop, error=f"{type(failed).__name__}: {why}")

    async def try_to_subscribe(self) -> None:
        """Reach the bus now; if it can not be reached, the loop of events tries again."""
        try:
            self.consumer = await self._subscribe()
        except BusUnavailable as failed:
            self._note("events", failed)

    async def _subscribe(self) -> Consumer:
        try:
            return await self.service.bus.subscribe(self.service.hears, self.service.name)
        except BusUnavailable as failed:
            self._obstacle = f"{type(failed).__name__}: {failed}"
            raise

    async def consume_once(self) -> int:
        """One turn of the loop of events. Raises BusUnavailable."""
        if self.consumer is None:
            self.consumer = await self._subscribe()
        consumer = self.consumer
        try:
            done = await consume_once(self.service, consumer, timeout_s=POLL_S * 2)
        except BusUnavailable as failed:
            self.consumer = None  # Whatever became of it, a new one starts after what is committed.
            self._obstacle = f"{type(failed).__name__}: {failed}"
            with suppress(BusUnavailable):
                await consumer.close()
            if isinstance(failed, ConsumerStuck):
                self._count_stuck(failed)
            raise
        if done:
            self._stuck = 0
        return done

    def _count_stuck(self, failed: ConsumerStuck) -> None:
        self._stuck += 1
        if self._stuck >= STUCK_MAX:
            self._give_up(self.service.name, f"{self._stuck} consumers in a row got stuck. {failed}")

    async def forget_once(self) -> int:
        """One turn of the loop that forgets old ids. Raises ClockDiffers, BusUnavailable."""
        # What waits on the bus for the first time is no repeat, however old: read it first.
        if any((await self.lag()).values()):
            return 0
        forgotten = await self.service.tx(self._forget)
        return forgotten if forgotten == FORGET_MAX else 0

    def _forget(self, tx: Tx) -> int:
        check_clock(tx)
        return forget_old(tx, keep=self.inbox_keep)

    async def _idle_once(self) -> int:
        assert self.service.on_idle is not None
        await self.service.tx(self.service.on_idle)
        return 0

    async def _say_the_last(self) -> None:
        try:
            async with asyncio.timeout(LAST_S):
                while await self._relay.relay_once():
                    pass
                await self._relay.release()
        except Exception as failed:  # It is in the outbox: the next process says it.
            self._note("relay", failed)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    if timeout_s:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await event.wait()
