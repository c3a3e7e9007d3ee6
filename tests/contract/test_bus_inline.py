"""What the simulation needs of the embedded bus: coroutines that never suspend, and a crash it outlives."""

import gc
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import closing
from typing import Any, TypeVar

import pytest

from shared.bus.port import BusUnavailable, Consumer
from shared.bus.sqlite import SqliteBus
from shared.testing.leads import NOON
from tests.contract.bus_suite import letters, record, values

pytestmark = pytest.mark.sqlite

T = TypeVar("T")


def by_hand(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine without an event loop; one that suspends fails the test."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise AssertionError("the coroutine suspended")


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def poll(consumer: Consumer, max_records: int = 500) -> list[str]:
    return values(by_hand(consumer.poll(max_records=max_records, timeout_s=60)))


def test_everything_works_by_hand_without_an_event_loop(memory: sqlite3.Connection) -> None:
    bus = SqliteBus(connection=memory, inline=True, keep_records=1)
    first, second = [by_hand(bus.subscribe(["leads"], "scoring")) for _ in range(2)]
    assert poll(first) == []
    by_hand(bus.publish(letters("abc")))
    assert poll(first) + poll(second) == ["a", "b", "c"]
    by_hand(first.rewind())
    by_hand(second.rewind())
    by_hand(first.close())
    assert by_hand(second.lag()) == {"leads": 3}
    assert poll(second) == ["a", "b", "c"]
    by_hand(second.commit())
    assert by_hand(bus.prune(NOON)) == 2
    by_hand(bus.close())
    with pytest.raises(BusUnavailable):
        by_hand(bus.publish(letters("d")))


def test_an_inline_file_works_by_hand_too(tmp_path: Any) -> None:
    for expected in ("a", "ab"):
        bus = SqliteBus(str(tmp_path / "bus.sqlite"), inline=True)
        by_hand(bus.publish(letters(expected[-1])))
        assert poll(by_hand(bus.subscribe(["leads"], f"group-{expected}"))) == list(expected)
        by_hand(bus.close())


def test_a_crash_loses_what_was_not_committed_and_nothing_else(memory: sqlite3.Connection) -> None:
    bus: SqliteBus | None = SqliteBus(connection=memory, inline=True)
    assert bus is not None
    by_hand(bus.publish(letters("abc")))
    consumer: Consumer | None = by_hand(bus.subscribe(["leads"], "scoring"))
    assert consumer is not None
    assert poll(consumer, 1) == ["a"]
    by_hand(consumer.commit())
    assert poll(consumer, 1) == ["b"]
    bus = consumer = None
    gc.collect()
    again = SqliteBus(connection=memory, inline=True)
    by_hand(again.publish(letters("d")))
    assert poll(by_hand(again.subscribe(["leads"], "scoring"))) == ["b", "c", "d"]


def test_a_transaction_that_a_crash_left_open_is_rolled_back(memory: sqlite3.Connection) -> None:
    bus = SqliteBus(connection=memory, inline=True)
    by_hand(bus.publish(letters("a")))
    memory.execute("BEGIN IMMEDIATE")
    memory.execute("UPDATE bus_records SET value = 'half done'")
    again = SqliteBus(connection=memory, inline=True)
    by_hand(again.publish(letters("b")))
    assert poll(by_hand(again.subscribe(["leads"], "scoring"))) == ["a", "b"]


def test_closing_leaves_a_given_connection_open(memory: sqlite3.Connection) -> None:
    by_hand(SqliteBus(connection=memory, inline=True).close())
    assert memory.execute("SELECT 1").fetchone() == (1,)


def test_the_same_calls_give_the_same_deliveries() -> None:
    def run() -> list[tuple[str, int, int]]:
        bus = SqliteBus(inline=True)
        consumers = [by_hand(bus.subscribe(["reps", "leads"], "scoring")) for _ in range(3)]
        seen: list[tuple[str, int, int]] = []
        for step in range(20):
            topic = ("leads", "reps")[step % 2]
            by_hand(bus.publish([record(f"lead-{n}", step, topic) for n in range(7)]))
            for consumer in consumers:
                batch = by_hand(consumer.poll(max_records=2, timeout_s=0))
                seen += [(d.record.topic, d.partition, d.offset) for d in batch]
        by_hand(bus.close())
        return seen

    assert run() == run()
    assert len(run()) > 60
