"""Ingest whole: what is acknowledged is durable, once, and said."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from services.ingest.domain.identity import Identity
from services.ingest.domain.sources import sources_from
from services.ingest.handlers import arrival_of, on_events, take_in
from services.ingest.store import leads
from shared.agreement.building.parts import Interests
from shared.baton import Handover
from shared.contracts.envelope import Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadCaptured,
    LeadMerged,
    LeadUpdated,
)
from shared.contracts.routing import LeadClosed, LeadWon
from shared.db.migrate import check
from shared.runtime.parking import list_parked, replay
from shared.runtime.service import OneAgreement
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import SOURCES, STARTER, IngestPlace, ingest_at

ANA = {"email": "ana@northwind.example", "title": "Director"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def test_a_signed_webhook_becomes_a_captured_lead(ingest: IngestPlace) -> None:
    answer = await ingest.post(ANA)
    assert answer.status_code == 202
    [event] = await ingest.said()
    assert isinstance(event.event, LeadCaptured)
    assert event.lead == answer.json()["lead"]
    assert event.event.handover is not None
    assert (event.event.handover.kind, event.event.handover.number) == ("open", 1)


async def test_a_repeated_delivery_is_one_even_with_another_body(ingest: IngestPlace) -> None:
    first = await ingest.post(ANA)
    again = await ingest.post({**ANA, "title": "changed by a retry"})
    assert again.json() == {"lead": first.json()["lead"], "repeated": True}
    assert len(await ingest.said()) == 1


async def test_the_same_person_again_is_an_activity(ingest: IngestPlace) -> None:
    await ingest.post(ANA, "msg_1")
    await ingest.post({**ANA, "title": "VP"}, "msg_2")
    assert [type(e.event) for e in await ingest.said()] == [LeadCaptured, LeadUpdated, ActivityRecorded]


async def test_consent_changed_says_who_says_so_and_where_to_look_it_up(ingest: IngestPlace) -> None:
    await ingest.post({**ANA, "consent": "yes"}, "msg_1")
    await ingest.post({**ANA, "consent": "unsubscribed"}, "msg_2")
    [changed] = [e.event for e in await ingest.said() if isinstance(e.event, ConsentChanged)]
    assert (changed.consent, changed.source, changed.proof) == ("denied", "website", "website/id:msg_2/0")


async def test_the_ids_of_every_source_go_along(ingest: IngestPlace) -> None:
    for source, own_id in (("crm", "7"), ("shop", "A1")):
        lead = {**ANA, "own_id": own_id}
        await ingest.call("POST", f"/v1/leads?source={source}", json=lead)
    captured, updated, _ = [event.event for event in await ingest.said()]
    assert isinstance(captured, LeadCaptured)
    assert isinstance(updated, LeadUpdated)
    assert (captured.own_ids, updated.own_ids) == ({"crm": "7"}, {"crm": "7", "shop": "A1"})
    assert updated.said_by == {"own_ids": "shop"}


async def test_two_leads_that_are_one_merge_into_the_older(ingest: IngestPlace) -> None:
    older = (await ingest.post(ANA, "msg_1")).json()["lead"]
    ingest.clock.advance(timedelta(seconds=1))
    younger = (await ingest.post({"phone": "+351 912 345 678"}, "msg_2")).json()["lead"]
    await ingest.post({**ANA, "phone": "+351 912 345 678"}, "msg_3")
    [merged] = [e for e in await ingest.said() if isinstance(e.event, LeadMerged)]
    assert (merged.lead, merged.event.survivor) == (younger, older)
    later = await ingest.post({"phone": "+351 912 345 678"}, "msg_4")
    assert later.json()["lead"] == older


@pytest.mark.parametrize(
    ("changes", "reason"), [({"age_s": 301}, "expired"), ({"age_s": -301}, "from_the_future")]
)
async def test_a_stale_signature_is_refused_with_its_reason(
    ingest: IngestPlace, changes: dict[str, int], reason: str
) -> None:
    answer = await ingest.post(ANA, **changes)
    assert (answer.status_code, answer.json()["reason"]) == (401, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await ingest.said() == []


async def test_a_forged_signature_is_refused(ingest: IngestPlace) -> None:
    answer = await ingest.post(ANA, secret="whsec_" + "A" * 44)
    assert (answer.status_code, answer.json()["reason"]) == (401, "wrong_signature")


async def test_a_body_over_two_mebibytes_is_refused(ingest: IngestPlace) -> None:
    answer = await ingest.post_bytes(b"x" * (2 * 1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_genuine_webhook_that_puzzles_is_parked_and_acknowledged(ingest: IngestPlace) -> None:
    answer = await ingest.post({"title": "nobody in particular"})
    assert answer.status_code == 202
    assert answer.json()["lead"] is None
    [parked] = await ingest.service.read(list_parked)
    assert parked.owner == "maya@acme.example"
    assert "email" in parked.reason


async def test_a_parked_webhook_is_replayed_when_the_mapping_is_mended(ingest: IngestPlace) -> None:
    await ingest.post({"mail": "ana@northwind.example"})
    [parked] = await ingest.service.read(list_parked)
    handled, stopped_by = await replay(ingest.service, LeadId(parked.lead_id))
    assert handled == 0
    assert stopped_by is not None
    fields = {**SOURCES["sources"]["website"]["fields"], "email": "data.mail"}
    mended = {"sources": {"website": {**SOURCES["sources"]["website"], "fields": fields}}}
    ingest.sources.update(sources_from(mended))
    assert await replay(ingest.service, LeadId(parked.lead_id)) == (1, None)
    assert [type(e.event) for e in await ingest.said()] == [LeadCaptured]


async def test_what_lay_parked_overwrites_nothing_that_was_said_since(ingest: IngestPlace) -> None:
    await ingest.post({"mail": "ana@northwind.example", "title": "Buyer", "country": "PT"})
    ingest.clock.advance(timedelta(days=3))
    said = {"email": "ana@northwind.example", "title": "COO"}
    ana = (await ingest.call("POST", "/v1/leads", json=said)).json()["lead"]
    website = SOURCES["sources"]["website"]
    fields = {**website["fields"], "email": "data.mail", "title": "data.title", "country": "data.country"}
    ingest.sources.update(sources_from({"sources": {"website": {**website, "fields": fields}}}))
    [parked] = await ingest.service.read(list_parked)
    assert await replay(ingest.service, LeadId(parked.lead_id)) == (1, None)
    known = (await ingest.call("GET", f"/v1/leads/{ana}")).json()
    assert (known["person"]["title"], known["person"]["country"]) == ("COO", "PT")


async def test_a_yes_that_lay_parked_overturns_no_refusal_that_came_since(ingest: IngestPlace) -> None:
    await ingest.post({"mail": "ana@northwind.example", "consent": "granted"}, "msg_1")
    await ingest.post({"mail": "bea@northwind.example", "consent": "granted"}, "msg_2")
    said = {"email": "ana@northwind.example", "consent": "denied"}
    ana = (await ingest.call("POST", "/v1/leads", json=said)).json()["lead"]
    website = SOURCES["sources"]["website"]
    fields = {**website["fields"], "email": "data.mail", "consent": "data.consent"}
    ingest.sources.update(sources_from({"sources": {"website": {**website, "fields": fields}}}))
    for parked in await ingest.service.read(list_parked):
        assert await replay(ingest.service, LeadId(parked.lead_id)) == (1, None)
    consents = {e.lead: e.event.consent for e in await ingest.said() if isinstance(e.event, LeadCaptured)}
    assert sorted(consents.values()) == ["denied", "granted"]
    assert (await ingest.call("GET", f"/v1/leads/{ana}")).json()["consent"] == "denied"


async def test_an_activity_after_closing_starts_a_new_lead_linked_to_the_old(ingest: IngestPlace) -> None:
    first = (await ingest.post(ANA, "msg_1")).json()["lead"]
    won = LeadWon(handover=Handover(kind="close", number=3, seen=1), by="rita@acme.example")
    await say(ingest.service.bus, won, first, id="w1", at=NOON)
    await ingest.hear()
    second = (await ingest.post(ANA, "msg_2")).json()["lead"]
    assert second != first
    captured = {e.lead: e.event for e in await ingest.said() if isinstance(e.event, LeadCaptured)}
    assert captured[second].earlier == first
    old = (await ingest.call("GET", f"/v1/leads/{first}")).json()
    new = (await ingest.call("GET", f"/v1/leads/{second}")).json()
    assert (old["ending"], old["later"], new["ending"], new["earlier"]) == ("closed", second, None, first)


async def test_an_activity_recorded_before_we_heard_of_the_closing_starts_a_new_lead_too(
    ingest: IngestPlace,
) -> None:
    first = (await ingest.post(ANA, "msg_1")).json()["lead"]
    await ingest.post(ANA, "msg_2")
    closed = LeadClosed(
        handover=Handover(kind="close", number=3, seen=1), by="rita@acme.example", reason="spam"
    )
    await say(ingest.service.bus, closed, first, id="c1", at=NOON)
    await ingest.hear()
    captured = {e.lead: e.event for e in await ingest.said() if isinstance(e.event, LeadCaptured)}
    [second] = set(captured) - {first}
    assert captured[second].earlier == first
    assert captured[second].earlier_was_no_lead


async def test_two_closings_at_once_are_heard_as_one_after_the_other(ingest: IngestPlace) -> None:
    first = (await ingest.post({**ANA, "title": "Loans"}, "msg_1")).json()["lead"]
    await ingest.post({**ANA, "title": "Cards"}, "msg_2")
    # From now on, another interest is another lead: what came late of the first belongs to the second.
    ingest.service.agreements = OneAgreement(replace(STARTER, interests=Interests("title", "nothing")))
    second = (await ingest.post({**ANA, "title": "Cards"}, "msg_3")).json()["lead"]
    won = LeadWon(handover=Handover(kind="close", number=3, seen=1), by="rita@acme.example")
    both = [Heard(id=f"won {one}", lead=one, source="routing", at=NOON, event=won) for one in (first, second)]
    await ingest.said()
    await ingest.service.tx(lambda tx: on_events(tx, both))
    recorded, captured = await ingest.said()
    assert (recorded.lead, recorded.event.activity.seq) == (second, 2)
    assert (captured.event.earlier, captured.event.activity.seq) == (second, 1)
    assert (await ingest.call("GET", f"/v1/leads/{second}")).json()["activities"] == 2


async def test_the_first_of_two_bodies_in_one_group_is_kept(ingest: IngestPlace) -> None:
    group = [("msg_1", "a@b.example"), ("msg_2", "c@d.example"), ("msg_1", "e@f.example")]
    arrivals = [
        arrival_of(ingest.sources["website"], f'{{"data": {{"email": "{email}"}}}}'.encode(), id, NOON, None)
        for id, email in group
    ]
    receipts = await ingest.service.tx(lambda tx: take_in(tx, arrivals))
    assert [receipt.repeated for receipt in receipts] == [False, False, True]
    assert receipts[0].lead == receipts[2].lead
    bodies = {row.body for row in await ingest.rows("ingest_deliveries")}
    assert bodies == {arrival.body for arrival in arrivals[:2]}
    leads = await ingest.rows("ingest_leads")
    born = {msgspec.json.decode(row.state)["born"]: row.lead_id for row in leads}
    assert [born[instant] for instant in sorted(born)] == [receipt.lead for receipt in receipts[:2]]


async def test_the_migrations_say_what_the_tables_say(ingest: IngestPlace) -> None:
    await ingest.service.database.tx(lambda conn: check(conn, "ingest"))


async def test_what_looks_like_what_was_asked_for_is_neither_found_nor_locked(ingest: IngestPlace) -> None:
    await ingest.post({"email": "ana@northwind.example"})
    lead = (await ingest.said())[0].lead
    asked = {Identity("own_id", "crm:7"): lead, Identity("phone", "+351210000000"): lead}

    def look(tx: Tx) -> set[Identity]:
        leads.point_identities(tx, {**asked, Identity("own_id", "+351210000000"): LeadId("nobody")})
        return set(leads.lock_known(tx, asked))

    assert await ingest.service.tx(look) == asked.keys()
