"""How the demo calls Baton: over HTTP, each with a key of their own, and again when it is busy."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import httpx

TRIES: Final = 8
PAUSE_S: Final = 0.5


class Chores:
    """What somebody does beside answering, until they go home."""

    def __init__(self) -> None:
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it now, beside all else."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Leave everything as it is."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Calling:
    """Calls one Baton. Every call returns its answer, whatever the status; only silence raises."""

    def __init__(self) -> None:
        self.url = self._operator_key = ""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(timeout=15.0, limits=limits, trust_env=False)

    def reach(self, url: str, operator_key: str) -> None:
        """From now on, call the Baton at `url`."""
        self.url, self._operator_key = url, operator_key
        self._client.base_url = httpx.URL(url)

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **params: str) -> Any:
        """What stands there, as the operator sees it. Raises httpx.HTTPStatusError."""
        response = await self.call("GET", path, params=params)
        response.raise_for_status()
        return response.json()

    async def call(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """One call with a key (the operator's, without one)."""
        headers = {"authorization": f"Bearer {key or self._operator_key}", **more.pop("headers", {})}
        return await self._again(method, path, headers=headers, **more)

    async def deliver(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """A webhook: its signature is its key."""
        return await self._again("POST", path, content=body, headers=headers)

    async def make_key(self, name: str, role: str, person: str | None = None) -> str:
        """A key for one of the demo's people or tools."""
        body = {"name": name, "role": role, "person": person}
        made = await self.call("POST", "/v1/keys", json=body)
        made.raise_for_status()
        key: str = made.json()["key"]
        return key

    async def _again(self, method: str, path: str, **more: Any) -> httpx.Response:
        for left in reversed(range(TRIES)):
            try:
                response = await self._client.request(method, path, **more)
                if response.status_code < 500 or not left:
                    return response
            except httpx.TransportError:
                if not left:
                    raise
            await asyncio.sleep(PAUSE_S)
        raise AssertionError("unreachable")
