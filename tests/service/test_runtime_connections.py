"""Which calls may share a connection: those to one server, by its name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from shared.runtime import addresses
from shared.runtime.clock import StillClock
from shared.runtime.outgoing import Outgoing
from shared.testing.leads import NOON


@dataclass(slots=True)
class Edge:
    """One address at which many servers answer, as a CDN has it; the hosts asked for on each connection."""

    port: int = 0
    asked: list[list[str]] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(hosts := [])
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                await reader.readexactly(len(b"{}"))
                hosts.append(head.lower().split("host: ")[1].split(":")[0])
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()


@pytest.fixture
async def edge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Edge]:
    edge = Edge()

    async def at_the_edge(*_: object, **__: object) -> object:
        return [(2, 1, 6, "", ("127.0.0.1", 0))]

    async with await asyncio.start_server(edge.handle, "127.0.0.1", 0) as server:
        edge.port = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(addresses, "is_public", lambda _: True)
        with monkeypatch.context() as names:
            names.setattr(asyncio.get_running_loop(), "getaddrinfo", at_the_edge)
            yield edge


async def test_servers_at_one_address_do_not_share_a_connection(edge: Edge) -> None:
    """TLS was made, and the certificate looked at, for the name of one: others refuse what comes over it."""
    outgoing = Outgoing(StillClock(NOON))
    for host in ("crm.example", "tool.example", "crm.example"):
        answer = await outgoing.post(f"http://{host}:{edge.port}/", b"{}", key="k1", secret=None)
        assert answer.delivered
    await outgoing.close()
    assert edge.asked == [["crm.example", "crm.example"], ["tool.example"]]
