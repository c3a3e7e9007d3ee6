"""Ingest, put together for a test: a real database, the embedded bus, a still clock, an HTTP client."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import select

from services.ingest.api import Reception, create_hooks, create_router
from services.ingest.app import create_service
from services.ingest.domain.sources import Source, sources_from
from services.ingest.settings import Settings
from services.ingest.tables import metadata
from shared.agreement import Agreement, load
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import Heard
from shared.db.database import Database
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.door import Door
from shared.runtime.http import Gate, add_errors, join
from shared.runtime.keys import KeyRing
from shared.runtime.relay import Relay
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx
from shared.signing import sign_standard_webhook, sign_typeform_webhook
from shared.terms import Role
from shared.testing.buses import everything_said
from shared.testing.leads import NOON
from tests.tables import make_tables

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FORM_SECRET: Final = "a secret of sixteen"
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
                "activity.message": "data.message",
            },
        },
        "form": {"kind": "typeform", "secrets": [FORM_SECRET]},
    }
}
STARTER: Final = load(Path("agreements/starter.yaml"))


@dataclass(slots=True)
class IngestPlace:
    """Ingest, and what one does with it."""

    service: Service
    clock: StillClock
    reception: Reception
    client: httpx.AsyncClient
    app: Any
    sources: dict[str, Source]
    ring: KeyRing
    key: str

    async def post(self, data: dict[str, Any], id: str = "msg_1", **changes: Any) -> httpx.Response:
        """A signed webhook of the source `website`."""
        return await self.post_bytes(json.dumps({"data": data}).encode(), id, **changes)

    async def post_bytes(
        self, body: bytes, id: str = "msg_1", *, secret: str = SECRET, age_s: int = 0, **headers: str
    ) -> httpx.Response:
        signed = self.signed(body, id, secret=secret, age_s=age_s)
        return await self.client.post("/hooks/website", content=body, headers={**signed, **headers})

    async def post_form(self, form: dict[str, Any], **changes: Any) -> httpx.Response:
        """A signed webhook of the source `form`, which is a Typeform."""
        body = json.dumps({"event_type": "form_response", **changes, "form_response": form}).encode()
        return await self.client.post(
            "/hooks/form", content=body, headers=sign_typeform_webhook(body, FORM_SECRET)
        )

    def signed(self, body: bytes, id: str, *, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
        """The headers of a genuine webhook."""
        return sign_standard_webhook(id, int(self.clock.now().timestamp()) - age_s, body, secret)

    async def call(self, method: str, path: str, *, key: str = "", **more: Any) -> httpx.Response:
        """An API call, with the operator's key if none is given."""
        headers = {"Authorization": f"Bearer {key or self.key}", **more.pop("headers", {})}
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

    async def rows(self, table: str) -> Sequence[Any]:
        """Everything in one of ingest's tables."""
        return await self.service.read(lambda tx: tx.conn.execute(select(metadata.tables[table])).all())

    async def kept(self) -> str:
        """Everything in all of ingest's tables, as one text to search in."""
        return await self.service.read(_everything)


@asynccontextmanager
async def ingest_at(
    database_url: str,
    folder: Path,
    *,
    database: Database | None = None,
    agreement: Agreement = STARTER,
    **knobs: int,
) -> AsyncIterator[IngestPlace]:
    """Ingest on a fresh database."""
    database = database or Database(database_url, inline=True)
    database.tx_inline(lambda conn: make_tables(conn, "ingest"))
    bus, sources, clock = SqliteBus(":memory:", inline=True), sources_from(SOURCES), StillClock(NOON)
    service = create_service(
        Settings.model_validate(knobs),
        bus=bus,
        clock=clock,
        agreements=OneAgreement(agreement),
        database=database,
        sources=sources,
    )
    ring = KeyRing(folder / "keys.json")
    key = ring.add("test", Role.OPERATOR)
    reception = Reception(service)
    app = _app(service, ring, reception, sources)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t")
    try:
        yield IngestPlace(service, clock, reception, client, app, sources, ring, key)
    finally:
        await client.aclose()
        await bus.close()
        database.close()


def counted(name: str, **labels: str) -> float:
    """What a counter stands at. Counters are the process's, so tests compare before and after."""
    return REGISTRY.get_sample_value(f"{name}_total", labels) or 0.0


def _app(service: Service, ring: KeyRing, reception: Reception, sources: dict[str, Source]) -> Any:
    app = FastAPI()
    add_errors(app)
    numbers = count()
    gate = Gate(ring)
    join(app, create_router(service, gate, reception, lambda: f"request {next(numbers)}"))
    hooks, behind = create_hooks(reception, sources, service.clock), Door(app, gate)

    async def front(scope: Any, receive: Any, send: Any) -> None:
        await (hooks if scope["path"].startswith("/hooks/") else behind)(scope, receive, send)

    return front


def _everything(tx: Tx) -> str:
    cells = [
        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        for table in metadata.sorted_tables
        for row in tx.conn.execute(select(table))
        for cell in row
    ]
    return "\n".join(cells)
