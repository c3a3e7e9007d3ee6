"""What is parked is handled again in order, or never, as somebody says."""

from collections.abc import AsyncIterator

import pytest

from shared.bus.port import Delivery, Record
from shared.contracts.ingest import LeadErased
from shared.effects import CommandRefused, Say
from shared.runtime.parking import (
    OUTBOX_TOPIC,
    TIMER_TOPIC,
    discard,
    list_parked,
    park,
    replay,
)
from shared.runtime.service import ParkedDelivery
from shared.runtime.tx import Cause, Tx
from tests.service.toy import ANA, HEARS, Counted, Toy, open_toy


@pytest.fixture
async def toy(database_url: str) -> AsyncIterator[Toy]:
    async with open_toy(database_url) as [toy]:
        yield toy


BEHIND = "behind an event of this lead that is parked"


async def test_a_replay_restores_the_order(toy: Toy) -> None:
    toy.poison = {"1"}
    for n in (1, 2, 3):
        await toy.hear(n)
    await toy.consume()
    toy.poison = set()
    assert await replay(toy.service, ANA) == (3, None)
    assert await toy.story() == ["1", "2", "3"]
    assert await toy.parked() == []


async def test_what_is_discarded_holds_nobody_up_any_more(toy: Toy) -> None:
    await toy.publish(b"no event", ANA)
    await toy.hear(2)
    await toy.consume()
    [first, _] = await toy.service.read(list_parked)
    assert await toy.service.tx(lambda tx: discard(tx, first.id, by="ops", because="no event of ours"))
    assert not await toy.service.tx(lambda tx: discard(tx, first.id, by="ops", because="twice"))
    assert await replay(toy.service, ANA) == (1, None)
    assert await toy.story() == ["2"]


async def test_what_only_waits_behind_another_is_not_discarded(toy: Toy) -> None:
    """With the first gone it is as good as any; if it can not be handled then, it has a reason of its own."""
    toy.poison = {"1", "2"}
    await toy.hear(1)
    await toy.hear(2)
    await toy.consume()
    first, second = await toy.service.read(list_parked)
    with pytest.raises(CommandRefused, match="it only waits behind an event of this lead that is parked"):
        await toy.service.tx(lambda tx: discard(tx, second.id, by="ops", because="away with it"))
    assert await toy.service.tx(lambda tx: discard(tx, first.id, by="ops", because="poison"))
    assert (await replay(toy.service, ANA))[0] == 0
    assert await toy.service.tx(lambda tx: discard(tx, second.id, by="ops", because="poison too"))


@pytest.mark.parametrize(
    ("topic", "kind"),
    [(TIMER_TOPIC, "toy.counted"), (OUTBOX_TOPIC, "toy.counted"), (HEARS, LeadErased.name())],
)
async def test_what_is_our_own_duty_can_not_be_discarded(toy: Toy, topic: str, kind: str) -> None:
    delivery = Delivery(Record(topic, ANA, b"{}"), -1, 0)
    await toy.service.tx(lambda tx: park(tx, delivery, "e1", kind, "it is poison"))
    [row] = await toy.service.read(list_parked)
    with pytest.raises(CommandRefused, match="mend what stopped it"):
        await toy.service.tx(lambda tx: discard(tx, row.id, by="ops", because="away with it"))
    assert len(await toy.parked()) == 1


async def test_a_page_begins_after_the_one_before(toy: Toy) -> None:
    toy.poison = {"1", "2", "3"}
    for n in (1, 2, 3):
        await toy.hear(n)
    await toy.consume()
    first, *others = await toy.service.read(list_parked)
    after = await toy.service.read(lambda tx: list_parked(tx, after=first.id, limit=1))
    assert [row.id for row in after] == [others[0].id]
    assert await toy.service.read(lambda tx: list_parked(tx, after=2**70)) == []


async def test_a_replay_that_fails_again_stops_there_and_says_why(toy: Toy) -> None:
    toy.poison = {"2", "3"}
    for n in (1, 2, 3, 4):
        await toy.hear(n)
    await toy.consume()
    toy.poison = {"3"}
    assert await replay(toy.service, ANA) == (1, "3 is poison")
    assert await toy.story() == ["1", "2"]
    assert await toy.parked() == [("e3", "3 is poison"), ("e4", BEHIND)]


async def test_a_replay_of_nothing_does_nothing(toy: Toy) -> None:
    assert await replay(toy.service, ANA) == (0, None)


async def test_what_a_failed_replay_said_is_not_said(toy: Toy) -> None:
    toy.poison = {"1"}
    await toy.hear(1)
    await toy.consume()
    toy.asks["1"] = [Say(Counted(n=5))]

    def says_and_fails(tx: Tx, events: object) -> None:
        toy.happen(tx, ANA, [])
        tx.say(ANA, Counted(n=5), Cause("c"))
        raise KeyError("no such rep")

    toy.service.on_events = says_and_fails
    assert await replay(toy.service, ANA) == (0, "KeyError: 'no such rep'")
    assert await toy.rows("outbox") == []


async def test_what_is_no_event_is_replayed_by_the_service_itself(toy: Toy) -> None:
    seen: list[ParkedDelivery] = []
    record = Record("webhook/form", ANA, b"body")
    await toy.service.tx(
        lambda tx: park(tx, Delivery(record, partition=-1, offset=0), "w1", "webhook", "why")
    )
    toy.service.on_replay = lambda tx, parked: seen.append(parked)
    assert await replay(toy.service, ANA) == (1, None)
    assert [(one.key, one.topic, one.value) for one in seen] == [("w1", "webhook/form", b"body")]


# ---- figures
