"""What the ledger keeps: who owned what, the end of a journey, and the counts."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from services.recycle import handlers
from services.recycle.store.story import add_counts, add_up_counts, stages_reached
from services.recycle.tables import story
from shared.baton import Holder
from shared.contracts.ingest import LeadErased, LeadMerged
from shared.contracts.routing import LeadWon, RepChanged
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.testing.leads import INTAKE, NOON, captured, lead_id, recorded
from tests.service.recycle_place import Place
from tests.unit.recycle_lead import RITA, assigned, given_up, scored
from tests.unit.test_recycle_aside import set_aside

OTTO = Holder("rep", "otto@acme.example", "otto@acme.example")
LEFT = RepChanged(person=RITA.answers, active=False, deputy="ines@acme.example")


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


async def figures(place: Place) -> tuple[int, float]:
    summary = await place.read(handlers.summary)
    return summary.leads_without_owner, summary.owner_gap_seconds


# ---- the end of a journey


async def test_every_lead_that_was_captured_is_held_or_has_ended(place: Place) -> None:
    await place.hear(captured("held"), name="held")
    await place.hear(captured("won"), LeadWon(by="rita", handover=given_up().handover), name="won")
    await place.hear(captured("gone"), LeadErased(), name="gone")
    await place.hear(captured("twin"), LeadMerged(survivor=lead_id("held")), name="twin")
    found = await place.read(handlers.summary)
    assert (found.captured, found.held, found.closed, found.erased, found.merged) == (4, 1, 1, 1, 1)


async def test_an_erased_lead_loses_its_story_and_its_rows(place: Place) -> None:
    await place.hear(captured(), scored(1, 82), assigned(2))
    assert len((await place.read(lambda tx: handlers.story(tx, lead_id()))).lines) == 3
    await place.hear(LeadErased())
    await place.hear(recorded(2), assigned(3, OTTO), set_aside(counts_as="partner"))
    story = await place.read(lambda tx: handlers.story(tx, lead_id()))
    assert (story.lines, story.owners, story.journey.ending) == ([], [], "erased")
    assert (story.journey.source, story.journey.counts_as) == (None, None)
    with pytest.raises(CommandRefused) as refused:
        await place.read(lambda tx: handlers.owners(tx, lead_id()))
    assert refused.value.because == "gone"


async def test_an_absorbed_lead_that_is_erased_later_loses_its_story_too(place: Place) -> None:
    await place.hear(captured(), scored(1, 82), LeadMerged(survivor=lead_id("older")), LeadErased())
    story = await place.read(lambda tx: handlers.story(tx, lead_id()))
    assert (story.lines, story.owners, story.journey.ending) == ([], [], "erased")


async def test_the_books_give_back_who_held_a_lead_and_who_answered(place: Place) -> None:
    queue = Holder("queue", "inside", "ines@acme.example")
    await place.hear(captured(), assigned(2, queue))
    owners = await place.read(lambda tx: handlers.owners(tx, lead_id()))
    assert [(one.number, one.holder) for one in owners] == [(1, INTAKE), (2, queue)]


async def test_erasing_before_a_missing_event_is_read_makes_no_gap(place: Place) -> None:
    await place.audit()
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=10))
    await place.hear(assigned(3, OTTO), LeadErased())
    await place.hear(assigned(2))
    await place.audit()
    assert await figures(place) == (0, 0.0)


async def test_a_gap_is_measured_up_to_the_end(place: Place) -> None:
    await place.hear(captured(), assigned(2, why="new"), LEFT)
    place.clock.advance(timedelta(seconds=60))
    await place.hear(LeadMerged(survivor=lead_id("older")))
    await place.audit(after=timedelta(hours=1))
    assert await figures(place) == (0, 60.0)


# ---- counts


async def test_leads_are_counted_and_the_time_from_capture_to_assignment_is_known(place: Place) -> None:
    for number in range(10):
        await place.hear(captured(f"n{number}"), name=f"n{number}")
        place.clock.advance(timedelta(seconds=1 + number))
        await place.hear(assigned(2, why="new"), assigned(3, OTTO, why="reassigned"), name=f"n{number}")
    found = await place.read(handlers.counts)
    assert (found.totals["captured"], found.totals["assigned"], found.totals["reassigned"]) == (10, 10, 10)
    assert found.capture_to_assigned_ms == (6000, 10000)


async def test_counts_are_added_up_without_losing_any(place: Place) -> None:
    def count(tx: Tx) -> None:
        for _ in range(1500):
            add_counts(tx, Counter(captured=1))
        add_up_counts(tx)

    await place.service.tx(count)
    assert (await place.read(handlers.counts)).totals["captured"] == 1500


async def test_who_holds_what_for_want_of_a_better_one(place: Place) -> None:
    queue = Holder("queue", "inside", "ines@acme.example")
    deputy = Holder("rep", "ines@acme.example", "ines@acme.example")
    await place.hear(captured("a"), name="a")
    await place.hear(captured("b"), assigned(2, queue, why="new"), name="b")
    await place.hear(captured("c"), assigned(2, deputy, why="refused by nurture"), name="c")
    await place.hear(captured("d"), assigned(2, why="new"), name="d")
    place.clock.advance(timedelta(seconds=7))
    found = (await place.read(handlers.summary)).fallback
    assert {kind: (one.leads, one.oldest_s) for kind, one in found.items()} == {
        "intake": (1, 7.0),
        "queue": (1, 7.0),
        "deputy": (1, 7.0),
    }
    listed = await place.read(handlers.fallback)
    assert sorted(one.kind for one in listed) == ["deputy", "intake", "queue"]


async def test_the_oldest_offer_shows_until_it_is_answered(place: Place) -> None:
    await place.hear(captured(), assigned(2), given_up("silent"))
    place.clock.advance(timedelta(seconds=9))
    assert (await place.read(handlers.summary)).offer_oldest_s == 9
    await place.service.tx(lambda tx: handlers.acknowledge(tx, lead_id(), 2))
    await place.turn()
    assert (await place.read(handlers.summary)).offer_oldest_s == 0


async def test_stages_are_counted_from_the_index_of_their_lines_alone(place: Place) -> None:
    def plan(tx: Tx) -> str:
        question = stages_reached(NOON, NOON + timedelta(days=90)).compile(tx.conn)
        if tx.conn.dialect.name == "sqlite":
            rows = tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", ("2026-01-01", "2026-03-01"))
        else:
            tx.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = tx.conn.exec_driver_sql(f"EXPLAIN {question}", dict(question.params))
        return "\n".join(str(row) for row in rows)

    def with_much_else(tx: Tx) -> None:
        line = {
            "at": NOON,
            "hop": 0,
            "type": "consent.changed.v1",
            "topic": "ingest",
            "sentence": "much else",
        }
        rows = [{**line, "lead_id": lead_id(), "event_id": f"e{n}"} for n in range(2000)]
        tx.conn.execute(insert(story), rows)
        # Of a story that is as good as empty any index will do.
        tx.conn.exec_driver_sql("ANALYZE recycle_story")

    await place.hear(captured())
    await place.service.tx(with_much_else)
    assert "ix_recycle_story_stages" in await place.read(plan)
