"""What any bus promises about groups: each hears everything, at least once, shared by its consumers."""

import asyncio

import pytest

from shared.bus.port import Bus, BusUnavailable, Consumer, Delivery
from tests.contract import bus_suite
from tests.contract.bus_suite import BusPlace, letters, nothing_more, record, take, values

place, bus = bus_suite.place, bus_suite.bus

HUNDRED = [record(f"lead-{number}", number) for number in range(100)]


def sources(deliveries: list[Delivery]) -> set[tuple[str, int]]:
    return {(delivery.record.topic, delivery.partition) for delivery in deliveries}


async def share(consumers: list[Consumer], count: int) -> list[list[Delivery]]:
    """Poll all of them until `count` records came; what each got."""
    found: list[list[Delivery]] = [[] for _ in consumers]
    async with asyncio.timeout(bus_suite.PATIENCE_S):
        while sum(map(len, found)) < count:
            for consumer, mine in zip(consumers, found, strict=True):
                mine += await consumer.poll(max_records=500, timeout_s=0.05)
            await asyncio.sleep(0)
    return found


async def test_every_group_gets_everything(bus: Bus) -> None:
    scoring = await bus.subscribe(["leads"], "scoring")
    routing = await bus.subscribe(["leads"], "routing")
    await bus.publish(letters("abc"))
    assert values(await take(scoring, 3)) == ["a", "b", "c"]
    await scoring.commit()
    assert values(await take(routing, 3)) == ["a", "b", "c"]


async def test_a_new_group_starts_at_the_beginning(bus: Bus) -> None:
    await bus.publish(letters("abc"))
    old = await bus.subscribe(["leads"], "scoring")
    await take(old, 3)
    await old.commit()
    new = await bus.subscribe(["leads"], "recycle")
    assert values(await take(new, 3)) == ["a", "b", "c"]


async def test_what_was_not_committed_comes_again_to_the_next_consumer(bus: Bus) -> None:
    await bus.publish(letters("abc"))
    first = await bus.subscribe(["leads"], "scoring")
    await take(first, 3)
    await first.close()
    second = await bus.subscribe(["leads"], "scoring")
    assert values(await take(second, 3)) == ["a", "b", "c"]


async def test_what_was_committed_does_not_come_again(bus: Bus) -> None:
    await bus.publish(letters("abc"))
    first = await bus.subscribe(["leads"], "scoring")
    await take(first, 3)
    await first.commit()
    await bus.publish(letters("d"))
    await take(first, 1)
    await first.close()
    second = await bus.subscribe(["leads"], "scoring")
    assert values(await take(second, 1)) == ["d"]
    assert await nothing_more(second)


async def test_a_commit_outlives_the_bus(place: BusPlace) -> None:
    first = place.open()
    await first.publish(letters("abc"))
    consumer = await first.subscribe(["leads"], "scoring")
    assert values(await consumer.poll(max_records=2, timeout_s=1)) == ["a", "b"]
    await consumer.commit()
    await consumer.poll(max_records=2, timeout_s=1)
    await first.close()
    second = place.open()
    again = await second.subscribe(["leads"], "scoring")
    assert values(await take(again, 1)) == ["c"]
    assert await nothing_more(again)
    await second.close()


