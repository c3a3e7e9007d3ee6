"""What only SQLite can do to us: a locked file, a full disk, one connection for all."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from shared.db.database import Database, DatabaseUnavailable, ping
from shared.db.engines import engine_over

pytestmark = pytest.mark.sqlite


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/x.db?timeout=0.1")
    await database.tx(lambda conn: run(conn, "CREATE TABLE notes (n INTEGER, body TEXT)"))
    yield database
    database.close()


def run(conn: Connection, statement: str) -> None:
    conn.execute(text(statement))


def count(conn: Connection) -> int:
    found: int = conn.execute(text("SELECT count(*) FROM notes")).scalar_one()
    return found


async def test_a_locked_file_is_unavailable_and_comes_back(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match=r"x\.db.* can not be used now: database is locked"):
        await database.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1, '')"))
    assert await database.read(count) == 0, "reading goes on"
    other.execute("COMMIT")
    other.close()
    await database.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1, '')"))
    assert await database.read(count) == 1


async def test_a_full_disk_is_unavailable_and_nothing_was_written(database: Database) -> None:
    def fill(conn: Connection) -> None:
        run(conn, "PRAGMA max_page_count = 3")
        for n in range(50):
            conn.execute(text("INSERT INTO notes VALUES (:n, :body)"), {"n": n, "body": "x" * 4000})

    with pytest.raises(DatabaseUnavailable, match="full"):
        await database.tx(fill)
    assert await database.read(count) == 0
    await database.tx(lambda conn: run(conn, "PRAGMA max_page_count = 1000000"))
    await database.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1, '')"))


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/x.db")
    with pytest.raises(DatabaseUnavailable, match=r"nowhere/x\.db can not be used now: unable to open"):
        await database.tx(ping)
    database.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"nothing of the kind" * 1000)
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await database.tx(ping)
    database.close()


async def test_every_commit_is_on_the_disk_and_what_is_deleted_is_not(database: Database) -> None:
    def settings(conn: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return {name: conn.execute(text(f"PRAGMA {name}")).scalar_one() for name in names}

    full = 2
    assert await database.tx(settings) == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 100,
        "secure_delete": 1,
    }


async def test_a_reader_does_not_wait_for_the_writer(database: Database) -> None:
    entered, go = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        run(conn, "INSERT INTO notes VALUES (1, '')")
        entered.set()
        assert go.wait(10)

    writing = asyncio.create_task(database.tx(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    assert await database.read(count) == 0
    go.set()
    await writing
    assert await database.read(count) == 1


async def test_the_one_connection_is_used_by_one_thread_at_a_time(database: Database) -> None:
    entered, go = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        run(conn, "INSERT INTO notes VALUES (1, '')")
        entered.set()
        assert go.wait(10)
        raise KeyError("rolled back")

    writing = asyncio.create_task(database.tx(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    elsewhere = threading.Thread(
        target=database.tx_inline, args=(lambda conn: run(conn, "INSERT INTO notes VALUES (2, '')"),)
    )
    elsewhere.start()
    elsewhere.join(0.2)
    go.set()
    with pytest.raises(KeyError):
        await writing
    elsewhere.join(10)
    rows = await database.read(lambda conn: list(conn.execute(text("SELECT n FROM notes")).scalars()))
    assert rows == [2]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
async def test_a_database_in_memory_is_the_same_for_readers_and_writers(url: str) -> None:
    database = Database(url)
    await database.tx(lambda conn: run(conn, "CREATE TABLE notes (n INTEGER)"))
    await asyncio.gather(
        *(database.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1)")) for _ in range(9))
    )
    assert await database.read(count) == 9
    database.close()


async def test_a_connection_that_is_given_outlives_its_database() -> None:
    disk = sqlite3.connect(":memory:", check_same_thread=False)
    first = Database("sqlite://", inline=True, engine=engine_over(disk))
    await first.tx(lambda conn: run(conn, "CREATE TABLE notes (n INTEGER)"))
    again = Database("sqlite://", inline=True, engine=engine_over(disk))
    await again.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1)"))
    assert disk.execute("SELECT n FROM notes").fetchall() == [(1,)]
    disk.close()
