"""A source that posts at a steady rate, whatever comes back, and again what was not acknowledged."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from shared.terms import LeadId
from tests.chaos.crowd import Webhook

CONNECTIONS: Final = 48
PATIENCE_S: Final = 10.0
"""How long an answer is waited for; after that nobody knows, so it is sent again."""
BACKOFF_FIRST_S: Final = 0.25
BACKOFF_MAX_S: Final = 1.5

Sign = Callable[[str, bytes], dict[str, str]]


@dataclass(slots=True)
class Sent:
    """What became of one delivery. `due_at`: when the source had it, not when it got through."""

    webhook: Webhook
    due_at: datetime
    tries: int = 0
    lead: LeadId | None = None
    acknowledged_at: datetime | None = None


@dataclass(slots=True)
class Sender:
    """Posts webhooks to a port of this machine. `surprises`: answers that no sender should get."""

    port: int
    sign: Sign
    sent: dict[str, Sent] = field(default_factory=dict)
    refused: list[tuple[datetime, str]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    _waiting: asyncio.Queue[Sent] = field(default_factory=asyncio.Queue)
    _left: int = 0
    _none_left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def acknowledged(self) -> dict[str, LeadId | None]:
        """The lead that the source was told of, by delivery."""
        return {id: sent.lead for id, sent in self.sent.items() if sent.acknowledged_at}

    def seen_since(self, began_at: datetime) -> dict[str, float]:
        """What this source has seen since then: acknowledgements, and refusals by what they were."""
        acknowledged = [one.acknowledged_at for one in self.sent.values() if one.acknowledged_at is not None]
        refused = Counter(what for at, what in self.refused if at >= began_at)
        return {"acknowledged": sum(at >= began_at for at in acknowledged), **refused}

    async def send(self, webhooks: Iterable[Webhook]) -> None:
        """Send each when it is due; return when all are acknowledged."""
        workers = [asyncio.create_task(self._work()) for _ in range(CONNECTIONS)]
        clock = asyncio.get_running_loop().time
        began_s = clock()
        for webhook in webhooks:
            if (wait_s := began_s + webhook.at_s - clock()) > 0:
                await asyncio.sleep(wait_s)
            sent = self.sent[webhook.id] = Sent(webhook, datetime.now(UTC))
            self._left += 1
            self._none_left.clear()
            self._waiting.put_nowait(sent)
        await self._none_left.wait()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        connection = _Connection(self.port)
        try:
            while True:
                sent = await self._waiting.get()
                if not await self._post(connection, sent):
                    backoff_s = min(BACKOFF_FIRST_S * 2**sent.tries, BACKOFF_MAX_S)
                    sent.tries += 1
                    asyncio.get_running_loop().call_later(backoff_s, self._waiting.put_nowait, sent)
        finally:
            await connection.close()

    async def _post(self, connection: "_Connection", sent: Sent) -> bool:
        webhook = sent.webhook
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await connection.post(
                    "/hooks/website", webhook.body, self.sign(webhook.id, webhook.body)
                )
        except (OSError, EOFError, TimeoutError) as gone:
            await connection.close()
            self.refused.append((datetime.now(UTC), type(gone).__name__))
            return False
        if answer.status == 202:
            self._note(sent, json.loads(answer.body)["lead"])
            return True
        self.refused.append((datetime.now(UTC), str(answer.status)))
        if answer.status != 503 or b"retry-after" not in answer.head:
            self.surprises.append(f"{webhook.id}: {answer.status} {answer.body[:200]!r}")
        return False

    def _note(self, sent: Sent, lead: LeadId) -> None:
        sent.lead, sent.acknowledged_at = lead, datetime.now(UTC)
        self._left -= 1
        if not self._left:
            self._none_left.set()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    head: bytes
    body: bytes


class _Connection:
    """One kept-alive connection that speaks as much HTTP as a webhook needs, and costs little CPU."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> _Answer:
        """Raises OSError or EOFError if nobody answers."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return _Answer(int(head.split(b" ", 2)[1]), head, await reader.readexactly(length))

    async def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError):
                await streams[1].wait_closed()
