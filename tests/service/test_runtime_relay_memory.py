"""What a relay keeps in memory spares it the reading, and decides nothing: the table says what goes out."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from shared.bus.port import BusUnavailable
from shared.runtime import relay as relays
from shared.runtime.relay import Relay
from tests.service.test_runtime_relay import picky, published, say
from tests.service.toy import ANA, BEA, Toy, open_toy


@pytest.fixture
async def toys(database_url: str) -> AsyncIterator[list[Toy]]:
    async with open_toy(database_url, processes=2) as toys:
        yield toys


def remembering(toy: Toy) -> Relay:
    """A relay that is told of every commit."""
    relay = toy.relay()
    toy.service.after_commit = lambda tx: relay.remember(tx.outgoing)
    return relay


async def write_over(toy: Toy) -> None:
    """Put something else into every row that waits, so that what is read back can be told apart."""
    outbox = toy.service.messaging.outbox
    await toy.service.tx(lambda tx: tx.conn.execute(update(outbox).values(value=b'{"n":666}')))


async def test_what_was_just_committed_is_not_read_back(toys: list[Toy]) -> None:
    relay = remembering(toys[0])
    await say(toys[0], 1, 2)
    await write_over(toys[0])
    assert await relay.relay_once() == 2
    assert await published(toys[0]) == [1, 2]
    assert await toys[0].rows("outbox") == []


async def test_what_is_no_longer_in_the_table_is_not_published(toys: list[Toy]) -> None:
    relay = remembering(toys[0])
    await say(toys[0], 1, 2)
    outbox = toys[0].service.messaging.outbox
    first = (await toys[0].rows("outbox"))[0].id
    await toys[0].service.tx(lambda tx: tx.conn.execute(outbox.delete().where(outbox.c.id == first)))
    assert await relay.relay_once() == 1
    assert await published(toys[0]) == [2]


async def test_the_order_is_the_tables_whoever_has_said_what(toys: list[Toy]) -> None:
    here, there = toys
    relay = remembering(here)
    for n in range(1, 31):
        await say([here, there][n % 2], n, lead=[ANA, BEA][n % 3 % 2])
    assert await relay.relay_once() == 30
    numbers = await published(here)
    for lead in (0, 1):
        of_lead = [n for n in numbers if n % 3 % 2 == lead]
        assert of_lead == sorted(of_lead)


async def test_what_the_bus_did_not_take_is_still_remembered_and_goes_out_once(toys: list[Toy]) -> None:
    relay = remembering(toys[0])
    await say(toys[0], 1)
    between = picky(toys[0])
    between.gone = True
    with pytest.raises(BusUnavailable):
        await relay.relay_once()
    between.gone = False
    await write_over(toys[0])
    assert await relay.relay_once() == 1
    assert await relay.relay_once() == 0
    assert await published(toys[0]) == [1]


async def test_no_more_is_kept_than_is_soon_published(
    toys: list[Toy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "FRESH_MAX", 3)
    relay = remembering(toys[0])
    await say(toys[0], *range(1, 11))
    assert len(relay._fresh) == 3
    assert await relay.relay_once() == 10
    assert await published(toys[0]) == list(range(1, 11))
    assert not relay._fresh


@pytest.mark.parametrize("more", [(), (2,)])
async def test_what_another_publishes_is_not_kept(toys: list[Toy], more: tuple[int, ...]) -> None:
    here, there = toys
    relay = remembering(here)
    await say(here, 1)
    assert await there.relay("there").relay_once() == 1
    await say(there, *more)
    assert await relay.relay_once() == 0
    assert not relay._fresh
