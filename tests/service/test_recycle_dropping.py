"""No version of the agreement takes a track or a desk away from leads."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.recycle.handlers import still_held
from shared.agreement import Agreement
from shared.contracts.ingest import ConsentChanged, LeadErased
from shared.terms import Consent
from shared.testing.leads import captured
from tests.service.recycle_place import Place
from tests.unit.recycle_lead import AGREEMENT, not_qualified


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


def without(*names: str) -> Agreement:
    tracks = {name: track for name, track in AGREEMENT.tracks.items() if name not in names}
    desks = {name: desk for name, desk in AGREEMENT.desks.items() if name not in names}
    return replace(AGREEMENT, tracks=tracks, desks=desks)


async def test_a_track_that_holds_leads_can_not_be_dropped(place: Place) -> None:
    async def held(*names: str) -> list[str]:
        return await place.service.read(lambda tx: still_held(tx, without(*names)))

    assert await held("new") == []
    await place.hear(captured(), not_qualified())
    assert await held() == []
    assert await held("privacy") == []
    [reason] = await held("new")
    assert reason.startswith("it drops the track 'new', which still holds 1 lead: ")
    await place.hear(ConsentChanged(consent=Consent.DENIED))
    assert await held("new") == []
    [reason] = await held("privacy")
    assert reason.startswith("it drops the desk 'privacy', which still holds 1 lead: ")
    await place.hear(LeadErased())
    assert await held("privacy") == []
