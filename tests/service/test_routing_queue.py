"""A team's queue: it holds what nobody can take, gives it out when somebody can, and its deputy answers."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from services.routing import handlers
from services.routing.domain.steps.fire import give_out
from services.routing.store.leads import waiting_in
from shared.contracts.routing import LeadAssigned, RoutingEvent
from shared.effects import CommandRefused, FiredTimer
from shared.testing.leads import NOON, heard, lead_id
from tests.service.routing_place import RoutingPlace, at_acme, qualified, routing_at


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def test_nobody_is_given_more_than_the_cap_and_the_rest_waits_with_the_deputy(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("a", "b", "c", "d")
    assert Counter([await place.holder(lead) for lead in "abcd"]) == {"bob": 3, "queue of inside": 1}
    [queued] = [a for a in await place.said(LeadAssigned) if a.owner.kind == "queue"]
    assert queued.owner.answers == at_acme("dora")
    assert queued.deadlines[0].name == "queue"
    assert queued.receipt.candidates[0].why_not == "at cap: 3 of 3 open leads"


async def test_a_team_without_anybody_has_a_queue_and_a_new_member_empties_it(place: RoutingPlace) -> None:
    await place.offered("a", score=20)
    await place.offered("b", score=90)
    assert await place.holder("a") == "queue of inside"
    await place.team("inside", "bob")
    await place.pass_time(timedelta(0))
    assert [await place.holder("a"), await place.holder("b")] == ["bob", "bob"]
    released = [assigned for assigned in await place.said(LeadAssigned) if assigned.why == "released"]
    assert len(released) == 2


async def test_the_queue_gives_out_the_highest_score_first_when_somebody_has_room(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("a", "b", "c")
    for lead, score in {"low": 10, "high": 90, "middle": 50}.items():
        await place.offered(lead, score=score)
    await place.pass_time(timedelta(0))
    await place.do("reject", "bob", "b", reason="not-a-lead", note="", duplicate_of=None)
    await place.pass_time(timedelta(0))
    assert await place.holder("high") == "bob"
    assert await place.holder("middle") == "queue of inside"


async def test_what_waits_for_a_ruling_is_not_given_out(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    rep = await place.holder()
    await place.do("reject", rep, reason="duplicate", note="", duplicate_of=None)
    assert await place.service.read(lambda tx: waiting_in(tx.conn, "inside", 10)) == []
    decision = give_out(await place.state(), None)  # type: ignore[arg-type]  # it must not even look around
    assert decision.effects == ()


async def test_a_timer_that_the_state_does_not_wait_for_is_moot(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    before = await place.state()
    for purpose, due_at in [("clock", NOON), ("stalled", NOON), ("other", before.waits["clock"])]:
        stale = FiredTimer("timer/0", lead_id("ana"), purpose, due_at, {})
        await place.tx(lambda tx, stale=stale: place.service.on_timers(tx, [stale]))
    await place.turn()
    assert await place.state() == before
    assert len(await place.said(RoutingEvent, "ana")) == 1


async def test_a_batch_gives_out_what_one_by_one_would(new_database: Callable[[str], str]) -> None:
    events = [
        heard(qualified(segment="enterprise" if n % 3 else "other", score=n), f"lead-{n}", id=f"e{n}")
        for n in range(40)
    ]
    owners = []
    for size in (1, 7, 40):
        with routing_at(new_database(f"batch-{size}")) as place:
            await place.team("inside", "bob=1", "cy=2")
            await place.team("enterprise", "di=3", "ed=5", "flo=2")
            for start in range(0, 40, size):
                batch = events[start : start + size]
                await place.tx(lambda tx, batch=batch: handlers.on_events(tx, batch))
            owners.append([await place.holder(f"lead-{n}") for n in range(40)])
    assert owners[0] == owners[1] == owners[2]


async def test_a_deputy_may_take_what_lies_in_the_queue(place: RoutingPlace) -> None:
    await place.offered("ana")
    with pytest.raises(CommandRefused) as refused:
        await place.do("accept", "bob")
    assert refused.value.because == "wrong person"
    await place.do("accept", "dora")
    assert await place.holder() == "dora"
    assert [a.why for a in await place.said(LeadAssigned)] == ["new", "released"]
    assert (await place.state()).accepted
