"""What the runtime refuses to write: endless chains, huge events, keys that no table holds."""

from collections.abc import AsyncIterator

import pytest

from shared.contracts.envelope import decode_envelope
from shared.effects import Errand, PolicyError, Say, SetTimer
from shared.runtime.timers import fire_once
from shared.runtime.tx import Cause
from shared.testing.leads import NOON
from tests.service.toy import ANA, Counted, Toy, open_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


async def test_an_event_of_the_last_hop_is_heard_but_causes_no_other(toy: Toy) -> None:
    toy.asks["2"] = [Say(Counted(n=9))]
    await toy.hear(1, hop=64)
    await toy.hear(2, hop=64)
    await toy.consume()
    assert await toy.story() == ["1"]
    assert await toy.parked() == [("e2", "ana: more than 64 events in one chain is a loop")]


async def test_a_chain_through_a_timer_is_counted_too(toy: Toy) -> None:
    toy.asks = {"1": [SetTimer("wake", NOON)], "wake": [Say(Counted(n=9))]}
    await toy.hear(1, hop=64)
    await toy.consume()
    await fire_once(toy.service)
    assert await toy.parked() == [("toy/timer/1", "ana: more than 64 events in one chain is a loop")]


async def test_what_an_event_says_is_one_hop_further(toy: Toy) -> None:
    toy.asks["1"] = [Say(Counted(n=9))]
    await toy.hear(1, hop=63)
    await toy.consume()
    [row] = await toy.rows("outbox")
    assert decode_envelope(row.value).hop == 64


async def test_an_event_of_more_than_256_kib_is_refused_and_parks_its_cause(toy: Toy) -> None:
    toy.asks = {
        "1": [Say(Counted(n=9, text="x" * 256 * 1024))],
        "2": [Say(Counted(n=9, text="x" * 255 * 1024))],
    }
    await toy.hear(1)
    await toy.hear(2, "bea")
    await toy.consume()
    [(event, reason)] = await toy.parked()
    assert event == "e1"
    assert reason.startswith("toy.counted.v1 for ana has 262")
    assert len(await toy.rows("outbox")) == 1


@pytest.mark.parametrize("key", ["k" * 201, "nul\x00"])
async def test_a_key_that_no_table_can_hold_is_refused_on_both_databases(toy: Toy, key: str) -> None:
    for effect in (Say(Counted(n=1), key=key), Errand("tool", "start", key, {})):
        with pytest.raises(PolicyError, match="can not be a key"):
            await toy.do(ANA, effect)


async def test_the_same_cause_says_the_same_ids_and_each_event_its_own(toy: Toy) -> None:
    for _ in range(2):
        await toy.do(ANA, Say(Counted(n=1)), Say(Counted(n=2)), cause="command/x")
    ids = [row.event_id for row in await toy.rows("outbox")]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


async def test_a_read_that_says_something_is_a_mistake(toy: Toy) -> None:
    with pytest.raises(AssertionError, match="use tx"):
        await toy.service.read(lambda tx: tx.say(ANA, Counted(n=1), Cause("c")))


async def test_what_is_done_afterwards_is_done_once_after_the_commit(toy: Toy) -> None:
    done: list[str] = []

    def seam(where: str) -> None:
        if where == "committed":
            done.append("committed")

    toy.database.seam = seam
    await toy.service.tx(lambda tx: tx.afterwards.append(lambda: done.append("afterwards")))
    assert done == ["committed", "afterwards"]
