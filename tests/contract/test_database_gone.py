"""PostgreSQL is killed, or stands still: nobody waits for ever, and all goes on by itself."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy import Connection, text

from shared.db import database as databases
from shared.db import postgres
from shared.db.database import Database, DatabaseUnavailable, ping
from tests.servers.postgres import Cluster
from tests.service.impatient import be_impatient

pytestmark = pytest.mark.postgres
PATIENCE_S = 20.0
"""Far longer than anything here may take."""


@pytest.fixture
def cluster(own_postgres: Cluster) -> Cluster:
    return own_postgres


@pytest.fixture
async def database(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    be_impatient(monkeypatch)
    database = Database(cluster.url)
    await database.tx(lambda conn: run(conn, "CREATE TABLE IF NOT EXISTS notes (v integer)"))
    await database.tx(lambda conn: run(conn, "DELETE FROM notes"))
    yield database
    database.close()


def run(conn: Connection, statement: str) -> None:
    conn.execute(text(statement))


def note(conn: Connection) -> None:
    run(conn, "INSERT INTO notes VALUES (1)")


def notes(conn: Connection) -> int:
    return int(conn.execute(text("SELECT count(*) FROM notes")).scalar_one())


async def comes_back(database: Database) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(DatabaseUnavailable):
                return await database.tx(ping)
            await asyncio.sleep(0.05)


async def test_a_server_that_stands_still_is_unavailable_to_whoever_waits_and_whoever_comes(
    database: Database, cluster: Cluster
) -> None:
    await database.tx(note)
    cluster.pause()
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await asyncio.gather(*(database.tx(note) for _ in range(40)), return_exceptions=True)
    finally:
        cluster.resume()
    assert {type(failed) for failed in found} == {DatabaseUnavailable}
    await comes_back(database)
    await database.tx(note)
    assert await database.read(notes) == 2, "nothing of what failed at the beginning was written"


async def test_a_server_that_stands_still_at_the_commit_leaves_no_thread_stuck(
    database: Database, cluster: Cluster
) -> None:
    def seam(where: str) -> None:
        if where == "commit":
            cluster.pause()

    database.seam = seam
    try:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(DatabaseUnavailable, match="nobody knows"):
                await database.tx(note)
    finally:
        database.seam = databases.no_seam
        cluster.resume()
    await comes_back(database)
    busy = [thread for thread in threading.enumerate() if thread.name.startswith("database")]
    assert len(busy) <= postgres.POOL_SIZE
    assert await asyncio.gather(*(database.tx(ping) for _ in busy)) == [None] * len(busy)


async def test_a_short_pause_is_only_a_wait(
    database: Database, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ANSWER_MAX_S", PATIENCE_S)

    def held_up(conn: Connection) -> int:
        cluster.pause()
        threading.Timer(1.5, cluster.resume).start()
        note(conn)
        return notes(conn)

    assert await database.tx(held_up) == 1


async def test_a_server_that_is_killed_is_unavailable_until_it_is_back(
    database: Database, cluster: Cluster
) -> None:
    await database.tx(note)
    cluster.kill()
    with pytest.raises(DatabaseUnavailable):
        await database.tx(note)
    with pytest.raises(DatabaseUnavailable):
        await database.read(notes)
    cluster.start()
    await database.tx(note)
    assert await database.read(notes) == 2, "what was committed before is there"


async def test_who_waits_too_long_for_a_thread_is_told_and_nothing_of_it_happens(database: Database) -> None:
    entered, go = threading.Semaphore(0), threading.Event()

    def hold(_: Connection) -> None:
        entered.release()
        assert go.wait(PATIENCE_S)

    busy = [asyncio.create_task(database.tx(hold)) for _ in range(postgres.POOL_SIZE)]
    for _ in busy:
        assert await asyncio.to_thread(entered.acquire, timeout=PATIENCE_S)
    with pytest.raises(DatabaseUnavailable, match="busy"):
        await database.tx(note)
    go.set()
    await asyncio.gather(*busy)
    assert await database.read(notes) == 0


async def test_a_migration_may_wait_longer_than_anything_else(database: Database) -> None:
    def slow(conn: Connection) -> str:
        run(conn, "SELECT pg_sleep(1.5)")
        return "done"

    def migration(conn: Connection) -> str:
        postgres.without_limits(conn)
        return slow(conn)

    assert await database.tx(migration) == "done"
    with pytest.raises(DatabaseUnavailable, match="no answer"):
        await database.tx(slow)  # On the same connection, the only one so far.


async def test_whether_a_connection_is_still_there_is_asked_with_little_patience(
    database: Database, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ANSWER_MAX_S", 10 * PATIENCE_S)
    await database.tx(ping)
    cluster.pause()
    try:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(DatabaseUnavailable):
                await database.tx(ping)
    finally:
        cluster.resume()
