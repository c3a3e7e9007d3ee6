"""Parking: what can not be handled waits alone, in order, with an owner, until somebody replays it."""

import threading
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Connection, insert, text

from shared.bus.port import Delivery, Record
from shared.contracts.envelope import encode
from shared.contracts.ingest import LeadErased
from shared.runtime.inbox import claim
from shared.runtime.parking import (
    list_parked,
    park,
    replay,
    show_parked,
)
from shared.runtime.tx import Tx
from shared.testing.leads import activity, captured
from tests.service.toy import ANA, BEA, HEARS, Counted, Toy, messaging, open_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


BEHIND = "behind an event of this lead that is parked"


async def test_the_culprit_is_parked_alone_and_its_batch_goes_on(toy: Toy) -> None:
    toy.poison = {"2"}
    for n, lead in ((1, ANA), (2, BEA), (3, ANA)):
        await toy.hear(n, lead)
    await toy.consume()
    assert (await toy.story(ANA), await toy.story(BEA)) == (["1", "3"], [])
    assert await toy.parked() == [("e2", "2 is poison")]


async def test_what_is_parked_has_an_owner_and_a_clock(toy: Toy) -> None:
    toy.poison = {"1"}
    await toy.hear(1)
    await toy.consume()
    [row] = await toy.service.read(list_parked)
    assert row.owner == "maya@acme.example"
    assert row.due_at - row.parked_at == timedelta(hours=4)
    whole = await toy.service.read(lambda tx: show_parked(tx, row.id))
    assert whole is not None
    assert b'"n":1' in whole.value
    assert len(await toy.parked()) == 1


async def test_later_events_of_the_same_lead_queue_behind_it(toy: Toy) -> None:
    toy.poison = {"1"}
    await toy.hear(1)
    await toy.consume()
    await toy.hear(2)
    await toy.consume()
    assert await toy.story() == []
    assert await toy.parked() == [("e1", "1 is poison"), ("e2", BEHIND)]


async def test_later_events_of_the_same_batch_queue_behind_it_too(toy: Toy) -> None:
    await toy.publish(b"no event", ANA)
    await toy.hear(2)
    await toy.consume()
    assert await toy.story() == []
    assert [reason for _, reason in await toy.parked()][1] == BEHIND


@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
async def test_what_another_process_parks_while_we_wait_for_it_holds_up_what_comes_after_it(toy: Toy) -> None:
    await toy.hear(1)
    await toy.hear(2)
    claimed = threading.Event()

    def elsewhere(conn: Connection) -> None:
        tx = toy.service.begin(conn)
        claim(tx, ["e1"])
        claimed.set()
        while not conn.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
            time.sleep(0.01)  # Until somebody waits for us.
        park(tx, Delivery(Record(HEARS, ANA, b"{}"), 0, 0), "e1", "toy.counted", "1 is poison here")

    other = threading.Thread(target=toy.database.tx_inline, args=(elsewhere,))
    other.start()
    claimed.wait()
    await toy.consume()
    other.join()
    assert await toy.story() == []
    assert await toy.parked() == [("e1", "1 is poison here"), ("e2", BEHIND)]


async def test_a_tombstone_passes_what_is_parked(toy: Toy) -> None:
    toy.poison = {"1"}
    await toy.hear(1)
    await toy.hear_the_end()
    await toy.consume()
    assert await toy.story() == ["end"]


async def test_of_an_erased_lead_nothing_stays_parked(toy: Toy) -> None:
    toy.poison = {"1", "3"}
    await toy.hear(1)
    await toy.hear(3, BEA)
    await toy.consume()
    await toy.hear(2)
    await toy.publish(b"no event", ANA)
    await toy.hear_the_end(event=LeadErased())
    await toy.consume()
    assert await toy.parked() == [("e3", "3 is poison")]
    await toy.hear(4)
    await toy.consume()
    assert await toy.story() == ["end", "4"]


async def test_of_an_ended_lead_that_is_not_erased_everything_stays_parked(toy: Toy) -> None:
    toy.poison = {"1"}
    await toy.hear(1)
    await toy.consume()
    await toy.hear_the_end()
    await toy.consume()
    assert await toy.parked() == [("e1", "1 is poison")]


