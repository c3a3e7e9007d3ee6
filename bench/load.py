"""The load generator: prepared webhooks over lasting connections, at a rate or as fast as answered."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from time import time
from typing import Any, Final

from bench import leads

_OK: Final = b"HTTP/1.1 202 "
_LEAD: Final = b'"lead": "'


class Refused(Exception):
    """A webhook was answered with something else than 202."""


def requests(number: int, start: int) -> list[bytes]:
    """So many webhooks as they go over the wire, each of another person, signed now."""
    return [_request(headers, body) for headers, body in leads.webhooks(number, start=start, at=int(time()))]


def _request(headers: dict[str, str], body: bytes) -> bytes:
    lines = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in (lines | headers).items())
    return f"POST /hooks/website HTTP/1.1\r\n{head}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: "Load") -> None:
        self._load, self._said, self._due_s = load, b"", 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def post(self, request: bytes, due_s: float) -> None:
        self._said, self._due_s = b"", due_s
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._said += data
        if self._said.endswith(b"}"):  # Head and body come apart; every body is one JSON object.
            self._load.answered(self, self._due_s, self._said)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.failed(exc or Refused("the server closed a connection"))


class Load:
    """Posts each request once. `due_s`: when each lead's webhook was due; `acknowledged_s`: how long after.

    At a rate, a webhook is due whether one before it was answered or not, and waits if no connection is free:
    that counts. Without one it is due when a connection is free. Instants are those of the event loop.
    """

    def __init__(self, posts: Sequence[bytes], *, connections: int, rate: float | None = None) -> None:
        self._posts: Iterator[bytes] = iter(posts)
        self._left, self._rate, self._connections = len(posts), rate, connections
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._free: list[_Connection] = []
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self.due_s: dict[str, float] = {}
        self.acknowledged_s: list[float] = []

    async def run(self, port: int) -> None:
        """Return when all are acknowledged. Raises Refused, or OSError."""
        connecting = (
            self._loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
            for _ in range(self._connections)
        )
        everyone = [connection for _, connection in await asyncio.gather(*connecting)]
        self._free += everyone
        try:
            if self._rate is None:
                self._hand_out()
            else:
                await self._pace(self._rate)
            await self._over
        finally:
            self._over.cancel()
            for connection in everyone:
                connection.transport.close()

    def answered(self, connection: _Connection, due_s: float, said: bytes) -> None:
        """Note it, and give the connection more to do."""
        if not said.startswith(_OK):
            self.failed(Refused(said.decode(errors="replace")))
            return
        self.due_s[said.partition(_LEAD)[2].partition(b'"')[0].decode()] = due_s
        self.acknowledged_s.append(self._loop.time() - due_s)
        self._left -= 1
        self._free.append(connection)
        self._hand_out()
        if not self._left and not self._over.done():
            self._over.set_result(None)

    def failed(self, why: Exception) -> None:
        """This run is worth nothing."""
        if not self._over.done():
            self._over.set_exception(why)

    async def _pace(self, rate: float) -> None:
        began_s = self._loop.time()
        for number, post in enumerate(self._posts):
            due_s = began_s + number / rate
            if (early_s := due_s - self._loop.time()) > 0:
                await asyncio.sleep(early_s)
            self._waiting.append((post, due_s))
            self._hand_out()

    def _hand_out(self) -> None:
        while self._free:
            if self._waiting:
                post, due_s = self._waiting.popleft()
            elif self._rate is None and (next_post := next(self._posts, None)) is not None:
                post, due_s = next_post, self._loop.time()
            else:
                return
            self._free.pop().post(post, due_s)
