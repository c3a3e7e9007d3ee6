"""Raw bodies are kept for a set time, what leads did for longer; that a delivery came is known for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.baton import Handover
from shared.contracts.ingest import LeadCaptured
from shared.contracts.routing import LeadWon
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import IngestPlace, ingest_at

KEPT = timedelta(days=90)
HISTORY = timedelta(days=400)
BEA = {"email": "bea@contoso.example"}
ANA = {"email": "ana@northwind.example", "title": "Director"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def idle(ingest: IngestPlace) -> None:
    assert ingest.service.on_idle is not None
    await ingest.service.tx(ingest.service.on_idle)


async def still_there(ingest: IngestPlace) -> int:
    return sum(row.body is not None for row in await ingest.rows("ingest_deliveries"))


async def remembered(ingest: IngestPlace) -> int:
    return sum(row.submission is not None for row in await ingest.rows("ingest_deliveries"))


async def test_a_body_is_forgotten_when_its_time_is_over_and_not_before(ingest: IngestPlace) -> None:
    await ingest.post(ANA, "msg_1")
    ingest.clock.advance(timedelta(days=1))
    await ingest.post(BEA, "msg_2")
    ingest.clock.advance(KEPT - timedelta(days=1))
    await idle(ingest)
    assert await still_there(ingest) == 2
    ingest.clock.advance(timedelta(seconds=1))
    await idle(ingest)
    assert await still_there(ingest) == 1
    ingest.clock.advance(timedelta(days=1))
    await idle(ingest)
    assert await still_there(ingest) == 0
    assert await remembered(ingest) == 2


async def test_what_a_lead_did_is_forgotten_after_its_history_and_not_before(ingest: IngestPlace) -> None:
    await ingest.post(ANA, "msg_1")
    ingest.clock.advance(timedelta(days=1))
    await ingest.post(BEA, "msg_2")
    ingest.clock.advance(HISTORY - timedelta(days=1))
    await idle(ingest)
    assert await remembered(ingest) == 2
    ingest.clock.advance(timedelta(seconds=1))
    await idle(ingest)
    assert await remembered(ingest) == 1
    found = (await ingest.call("GET", "/v1/history")).json()
    assert found["complete_from"] == "2026-11-03T12:00:00Z"
    assert [lead["email"]["address"] for lead in found["leads"]] == [BEA["email"]]


async def test_nothing_raw_outlives_the_history(database_url: str, tmp_path: Path) -> None:
    async with ingest_at(database_url, tmp_path, bodies_kept_days=90, history_days=30) as ingest:
        await ingest.post(ANA, "msg_1")
        ingest.clock.advance(timedelta(days=31))
        await idle(ingest)
        assert (await still_there(ingest), await remembered(ingest)) == (0, 0)


async def test_what_is_forgotten_is_still_a_repeat_and_its_lead_is_still_known(ingest: IngestPlace) -> None:
    lead = (await ingest.post(ANA, "msg_1")).json()["lead"]
    ingest.clock.advance(HISTORY * 2)
    await idle(ingest)
    again = await ingest.post(ANA, "msg_1")
    assert again.json() == {"lead": lead, "repeated": True}
    assert (await ingest.call("GET", f"/v1/leads/{lead}")).json()["email"] == ANA["email"]


async def test_little_is_forgotten_at_a_time(ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.handlers.arriving.FORGET_MAX", 2)
    for number in range(5):
        await ingest.post(ANA, f"msg_{number}")
    ingest.clock.advance(KEPT * 2)
    left = []
    for _ in range(4):
        await idle(ingest)
        left.append(await still_there(ingest))
    assert left == [3, 1, 0, 0]


async def test_a_closing_heard_very_late_takes_what_is_still_known(ingest: IngestPlace) -> None:
    lead = (await ingest.post(ANA, "msg_1")).json()["lead"]
    await ingest.post(ANA, "msg_2")
    ingest.clock.advance(HISTORY * 2)
    await idle(ingest)
    await ingest.post(ANA, "msg_3")
    won = LeadWon(handover=Handover(kind="close", number=3, seen=1), by="rita@acme.example")
    await say(ingest.service.bus, won, lead, id="w1", at=NOON)
    await ingest.hear()
    begun = [e for e in await ingest.said() if isinstance(e.event, LeadCaptured) and e.event.earlier == lead]
    assert len(begun) == 1
