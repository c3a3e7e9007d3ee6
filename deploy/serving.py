"""Serves a process over HTTP until it is told to stop: SIGTERM drains it, a second signal ends it at once."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

import uvicorn

from deploy.assembly import Asgi, Process
from deploy.problems import CannotStart
from deploy.processes import address
from deploy.versions import reload_and_log
from shared.bus.sqlite import SqliteBus
from shared.runtime.garbage import look_rarely
from shared.runtime.http import render, stopping
from shared.runtime.log import logger

DRAIN_S: Final = 3
"""How long requests that run may take to end, once told to stop."""
STOP_S: Final = 9.5
"""After so long everything is ended: what was acknowledged is durable, so nothing is lost by it."""
PRUNE_EVERY_S: Final = 60.0
KEEP_ALIVE_S: Final = 75
"""Longer than the idle time of common proxies, so that they close connections first."""


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers of its own."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises CannotStart."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as wrong:
        hint = "set BATON_PORT (0 takes a free one) or BATON_HOST; `baton run` has --port and --host too"
        raise CannotStart([f"can not listen on {host}:{port} ({wrong.strerror}); {hint}"]) from wrong
    return listening


def address_of(listening: socket.socket) -> str:
    """The address for those on this machine."""
    return address(*listening.getsockname()[:2])


def serve(process: Process, app: Asgi, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """Run until SIGTERM or SIGINT, and then stop in order, within STOP_S seconds."""
    config = uvicorn.Config(
        _cut_short(app),
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(process, QuietServer(config), listening, on_ready))


def _cut_short(app: Asgi) -> Asgi:
    """Whoever still sends when the time to drain is over is told to send it again."""

    async def until_then(scope: Any, receive: Any, send: Any) -> None:
        answers = False

        async def noted(message: Any) -> None:
            nonlocal answers
            answers = True
            await send(message)

        try:
            await app(scope, receive, noted)
        except asyncio.CancelledError:
            if answers:
                raise
            await render(stopping())(scope, receive, send)

    return until_then


async def _serve(
    process: Process, server: uvicorn.Server, listening: socket.socket, on_ready: Callable[[], None]
) -> None:
    stop = _stop_on_signals(server)
    told = _heard(signal.SIGHUP)
    await process.start()
    look_rarely()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    others = [asyncio.create_task(_prune(process)), asyncio.create_task(_reload(process, told))]
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        if not stop.is_set():
            on_ready()
        await serving
    finally:
        for task in others:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await process.stop()


def _stop_on_signals(server: uvicorn.Server) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def told(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        server.should_exit = True
        _end_all(STOP_S)
        # Last, because it may fail: whoever reads the log may be gone already.
        logger("baton").info("stopping", signal=signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number)
    return stop


def _heard(number: signal.Signals) -> asyncio.Event:
    """Set when the signal comes, which no longer ends the process."""
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(number, heard.set)
    return heard


async def _reload(process: Process, told: asyncio.Event) -> None:
    """Read the agreement again each time it is told, also if that was during the start."""
    services = [part.service for part in process.parts]
    while await told.wait():
        told.clear()
        try:
            await reload_and_log(process.shelf, services)
        except Exception as failed:
            logger("baton").error(
                "agreement not read again", error=f"{type(failed).__name__}: {failed}"[:500]
            )


def _end_all(after_s: float) -> None:
    # A thread of its own: the event loop may be what does not come to an end.
    timer = threading.Timer(after_s, os._exit, (0,))
    timer.daemon = True
    timer.start()


async def _prune(process: Process) -> None:
    while True:
        await asyncio.sleep(PRUNE_EVERY_S)
        if isinstance(process.bus, SqliteBus):
            try:
                await process.bus.prune(datetime.now(UTC))
            except Exception as failed:
                logger("baton").warning("bus not pruned", error=f"{type(failed).__name__}: {failed}"[:500])
