"""The toy service in real processes: one toy for each, and the table a test waits for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.bus.sqlite import SqliteBus
from shared.runtime.clock import SystemClock
from tests.service.processes import PATIENCE_S
from tests.service.toy import Toy, metadata, start_toy


@contextmanager
def toy_on(url: str) -> Iterator[Toy]:
    """One process's own toy, with threads and a real clock."""
    toy = start_toy(url, SqliteBus(":memory:"), SystemClock(), inline=False)
    toy.service.hears = ()
    yield toy
    toy.database.close()
    asyncio.run(toy.bus.close())


@pytest.fixture
def toy(database_url: str) -> Iterator[Toy]:
    with toy_on(database_url) as toy:
        toy.database.tx_inline(metadata.create_all)
        yield toy


async def until_empty(toy: Toy, table: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await toy.rows(table):  # noqa: ASYNC110  # it asks a database, which tells nobody
            await asyncio.sleep(0.02)
