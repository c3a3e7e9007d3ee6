"""A look back: every lead once, with all that was recorded of it, page by page."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.contracts.history import Recorded
from shared.terms import Consent, Role
from shared.testing.leads import NOON
from tests.service.ingest_place import IngestPlace, ingest_at

ANA = {"email": "ana@northwind.example", "title": "Director", "consent": "granted", "message": "Call me"}
BEA = {"email": "bea@contoso.example"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def page(ingest: IngestPlace, **asked: str) -> dict[str, Any]:
    answer = await ingest.call("GET", "/v1/history", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def recorded(ingest: IngestPlace, **asked: str) -> dict[str, Recorded]:
    leads = msgspec.convert((await page(ingest, **asked))["leads"], list[Recorded])
    return {lead.email.address if lead.email else "": lead for lead in leads}


async def test_a_lead_comes_with_all_that_it_did_and_what_is_known_of_it_now(ingest: IngestPlace) -> None:
    await ingest.post({"email": ANA["email"]}, "msg_1")
    ingest.clock.advance(timedelta(days=1))
    await ingest.post(ANA, "msg_2")
    [lead] = (await recorded(ingest)).values()
    assert (lead.captured_at, lead.person.title, lead.consent) == (NOON, "Director", Consent.GRANTED)
    assert (lead.source, lead.captured_via) == ("website", "form")
    assert [(one.seq, one.at - NOON) for one in lead.activities] == [
        (1, timedelta(0)),
        (2, timedelta(days=1)),
    ]
    assert all(one.message is None for one in lead.activities)


async def test_what_merged_leads_did_is_the_survivors(
    ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.store.history.PAGE", 1)
    phone = "+351912345678"
    await ingest.post(BEA, "msg_1")
    await ingest.post({"phone": phone}, "msg_2")
    await ingest.post({**BEA, "phone": phone}, "msg_3")
    first = await page(ingest)
    others = await page(ingest, after=first["after"])
    [lead] = msgspec.convert([*first["leads"], *others["leads"]], list[Recorded])
    assert [one.seq for one in lead.activities] == [1, 2, 3]


async def test_an_erased_lead_is_not_there(ingest: IngestPlace) -> None:
    lead = (await ingest.post(ANA, "msg_1")).json()["lead"]
    await ingest.post(BEA, "msg_2")
    await ingest.call("DELETE", f"/v1/leads/{lead}")
    assert list(await recorded(ingest)) == [BEA["email"]]


async def test_only_leads_captured_since_are_there(ingest: IngestPlace) -> None:
    await ingest.post(ANA, "msg_1")
    ingest.clock.advance(timedelta(days=1))
    await ingest.post(BEA, "msg_2")
    await ingest.post(ANA, "msg_3")
    assert list(await recorded(ingest, since="2026-11-03T00:00:00Z")) == [BEA["email"]]


async def test_pages_have_every_lead_once(ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.store.history.PAGE", 2)
    for number in range(5):
        await ingest.post({"email": f"p{number}@northwind.example"}, f"msg_{number}")
    found, after, pages = [], "", 0
    while pages == 0 or after:
        one = await page(ingest, after=after)
        found += [lead["email"]["address"] for lead in one["leads"]]
        after, pages = one["after"] or "", pages + 1
    assert (sorted(found), pages) == ([f"p{number}@northwind.example" for number in range(5)], 3)
    assert one["leads_total"] == 5


async def test_it_says_from_when_on_all_is_there(ingest: IngestPlace) -> None:
    assert (await page(ingest))["complete_from"] is None
    await ingest.post(ANA, "msg_1")
    ingest.clock.advance(timedelta(days=1))
    await ingest.post(BEA, "msg_2")
    assert (await page(ingest))["complete_from"] == "2026-11-02T12:00:00Z"


async def test_a_source_may_not_look_back(ingest: IngestPlace) -> None:
    key = ingest.ring.add("tool", Role.SOURCE)
    assert (await ingest.call("GET", "/v1/history", key=key)).status_code == 403
