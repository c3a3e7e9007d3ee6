"""What the embedded bus promises across processes: a kill takes nothing back, keys keep partitions."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from shared.bus.sqlite import SqliteBus
from shared.bus.sqlite_log import partition_of
from tests.contract.bus_suite import letters, take, values

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parents[2]

# Publishes batches without end, and says the number of each once the bus has acknowledged it.
PUBLISH = """
import asyncio, itertools, sys
from shared.bus.port import Record
from shared.bus.sqlite import SqliteBus

async def main():
    bus = SqliteBus(sys.argv[1])
    for batch in itertools.count(int(sys.argv[2])):
        values = [f"{batch}.{n}".encode() + b" " * 900 for n in range(20)]
        await bus.publish([Record("leads", f"lead-{n}", value) for n, value in enumerate(values)])
        print(batch, flush=True)

asyncio.run(main())
"""

PARTITIONS = """
import sys
from shared.bus.sqlite_log import partition_of
print([partition_of(key.encode(), 4) for key in ("lead-1", "lead-2", "Zoë", "")], hash("lead-1"))
"""


def kill_while_publishing(path: str, first: int, batches: int) -> list[int]:
    """Let another process publish, kill it in the act, and return what had been acknowledged."""
    command = [sys.executable, "-c", PUBLISH, path, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdout is not None
        acknowledged = [int(publisher.stdout.readline()) for _ in range(batches)]
        publisher.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in publisher.stdout if line.endswith("\n")]
    assert publisher.returncode == -signal.SIGKILL
    return acknowledged


async def test_a_kill_takes_no_acknowledged_record_back(tmp_path: Path) -> None:
    path = str(tmp_path / "bus.sqlite")
    acknowledged: list[int] = []
    for batches in (3, 40, 11, 70, 25):
        acknowledged += kill_while_publishing(path, len(acknowledged) + 1_000 * batches, batches)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT value FROM bus_records ORDER BY rowid").fetchall()
    stored = [value.split(b" ")[0].decode() for (value,) in rows]
    assert len(stored) == len(set(stored))
    assert {f"{batch}.{n}" for batch in acknowledged for n in range(20)} <= set(stored)
    assert len(stored) % 20 == 0, "half a batch was written"


async def test_after_a_kill_the_bus_reads_and_writes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "bus.sqlite")
    kill_while_publishing(path, 0, 5)
    bus = SqliteBus(path)
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("z", key="lead-0"))
    before = (await consumer.lag())["leads"]
    deliveries = await take(consumer, before)
    assert before % 20 == 1
    assert values([d for d in deliveries if d.record.key == "lead-0"])[-1] == "z"
    for partition in range(4):
        offsets = [d.offset for d in deliveries if d.partition == partition]
        assert offsets == list(range(len(offsets)))
    await bus.close()


def test_a_key_has_the_same_partition_in_every_process() -> None:
    answers, hashes = set(), set()
    for seed in ("0", "1", "4711"):
        command = [sys.executable, "-c", PARTITIONS]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        answer, _, seeded = said.stdout.strip().rpartition(" ")
        answers.add(answer)
        hashes.add(seeded)
    assert len(answers) == 1
    assert len(hashes) == 3, "the seeds made no difference, so this proved nothing"


def test_the_partition_of_a_key_never_changes_between_versions() -> None:
    keys = [f"lead-{number}" for number in range(10)] + ["Zoë", ""]
    assert [partition_of(key.encode(), 4) for key in keys] == [2, 0, 2, 0, 3, 1, 3, 1, 0, 2, 2, 0]
