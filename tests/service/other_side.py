"""The other side of a call: a real HTTP server on loopback that does what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Request:
    """What arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class OtherSide:
    """What arrived so far; how to answer."""

    port: int = 0
    reply: Reply | None = None
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=geheim"

    def says(self, status: str, body: bytes = b"", **headers: str) -> None:
        """From now on it answers like this."""
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.sends("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def sends(self, raw: bytes) -> None:
        """From now on it sends these bytes."""

        async def reply(writer: asyncio.StreamWriter) -> None:
            writer.write(raw)
            await writer.drain()

        self.reply = reply

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            named = (line.split(": ", 1) for line in head[1:])
            headers = {name.lower(): value for name, value in named}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Request(head[0], headers, body))
            assert self.reply is not None
            await self.reply(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def other_side() -> AsyncIterator[OtherSide]:
    """Listening, and agreeable: it says 200."""
    side = OtherSide()
    side.says("200 OK")
    server = await asyncio.start_server(side.handle, "127.0.0.1", 0)
    side.port = server.sockets[0].getsockname()[1]
    try:
        yield side
    finally:
        server.close()
        await server.wait_closed()
