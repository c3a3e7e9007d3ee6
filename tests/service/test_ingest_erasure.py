"""To be forgotten: one person, all their leads, in every column, and no redelivery brings them back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.ingest.domain.sources import sources_from
from services.ingest.store.leads import KeptLead, read_lead
from shared.agreement.building.parts import Interests
from shared.baton import Handover
from shared.bus.port import Delivery, Record
from shared.contracts.ingest import LeadCaptured, LeadErased, LeadMerged
from shared.contracts.routing import LeadClosed, LeadWon
from shared.runtime.parking import OUTBOX_TOPIC, list_parked, park, replay
from shared.terms import LeadId, Role
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import SOURCES, STARTER, IngestPlace, ingest_at

pytestmark = pytest.mark.slow

ADDRESS = "ana@northwind.example"
PHONE = "+351 912 345 678"
ANA = {"email": ADDRESS, "title": "Director"}
BEA = {"email": "bea@contoso.example", "title": "CFO"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def lead_of(ingest: IngestPlace, id: str, **data: str) -> str:
    ingest.clock.advance(timedelta(seconds=1))
    lead: str = (await ingest.post(data, id)).json()["lead"]
    return lead


async def close(ingest: IngestPlace, lead: str, *, seen: int = 100) -> None:
    won = LeadWon(handover=Handover(kind="close", number=3, seen=seen), by="rita@acme.example")
    await say(ingest.service.bus, won, lead, id=f"won {lead}", at=NOON)
    await ingest.hear()


async def erase(ingest: IngestPlace, lead: str) -> int:
    return (await ingest.call("DELETE", f"/v1/leads/{lead}")).status_code


async def erased(ingest: IngestPlace) -> set[str]:
    return {event.lead for event in await ingest.said() if isinstance(event.event, LeadErased)}


async def kept(ingest: IngestPlace, lead: str) -> KeptLead | None:
    return await ingest.service.read(lambda tx: read_lead(tx, LeadId(lead)))


async def test_erasure_leaves_only_the_id(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    assert await erase(ingest, lead) == 204
    assert await kept(ingest, lead) == KeptLead(None, "erased", None)
    assert (await ingest.call("GET", f"/v1/leads/{lead}")).json()["ending"] == "erased"
    assert (await ingest.call("GET", "/v1/leads", params={"email": ADDRESS})).json() == {"leads": []}
    assert [type(e.event) for e in await ingest.said()] == [LeadCaptured, LeadErased]


async def test_to_erase_twice_is_to_erase_once(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    assert await erase(ingest, lead) == await erase(ingest, lead) == 204
    assert await erased(ingest) == {lead}


async def test_an_erased_person_comes_back_as_somebody_new(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    await erase(ingest, lead)
    again = await lead_of(ingest, "msg_2", **ANA)
    assert again != lead
    back = await kept(ingest, again)
    assert back is not None
    assert back.known is not None
    assert (back.known.seq, back.known.earlier) == (1, None)


async def test_a_redelivery_of_what_led_to_an_erased_lead_brings_nothing_back(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    await erase(ingest, lead)
    await ingest.said()
    again = await ingest.post(ANA, "msg_1")
    assert (again.status_code, again.json()) == (202, {"lead": lead, "repeated": True})
    assert await ingest.said() == []
    assert "northwind" not in await ingest.kept()


async def test_nobody_else_is_forgotten_with_them(ingest: IngestPlace) -> None:
    ana, bea = await lead_of(ingest, "msg_1", **ANA), await lead_of(ingest, "msg_2", **BEA)
    await erase(ingest, ana)
    assert await erased(ingest) == {ana}
    answer = (await ingest.call("GET", f"/v1/leads/{bea}")).json()
    assert (answer["email"], answer["ending"]) == (BEA["email"], None)


async def test_unknown_leads_can_not_be_erased(ingest: IngestPlace) -> None:
    assert await erase(ingest, "nobody") == 404


async def test_an_absorbed_lead_says_which_one_to_erase(ingest: IngestPlace) -> None:
    oldest = await lead_of(ingest, "msg_1", email="a@northwind.example")
    older = await lead_of(ingest, "msg_2", email="b@northwind.example", phone=PHONE)
    absorbed = await lead_of(ingest, "msg_3", email="c@northwind.example")
    await lead_of(ingest, "msg_4", email="c@northwind.example", phone=PHONE)
    await lead_of(ingest, "msg_5", email="a@northwind.example", phone=PHONE)
    answer = await ingest.call("DELETE", f"/v1/leads/{absorbed}")
    assert answer.status_code == 410
    assert oldest in answer.json()["detail"]
    assert older not in answer.json()["detail"]
    assert await erase(ingest, oldest) == 204
    assert await erase(ingest, absorbed) == 204
    events = [e for e in await ingest.said() if e.event.TOMBSTONE]
    assert {(type(e.event), e.lead) for e in events} == {
        *((LeadMerged, one) for one in (older, absorbed)),
        *((LeadErased, one) for one in (oldest, older, absorbed)),
    }


@pytest.mark.parametrize("asked", ["first", "second", "third"])
async def test_whoever_they_were_before_and_after_is_forgotten_too(ingest: IngestPlace, asked: str) -> None:
    first = await lead_of(ingest, "msg_1", **ANA)
    await close(ingest, first)
    second = await lead_of(ingest, "msg_2", **ANA, phone=PHONE)
    await close(ingest, second)
    third = await lead_of(ingest, "msg_3", phone=PHONE, title="CEO")
    assert await erase(ingest, {"first": first, "second": second, "third": third}[asked]) == 204
    assert await erased(ingest) == {first, second, third}
    assert "northwind" not in await ingest.kept()


async def test_a_closed_lead_whose_person_went_on_as_another_is_forgotten(ingest: IngestPlace) -> None:
    closed = await lead_of(ingest, "msg_1", **ANA)
    await close(ingest, closed)
    living = await lead_of(ingest, "msg_2", phone=PHONE)
    assert await lead_of(ingest, "msg_3", email=ADDRESS, phone=PHONE) == living
    await erase(ingest, living)
    assert await erased(ingest) == {closed, living}
    assert "northwind" not in await ingest.kept()


async def test_an_activity_that_began_a_new_lead_after_closing_is_forgotten(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    await lead_of(ingest, "msg_2", **ANA)
    await close(ingest, lead, seen=1)
    [later] = (await ingest.call("GET", "/v1/leads", params={"email": ADDRESS})).json()["leads"]
    assert later != lead
    await erase(ingest, lead)
    assert await erased(ingest) == {lead, later}
    assert "northwind" not in await ingest.kept()


async def test_all_that_a_person_wanted_is_forgotten_with_them(database_url: str, tmp_path: Path) -> None:
    # What a form calls the title is here what they are interested in.
    agreement = replace(STARTER, interests=Interests("title", "nothing"))
    async with ingest_at(database_url, tmp_path, agreement=agreement) as ingest:
        cards = await lead_of(ingest, "msg_1", email=ADDRESS, title="Cards")
        loans = await lead_of(ingest, "msg_2", email=ADDRESS, title="loans", phone=PHONE)
        calls = await lead_of(ingest, "msg_3", phone=PHONE)
        other = await lead_of(ingest, "msg_4", email=BEA["email"], title="Cards")
        assert len({cards, loans, calls, other}) == 4
        assert await lead_of(ingest, "msg_5", email=ADDRESS, title="CARDS") == cards
        found = await ingest.call("GET", "/v1/leads", params={"email": ADDRESS})
        assert set(found.json()["leads"]) == {cards, loans}
        await erase(ingest, calls)
        assert await erased(ingest) == {cards, loans, calls}
        assert "northwind" not in await ingest.kept()


async def test_what_was_parked_of_a_person_is_forgotten(ingest: IngestPlace) -> None:
    ana, bea = await lead_of(ingest, "msg_1", **ANA), await lead_of(ingest, "msg_2", **BEA)
    garbage = f'{{"won by": "{ADDRESS}"}}'.encode()
    await ingest.service.bus.publish([Record("baton.routing", lead, garbage) for lead in (ana, bea)])
    await ingest.hear()
    assert {row.lead_id for row in await ingest.service.read(list_parked)} == {ana, bea}
    await erase(ingest, ana)
    assert {row.lead_id for row in await ingest.service.read(list_parked)} == {bea}


async def test_a_parked_tombstone_stays(ingest: IngestPlace) -> None:
    survivor, absorbed = await lead_of(ingest, "msg_1", **ANA), await lead_of(ingest, "msg_2", phone=PHONE)
    await lead_of(ingest, "msg_3", **ANA, phone=PHONE)
    refused = Delivery(Record(OUTBOX_TOPIC, absorbed, b"{}"), partition=-1, offset=0)
    await ingest.service.tx(lambda tx: park(tx, refused, "m1", LeadMerged.name(), "the bus refuses it"))
    await erase(ingest, survivor)
    assert [row.event_id for row in await ingest.service.read(list_parked)] == ["m1"]


async def test_a_parked_webhook_that_was_understood_later_is_forgotten(ingest: IngestPlace) -> None:
    await ingest.post({"mail": ADDRESS}, "msg_1")
    assert "northwind" in await ingest.kept()
    fields = {**SOURCES["sources"]["website"]["fields"], "email": "data.mail"}
    mended = {"sources": {"website": {**SOURCES["sources"]["website"], "fields": fields}}}
    ingest.sources.update(sources_from(mended))
    [parked] = await ingest.service.read(list_parked)
    assert await replay(ingest.service, LeadId(parked.lead_id)) == (1, None)
    [lead] = (await ingest.call("GET", "/v1/leads", params={"email": ADDRESS})).json()["leads"]
    await erase(ingest, lead)
    assert await erased(ingest) == {lead}
    assert "northwind" not in await ingest.kept()


async def test_nothing_is_left_however_the_person_came(ingest: IngestPlace) -> None:
    await ingest.post({**ANA, "phone": PHONE, "message": f"write to {ADDRESS}"}, "msg_1")
    answers = [{"type": "email", "email": ADDRESS, "field": {"ref": "email"}}]
    await ingest.post_form({"token": "t1", "answers": answers})
    await ingest.post_form({"token": "t2", "answers": answers}, event_type="form_response_partial")
    key = {"Idempotency-Key": f"{ADDRESS} of today"}
    await ingest.call("POST", "/v1/leads", json={**ANA, "own_id": f"crm of {ADDRESS}"}, headers=key)
    await ingest.call("POST", "/v1/imports", json={"rows": [ANA, {"own_id": "7", "phone": PHONE}]})
    [lead] = (await ingest.call("GET", "/v1/leads", params={"phone": PHONE})).json()["leads"]
    assert (await ingest.call("GET", f"/v1/leads/{lead}")).json()["activities"] == 5
    await erase(ingest, lead)
    assert len(await erased(ingest)) == 1
    left = await ingest.kept()
    assert lead in left
    for personal in ("northwind", "912345678", "912 345 678", "Director"):
        assert personal not in left


async def test_a_closing_heard_after_the_erasure_brings_nothing_back(ingest: IngestPlace) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    await lead_of(ingest, "msg_2", **ANA)
    await erase(ingest, lead)
    closed = LeadClosed(
        handover=Handover(kind="close", number=3, seen=1), by="rita@acme.example", reason="spam"
    )
    await say(ingest.service.bus, closed, lead, id="c1", at=NOON)
    await ingest.hear()
    assert await kept(ingest, lead) == KeptLead(None, "erased", None)
    assert await erased(ingest) == {lead}


@pytest.mark.parametrize("role", [Role.REP, Role.SOURCE, Role.MANAGER])
async def test_not_everybody_may_make_us_forget(ingest: IngestPlace, role: Role) -> None:
    lead = await lead_of(ingest, "msg_1", **ANA)
    answer = await ingest.call("DELETE", f"/v1/leads/{lead}", key=ingest.ring.add("somebody", role))
    assert answer.status_code == 403
