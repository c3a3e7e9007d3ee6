"""Signed calls to outside tools, with a time limit, no redirects, and a circuit breaker per destination."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from shared.runtime.clock import Clock
from shared.runtime.service import Answer
from shared.signing import sign_standard_webhook

TIMEOUT_S: Final = 10.0
BREAKS_AFTER: Final = 5
STAYS_OPEN: Final = timedelta(seconds=10)
_ANSWER_BYTES_MAX: Final = 64 * 1024


@dataclass(slots=True)
class _Breaker:
    """After several failures in a row a destination is left alone for a while, so that it can recover."""

    failures: int = 0
    open_until: datetime | None = None

    def refuses(self, now: datetime) -> bool:
        return self.open_until is not None and now < self.open_until

    def note(self, ok: bool, now: datetime) -> None:
        self.failures = 0 if ok else self.failures + 1
        self.open_until = now + STAYS_OPEN if self.failures >= BREAKS_AFTER else None


@dataclass(slots=True)
class Outgoing:
    """Posts JSON to configured destinations. `allow_private`: loopback and private addresses may be called too."""

    clock: Clock
    allow_private: bool = False
    timeout_s: float = TIMEOUT_S
    _client: httpx.AsyncClient | None = None
    _breakers: dict[str, _Breaker] = field(default_factory=dict)

    async def post(
        self, url: str, body: bytes, *, key: str, secret: str | None, traceparent: str | None = None
    ) -> Answer:
        """One attempt. Never raises for what the other side does; the answer says whether to try again."""
        host = urlsplit(url).netloc
        breaker = self._breakers.setdefault(host, _Breaker())
        now = self.clock.now()
        if breaker.refuses(now):
            return Answer(False, f"{host} failed {breaker.failures} times in a row; left alone for a moment")
        answer = await self._attempt(url, body, _headers(body, key, secret, traceparent, now))
        breaker.note(answer.delivered or answer.final, self.clock.now())
        return answer

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _attempt(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            if not self.allow_private and await _is_private(urlsplit(url).hostname or ""):
                return Answer(False, f"{url} is a private address; allow it in the settings", final=True)
            if self._client is None:
                self._client = httpx.AsyncClient(timeout=self.timeout_s, follow_redirects=False)
            response = await self._client.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failed:
            return Answer(False, f"{type(failed).__name__}: {failed}")
        return _answer(response)


def _headers(
    body: bytes, key: str, secret: str | None, traceparent: str | None, now: datetime
) -> dict[str, str]:
    headers = {"content-type": "application/json", "idempotency-key": key}
    if secret:
        headers |= sign_standard_webhook(key, int(now.timestamp()), body, secret)
    if traceparent:
        headers["traceparent"] = traceparent
    return headers


def _answer(response: httpx.Response) -> Answer:
    detail = f"{response.status_code} {response.reason_phrase}"
    if response.is_success:
        return Answer(True, detail, body=_json(response))
    after = response.headers.get("retry-after", "")
    wait = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None
    # 408, 425, 429 and 5xx pass; any other answer says that asking again will not help, redirects included.
    again = response.status_code in (408, 425, 429) or response.status_code >= 500
    return Answer(False, detail, final=not again, retry_after_s=wait)


def _json(response: httpx.Response) -> dict[str, Any]:
    if len(response.content) > _ANSWER_BYTES_MAX:
        return {}
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


async def _is_private(host: str) -> bool:
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return any(not ipaddress.ip_address(info[4][0]).is_global for info in infos)
