"""The inbox: what is delivered again is in effect once."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.runtime.consume import consume_once
from shared.runtime.inbox import KEEP_MIN, claim, forget_old, forgotten_before
from tests.service.toy import ANA, BEA, HEARS, PowerCut, Toy, open_toy, start_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


async def test_an_event_twice_in_one_poll_is_in_effect_once(toy: Toy) -> None:
    await toy.hear(1, id="same")
    await toy.hear(2, id="same")
    assert await toy.consume() == 2
    assert await toy.story() == ["1"]


async def test_a_service_takes_as_many_events_at_once_as_it_says(toy: Toy) -> None:
    for n in range(5):
        await toy.hear(n)
    toy.service.batch_max = 2
    consumer = await toy.bus.subscribe([HEARS], "toy")
    assert [await consume_once(toy.service, consumer, timeout_s=0) for _ in range(3)] == [2, 2, 1]
    await consumer.close()


async def test_an_event_in_two_polls_of_new_consumers_is_in_effect_once(toy: Toy) -> None:
    for n in (1, 2):
        await toy.hear(n, id="same")
        await toy.consume()
    assert await toy.story() == ["1"]


async def test_an_event_twice_under_two_keys_is_in_effect_once(toy: Toy) -> None:
    await toy.hear(1, id="same", key="ana")
    await toy.hear(1, id="same", key="elsewhere")
    await toy.consume(max_records=1)
    assert await toy.story() == ["1"]


async def test_a_crash_between_commit_and_offset_changes_nothing(toy: Toy) -> None:
    await toy.hear(1)
    toy.cut_at("handled")
    with pytest.raises(PowerCut):
        await toy.consume()
    assert await toy.story() == ["1"]
    assert await toy.consume() == 1, "the offset was not committed, so it comes again"
    assert await toy.story() == ["1"]


@pytest.mark.parametrize("seam", ["begin", "commit"])
async def test_a_crash_before_the_commit_leaves_nothing_and_it_comes_again(toy: Toy, seam: str) -> None:
    await toy.hear(1)
    toy.cut_at(seam)
    with pytest.raises(PowerCut):
        await toy.consume()
    assert await toy.story() == []
    assert await toy.rows("inbox") == []
    await toy.consume()
    assert await toy.story() == ["1"]


async def test_the_consumer_that_met_an_error_polls_the_same_again(toy: Toy) -> None:
    await toy.hear(1)
    consumer = await toy.bus.subscribe([HEARS], "toy")
    toy.cut_at("commit")
    with pytest.raises(PowerCut):
        await consume_once(toy.service, consumer, timeout_s=0)
    assert await consume_once(toy.service, consumer, timeout_s=0) == 1
    assert await toy.story() == ["1"]


async def test_a_batch_is_handled_in_one_transaction_in_order(toy: Toy) -> None:
    for n in range(20):
        await toy.hear(n, [ANA, BEA][n % 2])
    await toy.consume()
    assert len(toy.batches) == 1
    assert await toy.story(ANA) == [f"{n}" for n in range(0, 20, 2)]
    assert await toy.story(BEA) == [f"{n}" for n in range(1, 20, 2)]


async def test_of_two_processes_that_get_the_same_event_one_handles_it(database_url: str) -> None:
    async with open_toy(database_url, processes=2) as [here, there]:
        await here.hear(1)
        mine = await here.bus.subscribe([HEARS], "toy")
        other = await here.bus.subscribe([HEARS], "toy again")
        await consume_once(here.service, mine, timeout_s=0)
        await consume_once(there.service, other, timeout_s=0)
        assert (here.batches, there.batches) == ([["1"]], [])


# ---- forgetting


async def _old_and_forgotten(toy: Toy) -> None:
    """Event 1 was handled long ago, and its id is forgotten."""
    await toy.hear(1)
    await toy.consume()
    toy.pass_time(days=15)
    assert await toy.service.tx(forget_old) == 1


async def test_a_repeat_of_what_was_forgotten_is_parked_and_not_handled_again(toy: Toy) -> None:
    said_at = toy.clock.now()
    await _old_and_forgotten(toy)
    await toy.hear(1, time=said_at)
    await toy.consume()
    assert await toy.story() == ["1"]
    [(event, reason)] = await toy.parked()
    assert event == "e1"
    assert reason == "said before 2026-11-04: nobody knows whether it was handled then"


async def test_a_tombstone_of_long_ago_passes(toy: Toy) -> None:
    await _old_and_forgotten(toy)
    toy.pass_time(days=-15)
    await toy.hear_the_end()
    toy.pass_time(days=15)
    await toy.consume()
    assert await toy.story() == ["1", "end"]


async def test_what_is_new_is_handled_after_forgetting_as_before(toy: Toy) -> None:
    await _old_and_forgotten(toy)
    await toy.hear(2)
    await toy.consume()
    assert await toy.story() == ["1", "2"]
    assert await toy.parked() == []


async def test_ids_are_forgotten_in_batches_and_young_ones_kept(toy: Toy) -> None:
    for n in range(5):
        await toy.hear(n)
    await toy.consume()
    toy.pass_time(days=13)
    await toy.hear(9)
    await toy.consume()
    toy.pass_time(days=2)
    gone = [await toy.service.tx(lambda tx: forget_old(tx, limit=3)) for _ in range(3)]
    assert gone == [3, 2, 0]
    assert [row.event_id for row in await toy.rows("inbox")] == ["e9", "forgotten before"]


async def test_an_inbox_that_forgets_at_once_is_refused(toy: Toy) -> None:
    with pytest.raises(ValueError, match="2 days"):
        await toy.service.tx(lambda tx: forget_old(tx, keep=timedelta(days=1)))


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=12)])
async def test_also_with_the_shortest_memory_no_repeat_of_what_was_forgotten_is_handled(
    toy: Toy, ahead: timedelta
) -> None:
    said_at = toy.clock.now()
    await toy.hear(1)
    await toy.consume()
    toy.pass_time(seconds=(KEEP_MIN + ahead).total_seconds(), milliseconds=1)
    assert await toy.service.tx(lambda tx: forget_old(tx, keep=KEEP_MIN)) == 1
    toy.pass_time(seconds=-ahead.total_seconds())  # Whoever forgot it was so much ahead.
    mark = await toy.service.read(forgotten_before)
    assert mark is not None
    await toy.hear(1, time=said_at)
    await toy.consume()
    await toy.hear(2, BEA, time=mark - timedelta(milliseconds=1))
    await toy.consume()
    assert (await toy.story(), await toy.story(BEA)) == (["1"], [])


async def test_the_mark_never_goes_back(toy: Toy) -> None:
    await toy.service.tx(lambda tx: claim(tx, ["one", "two"]))
    toy.pass_time(days=15)
    await toy.service.tx(lambda tx: forget_old(tx, keep=timedelta(days=2), limit=1))
    mark = await toy.service.read(forgotten_before)
    assert await toy.service.tx(forget_old) == 1
    assert await toy.service.read(forgotten_before) == mark == toy.clock.now() - timedelta(days=1)


async def test_another_process_knows_what_was_handled(toy: Toy, database_url: str) -> None:
    await toy.hear(1, id="same")
    await toy.consume()
    successor = start_toy(database_url, toy.bus, toy.clock)
    await successor.hear(2, id="same")
    await successor.consume()
    assert await successor.story() == ["1"]
    successor.database.close()
