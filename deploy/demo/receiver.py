"""A small HTTP server for those whom Baton calls: it believes only what is signed, and answers each once."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import uvicorn

from deploy.serving import QuietServer, address_of, listen
from shared.signing import (
    STANDARD_ID,
    STANDARD_SIGNATURE,
    STANDARD_TIMESTAMP,
    standard_digest,
    standard_key,
)

WINDOW_S: Final = 300
BODY_MAX: Final = 1024 * 1024

Answer = Callable[[str, dict[str, Any]], Awaitable[int]]
"""From the path and the message to an HTTP status."""


@dataclass(slots=True)
class Receiver:
    """Listens on a free port of this machine. `refused` counts calls that nobody could have signed."""

    secret: str
    answer: Answer
    refused: int = 0
    url: str = ""
    _server: QuietServer | None = None
    _task: asyncio.Task[None] | None = None
    _answered: dict[str, int] = field(default_factory=dict)

    async def open(self) -> None:
        """Begin to listen."""
        listening = listen("127.0.0.1", 0)
        listening.listen(128)
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self.url = address_of(listening)
        self._server = QuietServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status = await self._status(scope["path"], headers, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, path: str, headers: dict[str, str], body: bytes) -> int:
        message_id = headers.get(STANDARD_ID, "")
        if not self._is_signed(message_id, headers, body):
            self.refused += 1
            return 401
        known = self._answered.get(message_id)
        if known is not None:  # Baton sends again what it did not see acknowledged.
            return known
        status = await self.answer(path, json.loads(body))
        if status < 500:
            self._answered[message_id] = status
        return status

    def _is_signed(self, message_id: str, headers: dict[str, str], body: bytes) -> bool:
        timestamp, given = headers.get(STANDARD_TIMESTAMP, ""), headers.get(STANDARD_SIGNATURE, "")
        if not timestamp.isdecimal() or abs(datetime.now(UTC).timestamp() - int(timestamp)) > WINDOW_S:
            return False
        key = standard_key(self.secret)
        right = "v1," + standard_digest(key, message_id.encode(), timestamp.encode(), body)
        return any(hmac.compare_digest(right, one) for one in given.split())


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > BODY_MAX:
            return bytes(body)