async def test_an_error_of_sql_parks_nothing_and_is_tried_again(toy: Toy) -> None:
    def broken(tx: Tx, _: object) -> None:
        tx.conn.execute(text("SELECT * FROM a_table_that_is_not_migrated_yet"))

    heal, toy.service.on_events = toy.service.on_events, broken
    await toy.hear(1)
    with pytest.raises(Exception, match="a_table_that_is_not_migrated_yet"):
        await toy.consume()
    assert await toy.parked() == []
    toy.service.on_events = heal
    await toy.consume()
    assert await toy.story() == ["1"]


async def test_a_value_that_is_no_instant_is_parked(toy: Toy) -> None:
    def naive(tx: Tx, _: object) -> None:
        row = {"event_id": "x", "received_at": tx.now.replace(tzinfo=None)}
        tx.conn.execute(insert(messaging.inbox), [row])

    toy.service.on_events = naive
    await toy.hear(1)
    await toy.consume()
    [(_, reason)] = await toy.parked()
    assert "a datetime without a zone is not an instant" in reason


# ---- what nobody understands


async def test_bytes_that_are_no_event_are_parked_under_their_place(toy: Toy) -> None:
    await toy.publish(b"\xff", "anything")
    await toy.consume()
    [(place, reason)] = await toy.parked()
    assert place.startswith("baton.ingest/")
    assert reason.startswith("not an event")


async def test_a_strange_id_or_key_is_parked_and_holds_nobody_up(toy: Toy) -> None:
    strange = {"source": "ingest", "time": toy.clock.now()}
    for id, subject in (("i" * 201, "x"), ("nul\x00", "x"), ("x", "nul\x00")):
        await toy.publish(encode(id, Counted(n=1), subject=subject, **strange), "k\x00" + "e" * 300)
    await toy.hear(2)
    await toy.consume()
    assert len(await toy.parked()) == 3
    assert await toy.story() == ["2"]


async def test_a_lead_id_that_no_table_can_hold_is_parked(toy: Toy) -> None:
    await toy.hear(1, "l" * 65)
    await toy.hear(2)
    await toy.consume()
    [(_, reason)] = await toy.parked()
    assert reason.endswith("at most 64 characters")
    assert await toy.story() == ["2"]


async def test_a_contract_that_nobody_knows_is_parked_until_a_version_does(toy: Toy) -> None:
    toy.service.reads = {}
    await toy.hear(1)
    await toy.consume()
    assert [reason for _, reason in await toy.parked()] == ["a contract nobody knows: toy.counted.v1"]
    assert (await replay(toy.service, ANA))[0] == 0
    toy.service.reads = {"toy.counted.v1": Counted}
    assert await replay(toy.service, ANA) == (1, None)
    assert await toy.story() == ["1"]


@pytest.mark.parametrize("headers", [(), (("ce_type", b"lead.captured.v1"),)])
async def test_what_is_for_others_is_skipped_with_or_without_its_header(
    toy: Toy, headers: tuple[tuple[str, bytes], ...]
) -> None:
    event = captured(first=activity())
    value = encode("e1", event, source="ingest", subject=ANA, time=toy.clock.now())
    await toy.publish(value, ANA, headers)
    assert await toy.consume() == 1
    assert await toy.parked() == []
    assert await toy.rows("inbox") == []


async def test_why_something_is_parked_is_counted_in_few_words_and_once(toy: Toy) -> None:
    def count(reason: str) -> float:
        labels = {"service": "toy", "reason": reason}
        return REGISTRY.get_sample_value("baton_parked_total", labels) or 0.0

    words = ("not understood", "not possible", "behind another")
    before = {word: count(word) for word in words}
    toy.poison = {"2"}
    await toy.publish(b"no event", "x")
    for n in (2, 3, 4):
        await toy.hear(n)
    await toy.consume()
    assert {word: count(word) - before[word] for word in words} == dict(zip(words, (1, 1, 2), strict=True))


async def test_handled_events_are_counted_once(toy: Toy) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("baton_events_handled_total", {"service": "toy"}) or 0.0

    before = count()
    toy.poison = {"2"}
    for n, lead in ((1, ANA), (2, BEA), (3, ANA), (3, ANA)):
        await toy.hear(n, lead)
    await toy.consume()
    assert count() == before + 2
