"""Many posts at once share a few commits; each is acknowledged when it is durable, and not before."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select

from services.ingest.tables import deliveries, leads
from shared.db.database import Database
from tests.service.ingest_place import IngestPlace, ingest_at

pytestmark = pytest.mark.slow

POSTS = 200


@pytest.fixture
def seams() -> Counter[str]:
    return Counter()


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path, seams: Counter[str]) -> AsyncIterator[IngestPlace]:
    """With its database on threads of its own, as it runs."""

    def seam(name: str) -> None:
        seams[name] += 1

    database = Database(database_url, seam=seam)
    async with ingest_at(database_url, tmp_path, database=database) as place:
        seams.clear()
        yield place


@asynccontextmanager
async def served(ingest: IngestPlace) -> AsyncIterator[httpx.AsyncClient]:
    """A real server on a real socket."""
    # It listens already: who connects before the server is up waits in its queue.
    listening = socket.create_server(("127.0.0.1", 0), backlog=POSTS)
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(ingest.app, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    limits = httpx.Limits(max_connections=POSTS)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=30) as client:
        yield client
    server.should_exit = True
    await running


async def test_two_hundred_posts_at_once_share_a_few_commits(
    ingest: IngestPlace, seams: Counter[str], database_url: str
) -> None:
    bodies = [json.dumps({"data": {"email": f"p{n}@northwind.example"}}).encode() for n in range(POSTS)]
    async with served(ingest) as client:
        posts = [
            client.post("/hooks/website", content=body, headers=ingest.signed(body, f"msg_{n}"))
            for n, body in enumerate(bodies)
        ]
        answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {202}
    acknowledged = {answer.json()["lead"] for answer in answers}
    assert len(acknowledged) == POSTS
    assert 0 < seams["committed"] <= POSTS // 4, "every post had a commit almost to itself"
    # Asked over a connection of its own: what a transaction of ours holds back would not be there.
    other = Database(database_url, inline=True)
    durable = other.tx_inline(lambda conn: set(conn.execute(select(leads.c.lead_id)).scalars()))
    bytes_kept = other.tx_inline(lambda conn: set(conn.execute(select(deliveries.c.body)).scalars()))
    other.close()
    assert durable == acknowledged
    assert bytes_kept == set(bodies)


async def test_many_activities_of_one_person_at_once_are_all_counted(ingest: IngestPlace) -> None:
    body = b'{"data": {"email": "ana@northwind.example"}}'
    async with served(ingest) as client:
        posts = [
            client.post("/hooks/website", content=body, headers=ingest.signed(body, f"msg_{n % 50}"))
            for n in range(100)
        ]
        answers = [answer.json() for answer in await asyncio.gather(*posts)]
    assert Counter(answer["repeated"] for answer in answers) == {True: 50, False: 50}
    assert len({answer["lead"] for answer in answers}) == 1
    rows = await ingest.rows("ingest_deliveries")
    assert sorted(row.seq for row in rows) == list(range(1, 51))
    count = await ingest.service.read(
        lambda tx: tx.conn.execute(select(func.count(leads.c.lead_id))).scalar()
    )
    assert count == 1
