"""PostgreSQL is gone for a while: callers are told to come back, nothing is lost, all goes on by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from shared.bus.sqlite import SqliteBus
from shared.db.database import Database, DatabaseUnavailable
from shared.runtime.clock import SystemClock
from shared.runtime.loops import RunningService
from tests.servers.databases import EMPTY
from tests.servers.postgres import Cluster
from tests.service.impatient import be_impatient
from tests.service.ingest_place import IngestPlace, ingest_at
from tests.service.toy import ANA, Toy, metadata, start_toy

pytestmark = pytest.mark.postgres
PATIENCE_S = 30.0
Away = tuple[Callable[[Cluster], None], Callable[[Cluster], None]]
PAUSED = pytest.param((Cluster.pause, Cluster.resume), id="stands still")
KILLED = pytest.param((Cluster.kill, Cluster.start), id="killed")


@pytest.fixture
def cluster(own_postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    be_impatient(monkeypatch)
    with psycopg.connect(own_postgres.address, autocommit=True) as connection:
        connection.execute(EMPTY)
    return own_postgres


@pytest.fixture
async def ingest(cluster: Cluster, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(cluster.url, tmp_path, database=Database(cluster.url)) as place:
        yield place


async def post(ingest: IngestPlace, number: int) -> httpx.Response:
    return await ingest.post({"email": f"p{number}@northwind.example"}, f"msg_{number}")


async def post_until_taken(ingest: IngestPlace, number: int) -> None:
    while (await post(ingest, number)).status_code != 202:  # noqa: ASYNC110  # as a sender does
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("away", [PAUSED, KILLED])
async def test_a_webhook_is_told_to_come_back_and_is_one_lead_when_it_does(
    ingest: IngestPlace, cluster: Cluster, away: Away
) -> None:
    leave, come_back = away
    assert (await post(ingest, 0)).status_code == 202
    leave(cluster)
    try:
        async with asyncio.timeout(PATIENCE_S):
            answers = await asyncio.gather(*(post(ingest, number) for number in range(1, 30)))
    finally:
        await asyncio.to_thread(come_back, cluster)
    assert {(answer.status_code, "Retry-After" in answer.headers) for answer in answers} == {(503, True)}
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(post_until_taken(ingest, number) for number in range(1, 30)))
    assert len(await ingest.rows("ingest_leads")) == len(await ingest.rows("ingest_deliveries")) == 30


@pytest.mark.parametrize("away", [PAUSED, KILLED])
async def test_a_consumer_goes_on_where_it_was(cluster: Cluster, away: Away) -> None:
    leave, come_back = away
    async with running_toy(cluster) as toy:
        for number in range(90):
            if number == 30:
                leave(cluster)
            if number == 60:
                await asyncio.sleep(2)  # It has tried, and has got nowhere.
                await asyncio.to_thread(come_back, cluster)
            await toy.hear(number)
        assert await _story(toy, 90) == [str(number) for number in range(90)]
        assert await toy.parked() == []


@asynccontextmanager
async def running_toy(cluster: Cluster) -> AsyncIterator[Toy]:
    """With its loops, threads and a clock of its own, as in earnest."""
    bus = SqliteBus(":memory:")
    toy = start_toy(cluster.url, bus, SystemClock(), inline=False)
    await toy.database.tx(metadata.create_all)
    running = RunningService(toy.service, "here")
    await running.start()
    try:
        yield toy
    finally:
        await running.stop()
        toy.database.close()
        await bus.close()


async def _story(toy: Toy, length: int) -> list[str]:
    """The lead's story, once it is so long."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(DatabaseUnavailable):
                if len(story := await toy.story(ANA)) >= length:
                    return story
            await asyncio.sleep(0.05)
