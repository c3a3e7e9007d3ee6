"""What any bus promises about single records: they come, whole, in order, and a bad one harms no other."""

from collections import defaultdict

import pytest

from shared.bus.port import Bus, BusUnavailable, Delivery, Record
from tests.contract import bus_suite
from tests.contract.bus_suite import BusPlace, letters, nothing_more, record, take, values

place, bus = bus_suite.place, bus_suite.bus


async def test_what_is_published_is_delivered(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    assert await bus.publish(letters("abc")) == []
    assert values(await take(consumer, 3)) == ["a", "b", "c"]
    assert await nothing_more(consumer)


async def test_what_was_published_before_anybody_listened_is_delivered(bus: Bus) -> None:
    await bus.publish(letters("abc"))
    consumer = await bus.subscribe(["leads"], "scoring")
    assert values(await take(consumer, 3)) == ["a", "b", "c"]


async def test_a_record_arrives_whole(bus: Bus) -> None:
    sent = Record(
        "leads", "lead-1", bytes(range(256)), (("trace", b"\x00\xff"), ("trace", b""), ("größe", b"1"))
    )
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([sent])
    assert [delivery.record for delivery in await take(consumer, 1)] == [sent]


@pytest.mark.parametrize("key", ["", "Zoë Ångström", "リード", "🏃" * 50, "a\x00b", " ", "e\u0301"])
async def test_any_text_can_be_a_key(bus: Bus, key: str) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(key, 1)])
    assert [delivery.record.key for delivery in await take(consumer, 1)] == [key]


async def test_an_empty_value_is_a_value(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([Record("leads", "lead-1", b"")])
    assert values(await take(consumer, 1)) == [""]


async def test_publishing_nothing_is_no_error(bus: Bus) -> None:
    assert await bus.publish([]) == []


async def test_one_key_keeps_its_order_and_its_partition(bus: Bus) -> None:
    keys = [f"lead-{number}" for number in range(40)]
    for step in range(5):
        await bus.publish([record(key, step) for key in keys])
    consumer = await bus.subscribe(["leads"], "scoring")
    by_key: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in await take(consumer, 200):
        by_key[delivery.record.key].append(delivery)
    assert set(by_key) == set(keys)
    for deliveries in by_key.values():
        assert values(deliveries) == ["0", "1", "2", "3", "4"]
        assert len({delivery.partition for delivery in deliveries}) == 1


async def test_order_holds_within_one_publish_and_over_small_polls(bus: Bus) -> None:
    await bus.publish([record(f"lead-{n % 7}", n) for n in range(70)])
    consumer = await bus.subscribe(["leads"], "scoring")
    found: list[Delivery] = []
    while batch := await consumer.poll(max_records=3, timeout_s=0.1):
        assert len(batch) <= 3
        found += batch
    assert sorted(int(value) for value in values(found)) == list(range(70))
    for key in {delivery.record.key for delivery in found}:
        numbers = [int(d.record.value) for d in found if d.record.key == key]
        assert numbers == sorted(numbers)


async def test_keys_spread_over_partitions(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record(f"lead-{number}", 1) for number in range(400)])
    count: dict[int, int] = defaultdict(int)
    for delivery in await take(consumer, 400):
        count[delivery.partition] += 1
    assert len(count) > 1
    assert min(count.values()) > 400 / len(count) / 2


async def test_offsets_count_up_within_a_topic_and_partition(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads", "reps"], "scoring")
    for step in range(3):
        await bus.publish([record(f"k{n}", step, topic) for n in range(20) for topic in ("leads", "reps")])
    offsets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for delivery in await take(consumer, 120):
        offsets[delivery.record.topic, delivery.partition].append(delivery.offset)
    assert {topic for topic, _ in offsets} == {"leads", "reps"}
    for found in offsets.values():
        assert found == list(range(len(found)))


async def test_a_topic_nobody_asked_for_is_not_delivered(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.publish([record("lead-1", "reps", "reps"), record("lead-1", "leads", "leads")])
    assert values(await take(consumer, 1)) == ["leads"]
    assert await nothing_more(consumer)


async def test_a_record_that_is_too_large_is_refused_alone(bus: Bus) -> None:
    large = Record("leads", "lead-1", b"x" * (1024 * 1024 + 1))
    consumer = await bus.subscribe(["leads"], "scoring")
    refused = await bus.publish([record("lead-1", "a"), large, record("lead-1", "b")])
    assert [refusal.record for refusal in refused] == [large]
    assert "1048583" in refused[0].reason
    assert values(await take(consumer, 2)) == ["a", "b"]
    assert await nothing_more(consumer)


async def test_headers_count_towards_the_size(bus: Bus) -> None:
    heavy = Record("leads", "lead-1", b"x", (("trace", b"y" * 1024 * 1024),))
    assert [refusal.record for refusal in await bus.publish([heavy])] == [heavy]


@pytest.mark.parametrize("topic", ["", "two words", "päth", "x" * 250, "a/b"])
async def test_a_record_for_an_impossible_topic_is_refused_alone(bus: Bus, topic: str) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    refused = await bus.publish([record("lead-1", "a", topic), record("lead-1", "b")])
    assert [refusal.record.topic for refusal in refused] == [topic]
    assert repr(topic) in refused[0].reason
    assert values(await take(consumer, 1)) == ["b"]


async def test_a_key_or_header_that_is_no_text_is_refused_alone(bus: Bus) -> None:
    half = "\ud83d"  # Half of a surrogate pair: what broken JSON from a source can hold.
    consumer = await bus.subscribe(["leads"], "scoring")
    bad = [record(half, 1), Record("leads", "lead-1", b"1", ((half, b""),))]
    refused = await bus.publish([*bad, record("lead-1", "good")])
    assert [refusal.record for refusal in refused] == bad
    assert values(await take(consumer, 1)) == ["good"]


@pytest.mark.parametrize(("topics", "group"), [([], "scoring"), (["leads"], ""), (["two words"], "scoring")])
async def test_a_subscription_that_can_never_work_is_an_error(
    bus: Bus, topics: list[str], group: str
) -> None:
    with pytest.raises(ValueError, match=r"subscription needs|can not be a topic"):
        await bus.subscribe(topics, group)


async def test_records_outlive_the_bus_that_took_them(place: BusPlace) -> None:
    first = place.open()
    await first.publish(letters("abc"))
    await first.close()
    second = place.open()
    await second.publish(letters("de"))
    consumer = await second.subscribe(["leads"], "scoring")
    deliveries = await take(consumer, 5)
    assert values(deliveries) == ["a", "b", "c", "d", "e"]
    assert [delivery.offset for delivery in deliveries] == [0, 1, 2, 3, 4]
    await second.close()


async def test_a_closed_bus_says_so(bus: Bus) -> None:
    consumer = await bus.subscribe(["leads"], "scoring")
    await bus.close()
    await bus.close()
    with pytest.raises(BusUnavailable, match="closed"):
        await bus.publish(letters("a"))
    with pytest.raises(BusUnavailable, match="closed"):
        await bus.subscribe(["leads"], "scoring")
    for call in (consumer.commit, consumer.rewind, consumer.lag):
        with pytest.raises(BusUnavailable, match="closed"):
            await call()
    with pytest.raises(BusUnavailable, match="closed"):
        await consumer.poll(max_records=1, timeout_s=0)
