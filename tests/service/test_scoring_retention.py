"""Receipts of scores are kept for a set time, each lead's newest for good; mixes while they are compared."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.scoring.domain.drift import KEPT_DAYS, day_of
from services.scoring.handlers import scores
from services.scoring.store.mix import read_mix
from services.scoring.tables import receipts
from shared.contracts.ingest import LeadErased
from shared.effects import CommandRefused
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import AGREEMENT

HISTORY = timedelta(days=400)
DAY = timedelta(days=1)


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


async def idle(place: Place) -> None:
    assert place.service.on_idle is not None
    await place.service.tx(place.service.on_idle)


async def kept(place: Place, name: str = "ana") -> list[int]:
    query = select(receipts.c.number).where(receipts.c.lead_id == lead_id(name)).order_by(receipts.c.number)
    return list(await place.read(lambda tx: tx.conn.execute(query).scalars().all()))


async def scored_daily(place: Place, *, days: int) -> None:
    """A lead whose score is said once a day."""
    await place.hear(captured(first=activity(1, "page_viewed")))
    for day in range(1, days):
        place.clock.at = NOON + day * DAY
        await place.hear(recorded(day + 1, "form_submitted", at=place.clock.at))


async def test_a_receipt_goes_when_its_time_is_over_and_not_before(place: Place) -> None:
    await scored_daily(place, days=3)
    place.clock.at = NOON + HISTORY
    await idle(place)
    assert await kept(place) == [1, 2, 3]
    place.clock.at += timedelta(seconds=1)
    await idle(place)
    assert await kept(place) == [2, 3]


async def test_the_newest_of_each_lead_stays(place: Place) -> None:
    await scored_daily(place, days=3)
    await place.hear(captured("bea"), name="bea")
    place.clock.at = NOON + 3 * HISTORY
    await idle(place)
    assert (await kept(place), await kept(place, "bea")) == ([3], [1])
    assert (await place.read(lambda tx: scores.scored_lead(tx, lead_id())))[1].receipt.number == 3


async def test_what_stayed_goes_when_a_newer_one_is_as_old(place: Place) -> None:
    await scored_daily(place, days=2)
    place.clock.at = again = NOON + 2 * HISTORY
    await idle(place)
    await place.hear(*(recorded(seq, "form_submitted", at=again) for seq in (3, 4)))
    assert await kept(place) == [2, 3, 4]
    place.clock.at = again + HISTORY + DAY
    await idle(place)
    assert await kept(place) == [4]


async def test_a_sweep_looks_at_each_receipt_once_and_a_little_at_a_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scoring.handlers.forgetting.FORGET_MAX", 2)
    await scored_daily(place, days=5)
    place.clock.at = NOON + 2 * HISTORY
    left = []
    for _ in range(4):
        await idle(place)
        left.append(len(await kept(place)))
    assert left == [3, 1, 1, 1]
    looked_at = select(receipts.c.said_at)
    assert await place.read(lambda tx: tx.conn.execute(looked_at).scalars().all()) == [None]


async def test_a_contest_of_what_is_no_longer_kept_says_so_and_names_the_newest(place: Place) -> None:
    await scored_daily(place, days=2)
    place.clock.at = NOON + 2 * HISTORY
    await idle(place)
    first = scores.receipt_name(lead_id(), 1)
    with pytest.raises(CommandRefused, match=rf"{first} is no longer kept: .*; the lead's newest is .*\.2$"):
        await place.service.tx(lambda tx: scores.contest_line(tx, first, "visit", "rita@acme.example", "no"))
    with pytest.raises(CommandRefused, match="there is no receipt"):
        await place.read(lambda tx: scores.receipt(tx, scores.receipt_name(lead_id(), 3)))


async def test_what_was_swept_is_erased_too(place: Place) -> None:
    await scored_daily(place, days=2)
    place.clock.at = NOON + 2 * HISTORY
    await idle(place)
    await place.hear(LeadErased())
    assert await kept(place) == []


async def test_each_lead_counts_once_in_the_mix_until_nobody_compares_its_day(place: Place) -> None:
    await scored_daily(place, days=3)
    await place.hear(captured("bea"), name="bea")
    counted = await place.read(lambda tx: read_mix(tx, AGREEMENT.ref))
    assert sorted(
        (share.day - day_of(NOON), share.by, share.value, leads) for share, leads in counted.items()
    ) == [
        (0, "band", "40-49", 1),
        (0, "grade", "A", 1),
        (2, "band", "50-59", 1),
        (2, "grade", "A", 1),
    ]
    place.clock.at = NOON + (KEPT_DAYS + 1) * DAY
    await idle(place)
    assert {
        share.day - day_of(NOON) for share in await place.read(lambda tx: read_mix(tx, AGREEMENT.ref))
    } == {2}
