"""Calls a service over HTTP without a network, in whatever role."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter

from shared.runtime.base_app import create_base_app
from shared.runtime.health import Health
from shared.runtime.http import Gate, join
from shared.runtime.keys import KeyRing
from shared.terms import Role


@dataclass(frozen=True, slots=True)
class Client:
    """Calls in a role, as a rep by name, or as None: without a key. `reads`, `writes`: who, by default."""

    http: httpx.AsyncClient
    keys: dict[Any, str]
    reads: Any
    writes: Any

    async def get(self, path: str, *who: Any, **params: str) -> httpx.Response:
        return await self.http.get(path, params=params, headers=self._headers(*who or (self.reads,)))

    async def post(self, path: str, body: Any, *who: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self._headers(*who or (self.writes,)))

    def _headers(self, who: Any) -> dict[str, str]:
        return {} if who is None else {"Authorization": f"Bearer {self.keys[who]}"}


@asynccontextmanager
async def calling(
    create: Callable[[Gate], APIRouter], folder: Path, *, reads: Any, writes: Any, **reps: str
) -> AsyncIterator[Client]:
    """A client of the routes that `create` makes; `reps`: their names here, and their addresses."""
    ring = KeyRing(folder / "keys.json")
    keys: dict[Any, str] = {role: ring.add(role.value, role) for role in Role if role is not Role.REP}
    keys |= {name: ring.add(name, Role.REP, person) for name, person in reps.items()}
    app = create_base_app("A service", "", Health(), {}, Gate(ring))
    join(app, create(Gate(ring)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as http:
        yield Client(http, keys, reads, writes)
