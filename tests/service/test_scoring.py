"""Scoring whole: a real database, the embedded bus, and what it says."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.agreement import load
from shared.bus.port import Record
from shared.contracts.scoring import LeadQualified
from shared.db.migrate import check
from shared.runtime.consume import consume_once
from shared.runtime.parking import list_parked, replay
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.testing.buses import everything_said, say
from shared.testing.leads import NOON, activity, captured, lead_id
from tests.service.scoring_place import Place


@pytest.fixture
async def scoring(database_url: str) -> AsyncIterator[Service]:
    place = Place(database_url, load(Path("agreements/starter.yaml")))
    yield place.service
    await place.close()


async def turn(service: Service) -> None:
    """Handle what waits, then say what there is to say. A new consumer each time: only commits are kept."""
    consumer = await service.bus.subscribe(service.hears, service.name)
    while await consume_once(service, consumer, timeout_s=0):
        pass
    await consumer.close()
    await Relay(service, "test").relay_once()


async def test_a_captured_lead_is_scored_and_the_offer_is_published(scoring: Service) -> None:
    await say(scoring.bus, captured(first=activity(1, "demo_requested")), lead_id(), id="e1", at=NOON)
    await turn(scoring)
    [event] = [e for e in await everything_said(scoring.bus) if isinstance(e.event, LeadQualified)]
    assert event.lead == lead_id()
    assert event.hop == 1
    assert event.agreement == "starter@1"


async def test_a_receipt_is_said_once(scoring: Service) -> None:
    await say(scoring.bus, captured(first=activity(1, "demo_requested")), lead_id(), id="e1", at=NOON)
    await turn(scoring)
    [said] = [one.event for one in await everything_said(scoring.bus) if isinstance(one.event, LeadQualified)]
    assert said.receipt.fast_lane is not None
    assert said.snapshot.receipt is None


async def test_the_same_event_again_changes_nothing(scoring: Service) -> None:
    for _ in range(2):
        await say(scoring.bus, captured(), lead_id(), id="e1", at=NOON)
        await turn(scoring)
    assert len([e for e in await everything_said(scoring.bus) if e.source == "scoring"]) == 1


async def test_bytes_that_are_no_event_are_parked_and_the_rest_goes_on(scoring: Service) -> None:
    await scoring.bus.publish([Record("baton.ingest", "x", b"\xff not json")])
    await say(scoring.bus, captured(), lead_id(), id="e1", at=NOON)
    await turn(scoring)
    [parked] = await scoring.read(list_parked)
    assert "not an event" in parked.reason
    assert parked.owner == "maya@acme.example"
    assert [e.lead for e in await everything_said(scoring.bus, topics=["baton.scoring"])] == [lead_id()]


async def test_what_comes_after_a_parked_event_waits_behind_it_and_replay_keeps_the_order(
    scoring: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = scoring.on_events

    def fails(tx: object, events: object) -> None:
        raise ValueError("a rule that nobody thought of")

    scoring.on_events = fails  # type: ignore[assignment]  # a deliberately broken handler
    await say(scoring.bus, captured("ana"), lead_id("ana"), id="e1", at=NOON)
    await turn(scoring)
    scoring.on_events = broken
    await say(scoring.bus, captured("bea"), lead_id("bea"), id="e2", at=NOON)
    await say(scoring.bus, captured("ana", first=activity(2)), lead_id("ana"), id="e3", at=NOON)
    await turn(scoring)
    assert [row.event_id for row in await scoring.read(list_parked)] == ["e1", "e3"]
    assert await replay(scoring, lead_id("ana")) == (2, None)
    assert await scoring.read(list_parked) == []


async def test_the_migrations_say_what_the_tables_say(scoring: Service) -> None:
    await scoring.database.tx(lambda conn: check(conn, "scoring"))
