"""A full disk: callers are told to come back, nothing is half-written, and it goes on once there is room."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from shared.bus.port import BusUnavailable, Record
from shared.bus.sqlite import SqliteBus
from shared.db.database import Database
from tests.servers.disks import Disk, may_mount, small_disk
from tests.servers.postgres import postgres_cluster
from tests.service.ingest_place import IngestPlace, ingest_at

LARGE: Final = "x" * 10_000
POSTS_MAX: Final = 400
"""So many large posts are more than whatever room a database has kept for itself."""
needs_mount = pytest.mark.skipif(
    not may_mount(), reason="nobody may mount a disk here, so none can be filled"
)


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk(megabytes=300) as disk:
        yield disk


@pytest.fixture
def on_sqlite(disk: Disk) -> str:
    return f"sqlite:///{disk.folder}/ingest.db"


@pytest.fixture
def on_postgres(disk: Disk) -> Iterator[str]:
    with postgres_cluster(disk.folder) as cluster:
        yield cluster.url


@pytest.fixture(
    params=[
        pytest.param("on_sqlite", marks=[pytest.mark.sqlite, needs_mount]),
        pytest.param("on_postgres", marks=[pytest.mark.postgres] if may_mount() else [needs_mount]),
    ]
)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
async def ingest(url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(url, tmp_path, database=Database(url)) as place:
        yield place


async def post(ingest: IngestPlace, number: int) -> int:
    """The status of a large post; a 503 says when to come back."""
    data = {"email": f"p{number}@northwind.example", "message": LARGE}
    answer = await ingest.post_bytes(json.dumps({"data": data}).encode(), f"msg_{number}")
    assert answer.status_code in (202, 503), answer.text
    assert answer.status_code == 202 or answer.headers["Retry-After"]
    return answer.status_code


async def fills_and_goes_on(
    ingest: IngestPlace, fill: Callable[[], object], make_room: Callable[[], object]
) -> None:
    """Post until the disk is full, make room, post again what was refused; look at what is there."""
    assert await post(ingest, 0) == 202
    fill()
    taken = 1
    while taken < POSTS_MAX and await post(ingest, taken) == 202:
        taken += 1
    assert taken < POSTS_MAX, "a full disk takes nothing"
    assert await post(ingest, taken) == 503
    assert len(await ingest.rows("ingest_leads")) == taken
    assert len(await ingest.rows("ingest_deliveries")) == taken
    assert len(await ingest.rows("ingest_outbox")) == taken
    make_room()
    assert await post(ingest, taken) == 202
    assert await post(ingest, 0) == 202, "what was acknowledged is known"
    assert len(await ingest.rows("ingest_leads")) == taken + 1


async def test_a_full_disk_refuses_and_loses_nothing(ingest: IngestPlace, disk: Disk) -> None:
    await fills_and_goes_on(ingest, disk.fill, disk.make_room)


@pytest.mark.sqlite
async def test_a_database_that_may_not_grow_refuses_and_loses_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ingest.db"
    database = Database(url)

    def limit(pages: str) -> None:
        database.tx_inline(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))

    async with ingest_at(url, tmp_path, database=database) as ingest:
        await fills_and_goes_on(ingest, lambda: limit("1"), lambda: limit("1000000"))


@pytest.mark.sqlite
@needs_mount
async def test_a_bus_on_a_full_disk_takes_nothing_or_all_and_goes_on(disk: Disk) -> None:
    bus = SqliteBus(f"{disk.folder}/bus.db")
    consumer = await bus.subscribe(["t"], "g")
    batch = [Record("t", f"key {n}", LARGE.encode()) for n in range(20)]
    await bus.publish(batch)
    disk.fill()
    with pytest.raises(BusUnavailable):
        await publish_many(bus, batch)
    heard = await consumer.poll(max_records=10_000, timeout_s=0)
    assert len(heard) % len(batch) == 0, "no batch is there by half"
    disk.make_room()
    await bus.publish(batch)
    await consumer.commit()
    assert len(await consumer.poll(max_records=10_000, timeout_s=0)) == len(batch)
    await consumer.close()
    await bus.close()


async def publish_many(bus: SqliteBus, batch: list[Record]) -> None:
    for _ in range(POSTS_MAX):
        await bus.publish(batch)
