"""What the tests of every bus share: the buses themselves, and reading from one as a patient reader does."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from shared.bus.kafka import KafkaBus
from shared.bus.port import Bus, Consumer, Delivery, Record
from shared.bus.sqlite import SqliteBus
from tests.contract.kafka_place import DRAIN_S, KafkaPlace

# How long a test waits for what must come, and how long it listens for what must not.
PATIENCE_S = 10.0
QUIET_S = 0.05


class BusPlace(Protocol):
    """Where a bus keeps its records. They outlive the bus that `open` gives."""

    def open(self) -> Bus: ...


class SqliteFilePlace:
    """The embedded bus in a file, with its threads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> SqliteBus:
        return SqliteBus(str(self.path))


class SqliteInlinePlace:
    """The embedded bus as the simulation has it: inline, on a database that outlives it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def open(self) -> SqliteBus:
        return SqliteBus(connection=self.connection, inline=True)


SQLITE_FILE = pytest.param("sqlite-file", marks=pytest.mark.sqlite)
SQLITE_INLINE = pytest.param("sqlite-inline", marks=pytest.mark.sqlite)
KAFKA = pytest.param("kafka", marks=pytest.mark.kafka)


async def kafka_place(request: pytest.FixtureRequest) -> KafkaPlace:
    """Topics of one test's own on the broker of this run."""
    server: str = request.getfixturevalue("kafka_server")
    made = KafkaPlace(server, f"{uuid.uuid4().hex[:8]}.")
    await made.make_topics()
    return made


@pytest.fixture(params=[SQLITE_FILE, SQLITE_INLINE, KAFKA])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BusPlace]:
    """Every bus there is."""
    if request.param == "kafka":
        yield await kafka_place(request)
    elif request.param == "sqlite-file":
        yield SqliteFilePlace(tmp_path / "bus.sqlite")
    else:
        with closing(sqlite3.connect(":memory:")) as connection:
            yield SqliteInlinePlace(connection)


@pytest.fixture
async def bus(place: BusPlace) -> AsyncIterator[Bus]:
    """Every bus, open."""
    opened = place.open()
    yield opened
    await opened.close()


@pytest.fixture(params=[SQLITE_FILE, KAFKA])
async def waiting_bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    """Every bus whose poll waits: an inline one can not."""
    file = SqliteFilePlace(tmp_path / "bus.sqlite")
    opened = (await kafka_place(request) if request.param == "kafka" else file).open()
    yield opened
    await opened.close()


@pytest.fixture
async def on_kafka(request: pytest.FixtureRequest) -> KafkaPlace:
    """Topics of one test's own on the broker of this run, for what only Kafka can do."""
    return await kafka_place(request)


@pytest.fixture
async def kafka_bus(place: KafkaPlace) -> AsyncIterator[KafkaBus]:
    """A bus on these topics, by their whole names."""
    opened = KafkaBus(place.cluster, drain_s=DRAIN_S)
    yield opened
    await opened.close()


def record(key: str, value: str | int, topic: str = "leads") -> Record:
    return Record(topic, key, str(value).encode())


def letters(text: str, key: str = "lead-1", topic: str = "leads") -> list[Record]:
    """One record for each letter, all with one key."""
    return [record(key, letter, topic) for letter in text]


def values(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.record.value.decode() for delivery in deliveries]


async def take(consumer: Consumer, count: int) -> list[Delivery]:
    """Poll until `count` records came; fails if they do not come in time, or too many do."""
    found: list[Delivery] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            found += await consumer.poll(max_records=500, timeout_s=0.1)
            await asyncio.sleep(0)  # An inline bus never suspends; let the timeout see the clock.
    assert len(found) == count
    return found


async def nothing_more(consumer: Consumer) -> bool:
    """Whether there is nothing left to read."""
    return await consumer.poll(max_records=500, timeout_s=QUIET_S) == []
