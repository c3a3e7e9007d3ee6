"""What the embedded bus promises about its file: durable, whole, and honest when it can not write."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from shared.bus.open import UnknownBus, create_bus
from shared.bus.port import BusUnavailable, PartitionsDiffer, Record
from shared.bus.sqlite import SqliteBus
from shared.bus.sqlite_file import open_reader, open_writer
from shared.bus.threads import Work, WriterThread
from tests.contract.bus_suite import PATIENCE_S, letters, nothing_more, record, take, values

pytestmark = pytest.mark.sqlite


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "bus.sqlite")


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def records_in(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM bus_records").fetchone()[0])


def test_the_writer_syncs_every_commit_and_the_reader_can_not_write(path: str) -> None:
    with closing(open_writer(path, busy_timeout_s=1)) as writer, closing(open_reader(path)) as reader:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert writer.execute("PRAGMA synchronous").fetchone() == (2,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("CREATE TABLE t (x)")


async def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    bus = SqliteBus(str(tmp_path / "büs #1?mode=x%41.sqlite"))
    await bus.publish(letters("a"))
    assert values(await take(await bus.subscribe(["leads"], "scoring"), 1)) == ["a"]
    await bus.close()
    assert (tmp_path / "büs #1?mode=x%41.sqlite").exists()


async def test_a_second_opener_is_refused_until_the_first_closes(path: str) -> None:
    bus = SqliteBus(path)
    with pytest.raises(BusUnavailable, match="in use"):
        SqliteBus(path)
    await bus.close()
    await SqliteBus(path).close()


async def test_another_number_of_partitions_is_refused_by_name(path: str) -> None:
    await SqliteBus(path, partitions=4).close()
    with pytest.raises(PartitionsDiffer, match=r"has 4 partitions per topic, the setting 8: set it to 4"):
        SqliteBus(path, partitions=8)
    await SqliteBus(path, partitions=4).close()


async def test_one_partition_is_enough(path: str) -> None:
    bus = SqliteBus(path, partitions=1)
    await bus.publish([record(f"lead-{n}", n) for n in range(10)])
    deliveries = await take(await bus.subscribe(["leads"], "scoring"), 10)
    assert [(d.partition, d.offset) for d in deliveries] == [(0, n) for n in range(10)]
    await bus.close()


@pytest.mark.parametrize("settings", [{"partitions": 0}, {"partitions": 1_025}, {"keep_records": 0}])
def test_settings_that_can_not_work_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"1"):
        SqliteBus(**settings)  # type: ignore[arg-type]  # One of several keywords, each an int.


def test_a_given_connection_needs_an_inline_bus(memory: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="inline=True"):
        SqliteBus(connection=memory)


@pytest.mark.parametrize("content", [b"this is no database, not at all" * 200, None])
def test_a_file_that_is_no_database_is_unavailable_and_stays_unlocked(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "bus.sqlite"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(BusUnavailable, match=r"can not be (opened|used)"):
            SqliteBus(str(path))


def test_a_file_that_is_no_database_is_not_kept_open(path: str) -> None:
    Path(path).write_bytes(b"no database" * 100)
    with pytest.raises(BusUnavailable) as refused:  # It holds every frame, and what is still open in there.
        SqliteBus(path)
    assert path not in {str(file.resolve()) for file in Path("/proc/self/fd").iterdir()}, refused


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(BusUnavailable, match="No such file"):
        SqliteBus(str(tmp_path / "nowhere" / "bus.sqlite"))


async def test_a_file_locked_by_another_program_is_unavailable_and_recovers(path: str) -> None:
    bus = SqliteBus(path, busy_timeout_s=0.05)
    consumer = await bus.subscribe(["leads"], "scoring")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusUnavailable, match="locked"):
            await bus.publish(letters("a"))
        other.execute("ROLLBACK")
    await bus.publish(letters("b"))
    deliveries = await take(consumer, 1)
    assert [(values([d]), d.offset) for d in deliveries] == [(["b"], 0)]
    await bus.close()


async def test_a_full_disk_is_unavailable_leaves_nothing_and_recovers(memory: sqlite3.Connection) -> None:
    bus = SqliteBus(connection=memory, inline=True)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("a"))
    pages = memory.execute("PRAGMA page_count").fetchone()[0]
    memory.execute(f"PRAGMA max_page_count = {pages + 4}")
    large = [record("lead-1", "x" * 3_000) for _ in range(20)]
    with pytest.raises(BusUnavailable, match="full"):
        await bus.publish([*letters("b"), *large])
    assert records_in(memory) == 1
    memory.execute("PRAGMA max_page_count = 1000000")
    await bus.publish(letters("c"))
    deliveries = await take(consumer, 2)
    assert values(deliveries) == ["a", "c"]
    assert [delivery.offset for delivery in deliveries] == [0, 1]
    await bus.close()


async def test_one_publish_is_one_transaction(memory: sqlite3.Connection) -> None:
    bus = SqliteBus(connection=memory, inline=True)
    said: list[str] = []
    memory.set_trace_callback(said.append)
    await bus.publish([record(f"lead-{n}", n) for n in range(500)])
    assert [one for one in said if one.startswith(("BEGIN", "COMMIT"))] == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_what_waits_for_the_writer_is_written_together() -> None:
    first_began, go_on = threading.Event(), threading.Event()
    sizes: list[int] = []

    def transact(works: Sequence[Work]) -> list[int]:
        sizes.append(len(works))
        first_began.set()
        go_on.wait(PATIENCE_S)
        return [work() for work in works]

    writer = WriterThread(transact)
    running = [asyncio.create_task(writer.run(lambda: 0))]
    await asyncio.to_thread(first_began.wait, PATIENCE_S)
    running += [asyncio.create_task(writer.run(partial(int, number))) for number in range(1, 10)]
    await asyncio.sleep(0)
    running.pop(5).cancel()  # It has not begun, so it never will.
    await asyncio.sleep(0)
    go_on.set()
    async with asyncio.timeout(PATIENCE_S):
        assert await asyncio.gather(*running) == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert sizes == [1, 8]
    await writer.close(lambda: None)


async def test_of_those_who_publish_together_a_bad_one_fails_alone(path: str) -> None:
    bus = SqliteBus(path)
    bad = [record("lead-1", "before"), bus_breaker(), record("lead-1", "after")]
    async with asyncio.timeout(PATIENCE_S):
        outcomes = await asyncio.gather(
            *(bus.publish(letters(letter)) for letter in "abc"),
            bus.publish(bad),
            *(bus.publish(letters(letter)) for letter in "def"),
            return_exceptions=True,
        )
    assert [isinstance(outcome, BusUnavailable) for outcome in outcomes] == [False] * 3 + [True] + [False] * 3
    consumer = await bus.subscribe(["leads"], "scoring")
    deliveries = await take(consumer, 6)
    assert sorted(values(deliveries)) == list("abcdef")
    assert [delivery.offset for delivery in deliveries] == list(range(6))
    await bus.close()


def bus_breaker() -> Record:
    """A record that breaks its type's promise, so that SQLite fails in the middle of a batch."""
    return msgspec.structs.replace(record("lead-1", "x"), value=[1, 2, 3])


