"""Calls scoring over HTTP, in whatever role."""

from pathlib import Path
from typing import Any

import httpx

from services.scoring.api import create_router
from shared.runtime.base_app import create_base_app
from shared.runtime.health import Health
from shared.runtime.http import Gate, join
from shared.runtime.keys import KeyRing
from shared.terms import Role
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import RITA


class Client:
    """Calls scoring in a role."""

    def __init__(self, place: Place, folder: Path) -> None:
        ring = KeyRing(folder / "keys.json")
        self._keys = {role: ring.add(role.value, role) for role in Role if role is not Role.REP}
        self._keys[Role.REP] = ring.add("rita", Role.REP, RITA.answers)

        app = create_base_app("Scoring", "", Health(), {}, Gate(ring))
        join(app, create_router(place.service, Gate(ring)))
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://scoring")

    async def get(self, path: str, who: Role = Role.REP, **params: str) -> httpx.Response:
        return await self._client.get(path, params=params, headers=self._headers(who))

    async def post(self, path: str, body: Any, who: Role = Role.REP) -> httpx.Response:
        return await self._client.post(path, json=body, headers=self._headers(who))

    async def close(self) -> None:
        await self._client.aclose()

    def _headers(self, who: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[who]}"}