async def test_committing_nothing_is_no_error(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await consumer.commit()
    await bus.publish(letters("a"))
    await consumer.commit()
    assert values(await take(consumer, 1)) == ["a"]


async def test_a_rewind_goes_back_to_the_last_commit(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("ab"))
    await take(consumer, 2)
    await consumer.commit()
    await bus.publish(letters("cd"))
    await take(consumer, 2)
    await consumer.rewind()
    assert values(await take(consumer, 2)) == ["c", "d"]


async def test_a_rewind_before_any_commit_goes_back_to_the_beginning(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish(letters("ab"))
    await take(consumer, 2)
    await consumer.rewind()
    assert values(await take(consumer, 2)) == ["a", "b"]


async def test_what_was_forgotten_by_a_rewind_is_not_committed(bus: Bus) -> None:
    await bus.publish(letters("ab"))
    first = await bus.subscribe(["leads"], "scoring")
    await take(first, 2)
    await first.rewind()
    await first.commit()
    await first.close()
    second = await bus.subscribe(["leads"], "scoring")
    assert values(await take(second, 2)) == ["a", "b"]


async def test_two_consumers_share_without_overlap(bus: Bus) -> None:
    consumers: list[Consumer] = [await bus.subscribe(["leads", "reps"], "scoring") for _ in range(2)]
    await share(consumers, 0)
    await bus.publish([*HUNDRED, *(record(one.key, "x", "reps") for one in HUNDRED)])
    left, right = await share(consumers, 200)
    assert sources(left).isdisjoint(sources(right))
    assert len({(d.record.topic, d.record.key) for d in [*left, *right]}) == len([*left, *right]) == 200
    assert min(len(left), len(right)) > 0
    assert [await nothing_more(consumer) for consumer in consumers] == [True, True]


async def test_the_other_consumer_takes_over_when_one_closes(bus: Bus) -> None:
    consumers: list[Consumer] = [await bus.subscribe(["leads"], "scoring") for _ in range(2)]
    await bus.publish(HUNDRED)
    left, right = await share(consumers, 100)
    await consumers[0].commit()
    await consumers[1].close()
    assert {d.record.key for d in await take(consumers[0], len(right))} == {d.record.key for d in right}
    await consumers[0].commit()
    await bus.publish(HUNDRED)
    assert sources(await take(consumers[0], 100)) == sources(left) | sources(right)


async def test_a_consumer_that_joins_gets_a_share_of_what_is_not_committed(bus: Bus) -> None:
    first = await bus.subscribe(["leads"], "scoring")
    await bus.publish(HUNDRED)
    await take(first, 100)
    second = await bus.subscribe(["leads"], "scoring")
    left, right = await share([first, second], 100)
    assert sources(left).isdisjoint(sources(right))
    assert {d.record.key for d in [*left, *right]} == {one.key for one in HUNDRED}
    assert left
    assert right


async def test_a_late_commit_of_lost_partitions_loses_nothing(bus: Bus) -> None:
    first = await bus.subscribe(["leads"], "scoring")
    await bus.publish(HUNDRED)
    await take(first, 50 + 50)
    second = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(one.key, "late") for one in HUNDRED])
    await first.commit()
    left, right = await share([first, second], 100)
    late = [d for d in [*left, *right] if d.record.value == b"late"]
    while len(late) < 100:
        late += [d for mine in await share([first, second], 1) for d in mine if d.record.value == b"late"]
    assert {d.record.key for d in late} == {one.key for one in HUNDRED}


async def test_more_consumers_than_partitions_do_no_harm(bus: Bus) -> None:
    consumers: list[Consumer] = [await bus.subscribe(["leads"], "scoring") for _ in range(6)]
    await bus.publish(HUNDRED)
    found = await share(consumers, 100)
    assert {d.record.key for mine in found for d in mine} == {one.key for one in HUNDRED}
    assert sum(map(len, found)) == 100


async def test_consumers_of_one_group_may_want_different_topics(bus: Bus) -> None:
    leads = await bus.subscribe(["leads"], "scoring")
    both = await bus.subscribe(["leads", "reps"], "scoring")
    await bus.publish([*HUNDRED, *(record(one.key, "x", "reps") for one in HUNDRED)])
    left, right = await share([leads, both], 200)
    assert {topic for topic, _ in sources(left)} == {"leads"}
    assert len(sources(right)) > len(sources(left))
    assert len({(d.record.topic, d.record.key) for d in [*left, *right]}) == 200


async def test_the_lag_counts_what_is_not_done(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads", "reps"], "scoring")
    assert await consumer.lag() == {"leads": 0, "reps": 0}
    await bus.publish([*HUNDRED, record("rep-1", 1, "reps")])
    assert await consumer.lag() == {"leads": 100, "reps": 1}
    polled = await consumer.poll(max_records=40, timeout_s=1)
    assert await consumer.lag() == {"leads": 100, "reps": 1}, "a batch in work is not done"
    await consumer.commit()
    assert sum((await consumer.lag()).values()) == 101 - len(polled)
    await take(consumer, 101 - len(polled))
    await consumer.rewind()
    assert sum((await consumer.lag()).values()) == 101 - len(polled)
    await take(consumer, 101 - len(polled))
    await consumer.commit()
    assert await consumer.lag() == {"leads": 0, "reps": 0}


async def test_a_busy_partition_does_not_hold_up_the_others(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads", "reps"], "scoring")
    await bus.publish([record("lead-1", n) for n in range(1_000)])
    await bus.publish([record("rep-1", "waits", "reps")])
    await asyncio.sleep(0.3)  # What is on its way over the network has come.
    for _ in range(3):
        polled = await consumer.poll(max_records=1, timeout_s=1)
        if values(polled) == ["waits"]:
            break
    else:
        pytest.fail("three polls of one record, and the quiet topic's only record was in none")


async def test_a_closed_consumer_says_so_and_closes_twice(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await consumer.close()
    await consumer.close()
    with pytest.raises(BusUnavailable, match="closed"):
        await consumer.poll(max_records=1, timeout_s=0)
    with pytest.raises(BusUnavailable, match="closed"):
        await consumer.commit()
