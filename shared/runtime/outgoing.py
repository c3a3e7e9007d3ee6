"""Calls to outside tools: a time limit, no redirects, no private address; those that tell are signed."""

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, Protocol

import httpx

from shared.runtime.addresses import NotAllowed, Target, public_target_of, target_of
from shared.runtime.breaker import Breaker
from shared.runtime.clock import Clock
from shared.runtime.service import Answer
from shared.signing import WeakSecret, sign_standard_webhook

TIMEOUT_S: Final = 10.0
RETRY_AFTER_MAX_S: Final = 24 * 3600.0
ANSWER_BYTES_MAX: Final = 64 * 1024
"""More than this of an answer is not read: what matters is its status."""
DOCUMENT_BYTES_MAX: Final = 1024 * 1024
"""How much of a document is fetched."""
TEXT_MAX: Final = 1000
"""Bytes of an answer that are kept as text."""
_PASSES: Final = (408, 425, 429)
_COULD_NOT: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, OSError)


class NotFetched(Exception):
    """There is no document at an address, or it may not be fetched; the text says why."""


class Post(Protocol):
    """What calls out: Outgoing, or its stand-in in a simulation."""

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        key: str,
        secret: str | None,
        traceparent: str | None = None,
        bearer: str | None = None,
    ) -> Answer:
        """One attempt. Never raises for what the other side does."""


