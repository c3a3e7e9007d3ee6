"""What the embedded bus promises about pruning: the file stays small, and no group misses a record."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from shared.bus.sqlite import SqliteBus
from shared.bus.sqlite_log import PRUNE_MAX
from shared.testing.leads import NOON
from tests.contract.bus_suite import letters, record, take, values

pytestmark = pytest.mark.sqlite

KEPT = 3


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[SqliteBus]:
    opened = SqliteBus(str(tmp_path / "bus.sqlite"), partitions=1, keep_records=KEPT)
    yield opened
    await opened.close()


async def everything_in(bus: SqliteBus) -> list[str]:
    """What a group that starts now is given."""
    late = await bus.subscribe(["leads"], "late")
    found = values(await late.poll(max_records=100_000, timeout_s=0.1))
    await late.close()
    return found


async def test_what_every_group_is_done_with_goes_but_for_the_last_few(bus: SqliteBus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abcdefgh"))
    await take(consumer, 8)
    await consumer.commit()
    assert await bus.prune(NOON) == 8 - KEPT
    assert await bus.prune(NOON) == 0
    assert await everything_in(bus) == ["f", "g", "h"]


async def test_what_every_group_is_done_with_goes_once_it_is_old_but_for_the_last(tmp_path: Path) -> None:
    path, days = str(tmp_path / "old.sqlite"), [NOON + timedelta(days=n) for n in range(17)]
    bus = SqliteBus(path, partitions=1)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abc"))
    assert await bus.prune(days[0]) == 0
    await bus.publish(letters("de"))
    assert await bus.prune(days[1]) == await bus.prune(days[14]) == 0  # Nobody has read them.
    await take(consumer, 5)
    await consumer.commit()
    assert await bus.prune(days[14]) == 0
    await bus.close()
    bus = SqliteBus(path, partitions=1)
    assert await bus.prune(days[15]) == 4
    assert await everything_in(bus) == ["e"]
    await bus.close()


async def test_nothing_of_what_is_pruned_can_be_read_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite"
    bus = SqliteBus(str(path), partitions=1, keep_records=1)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record("ana", "ana.silva"), record("ana", "erased")])
    await take(consumer, 2)
    await consumer.commit()
    assert await bus.prune(NOON) == 1
    await bus.close()
    assert b"erased" in path.read_bytes()
    assert b"ana.silva" not in path.read_bytes()


async def test_what_was_polled_but_not_committed_stays(bus: SqliteBus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abcdefgh"))
    await take(consumer, 8)
    assert await bus.prune(NOON) == 0
    await consumer.rewind()
    assert values(await take(consumer, 8)) == list("abcdefgh")


async def test_the_slowest_group_decides(bus: SqliteBus) -> None:
    fast, slow = await bus.subscribe(["leads"], "fast"), await bus.subscribe(["leads"], "slow")
    await bus.publish(letters("abcdefgh"))
    await take(fast, 8)
    await fast.commit()
    await slow.poll(max_records=2, timeout_s=1)
    await slow.commit()
    assert await bus.prune(NOON) == 2
    assert values(await take(slow, 6)) == list("cdefgh")


async def test_a_group_that_is_away_still_counts(bus: SqliteBus) -> None:
    await (await bus.subscribe(["leads"], "away")).close()
    here = await bus.subscribe(["leads"], "here")
    await bus.publish(letters("abcdefgh"))
    await take(here, 8)
    await here.commit()
    assert await bus.prune(NOON) == 0
    assert values(await take(await bus.subscribe(["leads"], "away"), 8)) == list("abcdefgh")


async def test_a_group_that_has_not_come_back_since_a_restart_still_counts(tmp_path: Path) -> None:
    path = str(tmp_path / "restarted.sqlite")
    bus = SqliteBus(path, partitions=1, keep_records=1)
    slow, fast = await bus.subscribe(["leads"], "slow"), await bus.subscribe(["leads"], "fast")
    await bus.publish(letters("abcdefgh"))
    await take(fast, 8)
    await fast.commit()
    await slow.poll(max_records=2, timeout_s=1)
    await slow.commit()
    await bus.close()
    bus = SqliteBus(path, partitions=1, keep_records=1)
    await bus.subscribe(["leads"], "fast")
    assert await bus.prune(NOON) == 2
    assert values(await take(await bus.subscribe(["leads"], "slow"), 6)) == list("cdefgh")
    await bus.close()


async def test_what_a_cancelled_commit_had_written_is_kept_for_the_rewind(bus: SqliteBus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abcdefgh"))
    await take(consumer, 8)
    committing = asyncio.create_task(consumer.commit())
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251  # The writer is done, and this loop has not heard of it.
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    assert await bus.prune(NOON) == 0
    await consumer.rewind()
    assert values(await take(consumer, 8)) == list("abcdefgh")


async def test_a_topic_nobody_ever_read_keeps_everything(bus: SqliteBus) -> None:
    await bus.subscribe(["reps"], "scoring")
    await bus.publish(letters("abcdefgh"))
    assert await bus.prune(NOON) == 0
    assert await everything_in(bus) == list("abcdefgh")


async def test_offsets_and_lag_go_on_after_pruning_and_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "bus.sqlite")
    bus = SqliteBus(path, partitions=1, keep_records=1)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("abcdefgh"))
    await take(consumer, 8)
    await consumer.commit()
    assert await bus.prune(NOON) == 7
    await bus.close()
    bus = SqliteBus(path, partitions=1, keep_records=1)
    late = await bus.subscribe(["leads"], "late")
    assert await late.lag() == {"leads": 1}
    await bus.publish(letters("i"))
    consumer = await bus.subscribe(["leads"], "scoring")
    assert [(d.record.value, d.offset) for d in await take(consumer, 1)] == [(b"i", 8)]
    assert values(await take(late, 2)) == ["h", "i"]
    await bus.close()


@pytest.mark.parametrize("partitions", [1, 8])
async def test_a_large_backlog_goes_in_small_transactions(partitions: int) -> None:
    connection = sqlite3.connect(":memory:")
    bus = SqliteBus(connection=connection, inline=True, partitions=partitions, keep_records=KEPT)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(f"lead-{n % 50}", n) for n in range(3 * PRUNE_MAX)])
    await take(consumer, 3 * PRUNE_MAX)
    await consumer.commit()
    changes = [connection.total_changes]
    connection.set_trace_callback(
        lambda said: changes.append(connection.total_changes) if said == "COMMIT" else None
    )
    assert await bus.prune(NOON) == 3 * PRUNE_MAX - partitions * KEPT
    assert max(after - before for before, after in pairwise(changes)) <= PRUNE_MAX
    connection.close()


async def read_joining_and_leaving(bus: SqliteBus, seen: set[str], enough: int) -> None:
    while len(seen) < enough:
        consumer = await bus.subscribe(["leads"], "scoring")
        for _ in range(5):
            seen.update(values(await consumer.poll(max_records=20, timeout_s=0.01)))
            await consumer.commit()
        await consumer.close()


async def test_pruning_beside_readers_that_come_and_go_loses_nothing(bus: SqliteBus) -> None:
    seen: set[str] = set()
    pruned = 0
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(read_joining_and_leaving(bus, seen, 1_500))
        for number in range(150):
            await bus.publish([record("lead-1", f"{number}.{n}") for n in range(10)])
            pruned += await bus.prune(NOON)
    assert len(seen) == 1_500
    assert pruned > 0
