"""Recycle whole: leads go to nurture and come back, through the database, the bus and a tool."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.recycle import handlers
from services.recycle.store.leads import lead_states
from shared.contracts.ingest import ConsentChanged, LeadErased, OutcomeReported
from shared.contracts.recycle import LeadRecycled, LeadRecycleRefused, LeadReturned
from shared.contracts.routing import LeadWon
from shared.db.migrate import check
from shared.effects import CommandRefused
from shared.runtime.errands import given_up as errands_given_up
from shared.runtime.parking import list_parked
from shared.runtime.service import Answer
from shared.terms import Consent
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.service.recycle_place import Place
from tests.unit.recycle_lead import RITA, assigned, given_up, not_qualified, scored


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


async def test_a_lead_is_given_up_nurtured_and_returned(place: Place) -> None:
    await place.hear(captured(), scored(1, 82), assigned(2, why="new"), given_up())
    assert await place.said(LeadRecycled) == []
    await place.call_tools()
    [taken] = await place.said(LeadRecycled)
    assert taken.event.handover.number == 3
    await place.hear(recorded(2))
    [back] = await place.said(LeadReturned)
    assert back.event.prefer == RITA.answers
    await place.hear(assigned(4), topic="baton.routing")
    await place.call_tools()
    assert place.tool.told == [("start", 2), ("stop", 2)]


async def test_the_tool_is_told_who_it_is_but_only_while_it_is_wanted(place: Place) -> None:
    await place.hear(captured(), given_up())
    place.tool.answer = Answer(False, "503")
    await place.call_tools()
    assert place.tool.heard[0]["email"] == "ana@northwind.example"
    assert place.tool.heard[0]["acknowledge_at"] == f"/v1/nurture/{lead_id()}/acknowledge"
    await place.hear(LeadErased())
    place.clock.advance(timedelta(minutes=1))
    await place.call_tools()
    assert place.tool.told == [("start", 2), ("take back", 2)], "an erased lead is sent to nobody"
    assert "email" not in place.tool.heard[1]


async def test_no_errand_row_holds_anything_personal(place: Place) -> None:
    await place.hear(captured(), given_up())
    place.tool.answer = Answer(False, "404 Not Found", final=True)
    await place.call_tools()
    [row] = await place.read(errands_given_up)
    assert "northwind" not in str(row.body)
    assert len(await place.said(LeadRecycleRefused)) == 1


async def test_without_acknowledgement_in_time_the_lead_is_refused(place: Place) -> None:
    await place.hear(captured(), given_up())
    place.clock.advance(timedelta(minutes=15))
    await place.turn()
    [refused] = await place.said(LeadRecycleRefused)
    assert refused.event.handover.kind == "refuse"
    await place.call_tools()
    await place.call_tools()
    assert place.tool.told == [("take back", 2)], "a start that nobody waits for is not sent"


async def test_an_answer_that_comes_after_the_refusal_is_taken_back(place: Place) -> None:
    async def time_runs_out() -> None:
        place.tool.meanwhile = None
        place.clock.advance(timedelta(minutes=15))
        await place.turn()

    await place.hear(captured(), given_up())
    place.tool.meanwhile = time_runs_out
    await place.call_tools()
    await place.call_tools()
    assert place.tool.told == [("start", 2), ("take back", 2), ("take back", 2)]
    assert len(set(place.tool.keys)) == 3


async def test_a_call_back_is_a_take_and_a_late_one_is_refused(place: Place) -> None:
    await place.hear(captured(), given_up("silent"))
    await place.call_tools()
    assert await place.said(LeadRecycled) == []
    holder = await place.service.tx(lambda tx: handlers.acknowledge(tx, lead_id(), 2))
    assert holder is not None
    assert holder.answers == "noor@acme.example"
    await place.turn()
    assert len(await place.said(LeadRecycled)) == 1
    with pytest.raises(CommandRefused):
        await place.service.tx(lambda tx: handlers.acknowledge(tx, lead_id(), 1))


async def test_a_call_back_about_an_unknown_lead_leaves_nothing_behind(place: Place) -> None:
    with pytest.raises(CommandRefused):
        await place.service.tx(lambda tx: handlers.acknowledge(tx, lead_id("nobody"), 2))
    assert await place.read(lambda tx: lead_states.read(tx.conn, [lead_id("nobody")])) == {}


async def test_a_signal_waits_for_the_earliest_return_and_the_clock_brings_it_back(place: Place) -> None:
    await place.hear(captured(), scored(1, 82), given_up("no-need"))
    await place.call_tools()
    await place.hear(recorded(2))
    assert await place.said(LeadReturned) == []
    place.clock.advance(timedelta(days=30))
    await place.turn()
    assert len(await place.said(LeadReturned)) == 1


async def test_the_same_events_again_change_nothing(place: Place) -> None:
    await place.hear(captured(), scored(1, 82), given_up("do-not-contact"))
    before = await place.read(lambda tx: lead_states.read(tx.conn, [lead_id()]))
    place.say_again()
    await place.hear(captured(), scored(1, 82), given_up("do-not-contact"))
    assert await place.read(lambda tx: lead_states.read(tx.conn, [lead_id()])) == before
    assert len(await place.said(LeadRecycled)) == 1
    totals = (await place.read(handlers.counts)).totals
    assert (totals["captured"], totals["recycled"]) == (1, 1)


async def test_a_batch_decides_like_one_by_one(place: Place) -> None:
    events = [captured(), not_qualified(), recorded(2), scored(2, 70), ConsentChanged(consent=Consent.DENIED)]
    for event in events:
        await place.hear(event, name="one", topic="baton.ingest")
    for event in events:
        await place.tell(event, name="all", topic="baton.ingest")
    await place.turn()
    states = await place.read(lambda tx: lead_states.read(tx.conn, [lead_id("one"), lead_id("all")]))
    one, together = states[lead_id("one")], states[lead_id("all")]
    assert (one.custody, one.memory) == (together.custody, together.memory)
    assert one.journey.number == together.journey.number
    owners = [await place.read(lambda tx, n=n: handlers.owners(tx, lead_id(n))) for n in ("one", "all")]
    assert [o.holder for o in owners[0]] == [o.holder for o in owners[1]]


async def test_a_deal_closes_what_is_in_nurture(place: Place) -> None:
    await place.hear(captured(), not_qualified())
    await place.hear(OutcomeReported(outcome="won", happened_at=NOON))
    [won] = await place.said(LeadWon)
    assert won.event.handover.number == 3
    summary = await place.read(handlers.summary)
    assert (summary.captured, summary.held, summary.closed) == (1, 0, 1)


async def test_nothing_is_parked_on_the_way(place: Place) -> None:
    await place.hear(captured(), not_qualified(), recorded(2), scored(2, 70), assigned(3), LeadErased())
    assert await place.read(list_parked) == []


async def test_the_migrations_say_what_the_tables_say(place: Place) -> None:
    await place.database.tx(lambda conn: check(conn, "recycle"))
