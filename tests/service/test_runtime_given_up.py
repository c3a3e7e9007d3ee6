"""Errands that were given up: listed page by page, tried once more, or dropped, and then the log says why."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from shared.runtime.errands import drop, errands_once, given_up, try_again
from shared.runtime.service import Answer
from tests.service.test_runtime_errands import YES, answers, send
from tests.service.toy import Toy, open_toy

REFUSED = Answer(False, "404", final=True)


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


async def test_given_up_it_may_be_tried_once_more_or_dropped(toy: Toy) -> None:
    answers(toy, REFUSED, REFUSED, YES)
    await send(toy)
    await send(toy, "k2")
    await errands_once(toy.service)
    [first, second] = await toy.service.read(given_up)
    assert await toy.service.tx(lambda tx: try_again(tx, first.id))
    assert not await toy.service.tx(lambda tx: try_again(tx, first.id)), "it is under way"
    assert not await dropped(toy, first.id)
    with capture_logs() as log:
        assert await dropped(toy, second.id)
        assert not await dropped(toy, second.id)
        assert not await dropped(toy, 10**30)
        assert not await dropped(toy, -(10**30))
    assert [(line["event"], line["by"], line["because"]) for line in log] == [
        ("errand dropped", "op", "too late")
    ]
    await errands_once(toy.service)
    assert await toy.rows("errands") == []
    assert toy.answers[-1] == ("k1", True, "200 OK")


async def dropped(toy: Toy, errand: int) -> bool:
    return await toy.service.tx(lambda tx: drop(tx, errand, by="op", because="too late"))


async def test_what_was_given_up_is_listed_page_by_page(toy: Toy) -> None:
    answers(toy, REFUSED)
    for key in ("k1", "k2", "k3"):
        await send(toy, key)
    await errands_once(toy.service)
    page = await toy.service.read(lambda tx: given_up(tx, limit=2))
    rest = await toy.service.read(lambda tx: given_up(tx, after=page[-1].id, limit=2))
    assert [row.key for row in (*page, *rest)] == ["k1", "k2", "k3"]
    assert await toy.service.read(lambda tx: given_up(tx, after=10**30)) == []
