"""Ingest, put together for a test: a real database, the embedded bus, a still clock, an HTTP client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI

from services.ingest.api import Reception, create_hooks, create_router
from services.ingest.app import create_service
from services.ingest.domain.sources import Source, sources_from
from services.ingest.settings import Settings
from shared.agreement import load
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import Heard
from shared.db.database import Database
from shared.db.migrate import upgrade
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.http import Gate, add_errors
from shared.runtime.keys import KeyRing
from shared.runtime.relay import Relay
from shared.runtime.service import OneAgreement, Service
from shared.signing import sign_standard_webhook
from shared.terms import Role
from shared.testing.buses import everything_said
from shared.testing.leads import NOON

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SOURCES: Final = {
    "sources": {
        "website": {
            "kind": "standard",
            "secrets": [SECRET],
            "fields": {
                "email": "data.email",
                "phone": "data.phone",
                "title": "data.title",
                "consent": "data.consent",
            },
        }
    }
}


@dataclass(slots=True)
class IngestPlace:
    """Ingest, and what one does with it."""

    service: Service
    reception: Reception
    client: httpx.AsyncClient
    sources: dict[str, Source]
    ring: KeyRing
    key: str

    async def post(self, data: dict[str, Any], id: str = "msg_1", **changes: Any) -> httpx.Response:
        """A signed webhook of the source `website`."""
        return await self.post_bytes(json.dumps({"data": data}).encode(), id, **changes)

    async def post_bytes(
        self, body: bytes, id: str = "msg_1", *, secret: str = SECRET, age_s: int = 0
    ) -> httpx.Response:
        signed_at = int(self.service.clock.now().timestamp()) - age_s
        headers = sign_standard_webhook(id, signed_at, body, secret)
        return await self.client.post("/hooks/website", content=body, headers=headers)

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An API call with the operator's key."""
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **more)

    async def said(self) -> list[Heard[Any]]:
        """Everything that ingest has said since the last time we asked."""
        await Relay(self.service, "test").relay_once()
        return await everything_said(self.service.bus, topics=["baton.ingest"])

    async def hear(self) -> None:
        """Let ingest hear what waits on the bus."""
        consumer = await self.service.bus.subscribe(self.service.hears, "ingest")
        while await consume_once(self.service, consumer, timeout_s=0):
            pass
        await consumer.close()


@asynccontextmanager
async def ingest_at(database_url: str, folder: Path) -> AsyncIterator[IngestPlace]:
    """Ingest on a fresh database."""
    database = Database(database_url, inline=True)
    database.tx_inline(lambda conn: upgrade(conn, "ingest"))
    bus, sources = SqliteBus(":memory:", inline=True), sources_from(SOURCES)
    service = create_service(
        Settings(),
        bus=bus,
        clock=StillClock(NOON),
        agreements=OneAgreement(load(Path("agreements/starter.yaml"))),
        database=database,
        sources=sources,
    )
    ring = KeyRing(folder / "keys.json")
    key = ring.add("test", Role.OPERATOR)
    reception = Reception(service)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(_app(service, ring, reception, sources)), base_url="http://t"
    )
    yield IngestPlace(service, reception, client, sources, ring, key)
    await client.aclose()
    await bus.close()
    database.close()


def _app(service: Service, ring: KeyRing, reception: Reception, sources: dict[str, Source]) -> Any:
    app = FastAPI()
    add_errors(app)
    app.include_router(create_router(service, Gate(ring), reception))
    hooks = create_hooks(reception, sources, service.clock, lambda incoming: incoming or "00-test")

    async def front(scope: Any, receive: Any, send: Any) -> None:
        await (hooks if scope["path"].startswith("/hooks/") else app)(scope, receive, send)

    return front
