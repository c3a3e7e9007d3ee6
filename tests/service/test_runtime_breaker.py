"""The breaker: a destination that fails and fails is left alone, and asked again by one call for all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.runtime.breaker import BREAKS_AFTER
from shared.runtime.clock import StillClock
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Answer
from shared.testing.leads import NOON
from tests.service.other_side import OtherSide, other_side


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(StillClock(NOON), allow_private=True)
    yield outgoing
    await outgoing.close()


async def post(outgoing: Outgoing, side: OtherSide) -> Answer:
    return await outgoing.post(side.url, b"{}", key="k1", secret=None)


def pause(outgoing: Outgoing) -> None:
    assert isinstance(outgoing.clock, StillClock)
    outgoing.clock.advance(timedelta(seconds=10))


async def fail(outgoing: Outgoing, side: OtherSide) -> None:
    side.says("500 Oops")
    for _ in range(BREAKS_AFTER):
        assert (await post(outgoing, side)).tried


async def test_a_destination_that_fails_and_fails_is_left_alone_for_a_moment(
    outgoing: Outgoing, side: OtherSide
) -> None:
    await fail(outgoing, side)
    alone = await post(outgoing, side)
    assert alone == Answer(
        False,
        f"127.0.0.1:{side.port} failed 5 times in a row; left alone for a moment",
        retry_after_s=10,
        tried=False,
    )
    assert len(side.requests) == BREAKS_AFTER
    side.says("200 OK")
    pause(outgoing)
    assert (await post(outgoing, side)).delivered
    assert (await post(outgoing, side)).delivered


async def test_after_the_pause_one_call_finds_out_for_all(outgoing: Outgoing, side: OtherSide) -> None:
    await fail(outgoing, side)
    pause(outgoing)
    answers = await asyncio.gather(*(post(outgoing, side) for _ in range(10)))
    assert sum(answer.tried for answer in answers) == 1
    assert len(side.requests) == BREAKS_AFTER + 1


async def test_a_probe_that_is_broken_off_does_not_close_the_way_for_ever(
    outgoing: Outgoing, side: OtherSide
) -> None:
    await fail(outgoing, side)
    pause(outgoing)
    probe = asyncio.create_task(post(outgoing, side))
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    side.says("200 OK")
    assert (await post(outgoing, side)).delivered


async def test_a_wrong_request_says_nothing_about_the_destination(
    outgoing: Outgoing, side: OtherSide
) -> None:
    side.says("404 Not Found")
    for _ in range(BREAKS_AFTER + 1):
        assert (await post(outgoing, side)).tried