@dataclass(slots=True)
class Outgoing:
    """Posts JSON to configured destinations, fetches documents. `allow_private`: from private addresses too.

    `timeout_s` is for the whole call, whatever the other side drips.
    """

    clock: Clock
    allow_private: bool = False
    timeout_s: float = TIMEOUT_S
    _clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        key: str,
        secret: str | None,
        traceparent: str | None = None,
        bearer: str | None = None,
    ) -> Answer:
        """One attempt. Never raises for what the other side does; the answer says whether to try again.

        `secret` signs it, as a Standard Webhook; `bearer` is a token of the other side's.
        """
        now = self.clock.now()
        try:
            netloc = target_of(url).netloc
            headers = _headers(body, key, secret, traceparent, now)
            headers |= {"authorization": f"Bearer {bearer}"} if bearer else {}
        except (NotAllowed, WeakSecret) as wrong:
            return Answer(False, _sentence(wrong), final=True)
        breaker = self._breakers.setdefault(netloc, Breaker())
        if not breaker.admits(now):
            detail = f"{netloc} failed {breaker.failures} times in a row; left alone for a moment"
            return Answer(False, detail, retry_after_s=breaker.wait_s(now), tried=False)
        try:
            answer = replace(await self._attempt(url, body, headers), server=netloc)
        except BaseException:
            breaker.forget()
            raise
        breaker.note(answer.delivered or answer.final, self.clock.now())
        return answer

    async def fetch(self, url: str) -> bytes:
        """The document at an address, of at most 1 MiB. Raises NotFetched."""
        try:
            async with asyncio.timeout(self.timeout_s):
                async with self._stream("GET", url, await self._target(url)) as response:
                    document = await _start_of(response, DOCUMENT_BYTES_MAX)
        except NotAllowed as wrong:
            raise NotFetched(str(wrong)) from None
        except TimeoutError:
            raise NotFetched(f"no answer within {self.timeout_s:g} s") from None
        except _COULD_NOT as failed:
            raise NotFetched(_why(failed)) from None
        if not response.is_success:
            raise NotFetched(f"it answers {response.status_code} {response.reason_phrase}".strip())
        if not document:
            raise NotFetched(
                f"expected a document of at most {DOCUMENT_BYTES_MAX // 1024} KiB, found more or nothing"
            )
        return document

    async def close(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    async def _attempt(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            async with asyncio.timeout(self.timeout_s):
                target = await self._target(url)
                async with self._stream("POST", url, target, headers, body) as response:
                    return _answer(response, await _start_of(response, ANSWER_BYTES_MAX), self.clock.now())
        except NotAllowed as wrong:
            return Answer(False, str(wrong), final=True)
        except TimeoutError:
            return Answer(False, f"no answer within {self.timeout_s:g} s")
        except _COULD_NOT as failed:
            return Answer(False, _why(failed))

    async def _target(self, url: str) -> Target:
        return target_of(url) if self.allow_private else await public_target_of(url)

    def _stream(
        self,
        method: str,
        url: str,
        target: Target,
        headers: Mapping[str, str] = {},
        body: bytes | None = None,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        to, extensions, headers = httpx.URL(url), {}, dict(headers)
        if target.address is not None:  # Connect to what was looked at; the name goes to TLS and into Host.
            to = to.copy_with(host=target.address)
            headers["host"] = target.netloc
            extensions = {"sni_hostname": target.host}
        client = self._client_of(target.netloc)
        return client.stream(method, to, content=body, headers=headers, extensions=extensions)

    def _client_of(self, netloc: str) -> httpx.AsyncClient:
        # Connections are kept by address, and TLS is made with a name: two servers at one must not share.
        if netloc not in self._clients:
            self._clients[netloc] = httpx.AsyncClient(
                timeout=self.timeout_s, follow_redirects=False, verify=_authorities()
            )
        return self._clients[netloc]


@cache
def _authorities() -> ssl.SSLContext:
    # Reading them takes longer than a call.
    return httpx.create_ssl_context()


async def _start_of(response: httpx.Response, bytes_max: int) -> bytes:
    """The body, or nothing if it is too long: then it is not read to its end."""
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > bytes_max:
            return b""
    return bytes(read)


def _headers(
    body: bytes, key: str, secret: str | None, traceparent: str | None, now: datetime
) -> dict[str, str]:
    headers = {"content-type": "application/json", "idempotency-key": key}
    if secret:
        headers |= sign_standard_webhook(key, int(now.timestamp()), body, secret)
    if traceparent:
        headers["traceparent"] = traceparent
    return headers


def _answer(response: httpx.Response, body: bytes, now: datetime) -> Answer:
    detail = f"{response.status_code} {response.reason_phrase}".strip()
    if response.is_success:
        return Answer(True, detail, body=_json(body), status=response.status_code, text=_text(body))
    # 408, 425, 429 and 5xx pass; any other answer says that asking again will not help, redirects included.
    again = response.status_code in _PASSES or response.status_code >= 500
    wait_s = _wait_s(response.headers.get("retry-after", ""), now) if again else None
    return Answer(False, detail, not again, wait_s, status=response.status_code)


def _wait_s(retry_after: str, now: datetime) -> float | None:
    """Retry-After in seconds from now: it is a number, or a date. None if it is neither, or in the past."""
    if retry_after.isascii() and retry_after.isdigit():
        wait_s = float(retry_after[:9])
    else:
        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        wait_s = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(wait_s, RETRY_AFTER_MAX_S) if wait_s > 0 else None


def _text(body: bytes) -> str:
    return body[:TEXT_MAX].decode("utf-8", "replace")


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _why(failed: Exception) -> str:
    """Why a call failed, in our words where the usual ones say nothing to whoever reads them."""
    because = next(
        (one for one in _behind(failed) if isinstance(one, socket.gaierror | ssl.SSLError)), failed
    )
    if isinstance(because, socket.gaierror) and because.errno == socket.EAI_NONAME:
        return f"no server has this name; look whether it is written right ({failed})"
    if isinstance(because, httpx.ConnectError):
        hint = "look whether it is right, and whether the server is up"
        return f"nothing answers at this address; {hint} ({failed})"
    return f"{type(failed).__name__}: {failed}"


def _behind(failed: BaseException | None) -> Iterator[BaseException]:
    """The error, and each that it came of: the library wraps what the system says."""
    while failed is not None:
        yield failed
        failed = failed.__context__


def _sentence(wrong: Exception) -> str:
    return f"its secret {wrong}" if isinstance(wrong, WeakSecret) else str(wrong)
