"""Timers: set with the state, fired with the effect; once, in order, and never instead of each other."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from shared.effects import CancelTimer, Say, SetTimer
from shared.runtime.parking import replay
from shared.runtime.timers import fire_once, next_due
from shared.testing.leads import NOON
from tests.service.toy import ANA, BEA, CLEO, Counted, PowerCut, Toy, open_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


def at(minutes: float, purpose: str = "wake") -> SetTimer:
    return SetTimer(purpose, NOON + timedelta(minutes=minutes))


async def test_a_timer_fires_once_when_it_is_due_and_not_before(toy: Toy) -> None:
    await toy.do(ANA, at(10))
    assert await fire_once(toy.service) == 0
    toy.pass_time(minutes=10)
    assert await fire_once(toy.service) == 1
    assert await fire_once(toy.service) == 0
    assert await toy.story() == ["wake"]


async def test_a_timer_carries_its_payload_and_the_hop_of_what_set_it(toy: Toy) -> None:
    toy.asks["1"] = [SetTimer("wake", NOON, {"step": 3})]
    toy.asks["wake"] = [Say(Counted(n=2))]
    await toy.hear(1, hop=4, traceparent="00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
    await toy.consume()
    [row] = await toy.rows("timers")
    assert (row.payload, row.hop) == ({"step": 3}, 4)
    await fire_once(toy.service)
    [said] = await toy.rows("outbox")
    assert b'"hop":5' in said.value
    assert said.traceparent.startswith("00-0123456789abcdef0123456789abcdef-")


async def test_a_timer_of_the_same_purpose_replaces_the_earlier_one(toy: Toy) -> None:
    await toy.do(ANA, at(10), at(10, "other"))
    await toy.do(ANA, at(30))
    toy.pass_time(minutes=20)
    assert await fire_once(toy.service) == 1
    assert await toy.story() == ["other"]
    assert [row.due_at for row in await toy.rows("timers")] == [NOON + timedelta(minutes=30)]


async def test_a_cancelled_timer_never_fires(toy: Toy) -> None:
    await toy.do(ANA, at(10))
    await toy.do(BEA, at(10))
    await toy.do(ANA, CancelTimer("wake"))
    toy.pass_time(minutes=10)
    await fire_once(toy.service)
    assert (await toy.story(ANA), await toy.story(BEA)) == ([], ["wake"])


async def test_set_and_cancelled_in_one_transaction_is_cancelled(toy: Toy) -> None:
    await toy.do(ANA, at(1), CancelTimer("wake"))
    assert await toy.rows("timers") == []


async def test_a_firing_timer_may_set_itself_again(toy: Toy) -> None:
    toy.asks["wake"] = [at(20)]
    await toy.do(ANA, at(10))
    toy.pass_time(minutes=10)
    await fire_once(toy.service)
    assert [row.due_at for row in await toy.rows("timers")] == [NOON + timedelta(minutes=20)]


async def test_after_a_pause_all_due_timers_of_a_lead_fire_together_in_order(toy: Toy) -> None:
    for purpose, minutes in (("third", 30), ("first", 10), ("second", 20), ("later", 90)):
        await toy.do(ANA, at(minutes, purpose), cause=purpose)
    toy.pass_time(hours=1)
    assert await fire_once(toy.service, limit=1) == 3
    assert toy.batches == [["first", "second", "third"]]


async def test_timers_of_the_same_instant_fire_in_the_order_in_which_they_were_set(toy: Toy) -> None:
    for purpose in ("c", "a", "b"):
        await toy.do(ANA, at(10, purpose), cause=purpose)
    toy.pass_time(minutes=10)
    await fire_once(toy.service)
    assert await toy.story() == ["c", "a", "b"]


async def test_a_crash_while_firing_fires_again(toy: Toy) -> None:
    await toy.do(ANA, at(0))
    toy.cut_at("commit")
    with pytest.raises(PowerCut):
        await fire_once(toy.service)
    assert await toy.story() == []
    await fire_once(toy.service)
    assert await toy.story() == ["wake"]


async def test_a_poison_timer_is_parked_alone_while_the_others_fire(toy: Toy) -> None:
    toy.poison = {"poison"}
    await toy.do(ANA, at(1, "before"), at(2, "poison"), at(3, "after"))
    await toy.do(BEA, at(2, "wake"))
    toy.pass_time(minutes=5)
    assert await fire_once(toy.service) == 4
    assert (await toy.story(ANA), await toy.story(BEA)) == (["before", "after"], ["wake"])
    assert await toy.parked() == [("toy/timer/2", "poison is poison")]
    assert await toy.rows("timers") == []


async def test_a_parked_timer_fires_when_it_is_replayed(toy: Toy) -> None:
    toy.poison = {"poison"}
    await toy.do(ANA, at(0, "poison"))
    await fire_once(toy.service)
    assert await replay(toy.service, ANA) == (0, "poison is poison")
    toy.poison = set()
    assert await replay(toy.service, ANA) == (1, None)
    assert await toy.story() == ["poison"]


async def test_a_timer_that_sets_itself_for_now_does_not_hold_up_the_others(toy: Toy) -> None:
    toy.poison, toy.asks["again"] = {"poison"}, [at(0, "again")]
    await toy.do(ANA, at(0, "again"))
    await toy.do(BEA, at(0, "poison"))
    await toy.do(CLEO, at(0))
    assert await fire_once(toy.service) == 3
    assert (await toy.story(ANA), await toy.story(CLEO)) == (["again"], ["wake"])


async def test_the_next_instant_is_that_of_the_earliest_timer(toy: Toy) -> None:
    assert await toy.service.read(next_due) is None
    await toy.do(ANA, at(10), at(5, "sooner"))
    assert await toy.service.read(next_due) == NOON + timedelta(minutes=5)


async def test_how_late_timers_fire_is_measured_once_a_timer(toy: Toy) -> None:
    def count() -> float:
        name = "baton_sla_timer_lateness_seconds_count"
        return REGISTRY.get_sample_value(name, {"service": "toy"}) or 0.0

    before = count()
    await toy.do(ANA, at(0), at(0, "other"))
    toy.cut_at("commit")
    with pytest.raises(PowerCut):
        await fire_once(toy.service)
    assert count() == before, "what was rolled back was not fired"
    await fire_once(toy.service)
    assert count() == before + 2