async def test_a_log_changed_behind_its_back_is_read_anew(path: str) -> None:
    bus = SqliteBus(path)
    await bus.publish(letters("a"))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(
            "INSERT INTO bus_records SELECT topic, partition, 1, key, 'b', headers FROM bus_records"
        )
    with pytest.raises(BusUnavailable, match="UNIQUE"):
        await bus.publish(letters("c"))
    await bus.publish(letters("c"))
    deliveries = await take(await bus.subscribe(["leads"], "scoring"), 3)
    assert [delivery.offset for delivery in deliveries] == [0, 1, 2]
    await bus.close()


async def test_a_hole_in_the_log_is_said_aloud_and_not_skipped(path: str) -> None:
    bus = SqliteBus(path)
    await bus.publish(letters("abc"))
    consumer = await bus.subscribe(["leads"], "scoring")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM bus_records WHERE offset = 1")
    with pytest.raises(BusUnavailable, match="lost records"):
        await consumer.poll(max_records=10, timeout_s=1)
    await bus.close()


@pytest.mark.parametrize("url", ["redis://host:9092", "memory", "", "sqlite:///", "redis://user:geheim@host"])
def test_an_unknown_bus_is_refused_with_what_there_is(url: str) -> None:
    with pytest.raises(UnknownBus, match=r"sqlite:///.*kafka://") as raised:
        create_bus(url)
    assert "geheim" not in str(raised.value)


async def test_a_url_opens_the_file_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///near.sqlite", f"sqlite:///{tmp_path}/far.sqlite"):
        bus = create_bus(url)
        await bus.publish(letters("a"))
        await bus.close()
    assert {"near.sqlite", "far.sqlite"} <= set(os.listdir(tmp_path))


async def test_a_bus_in_memory_works_with_threads_too() -> None:
    bus = create_bus("sqlite:///:memory:")
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("ab"))
    assert values(await take(consumer, 2)) == ["a", "b"]
    assert await nothing_more(consumer)
    await bus.close()
