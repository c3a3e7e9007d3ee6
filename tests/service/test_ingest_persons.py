"""One person with a lead for each interest: consent is the person's, and so is what is known of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import delete

from services.ingest.store.leads import lock_leads, save_leads
from services.ingest.tables import identities
from shared.agreement.building.parts import Interests
from shared.baton import Handover
from shared.contracts.ingest import ConsentChanged, LeadCaptured
from shared.contracts.routing import LeadWon
from shared.runtime.service import OneAgreement
from shared.runtime.tx import Tx
from shared.terms import Consent, LeadId
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import STARTER, IngestPlace, ingest_at

pytestmark = pytest.mark.slow

BY_PRODUCT = replace(STARTER, interests=Interests("activity.product", "general"))
EMAIL, OTHER, PHONE = "ana@northwind.example", "a.silva@home.example", "+351912345678"
ANA = {"email": EMAIL}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path, agreement=BY_PRODUCT) as place:
        yield place


async def comes(ingest: IngestPlace, product: str, **fields: Any) -> str:
    ingest.clock.advance(timedelta(seconds=1))
    said = {"activity": {"product": product}, **fields}
    lead: str = (await ingest.call("POST", "/v1/leads", json=said)).json()["lead"]
    return lead


async def shown(ingest: IngestPlace, lead: str) -> dict[str, Any]:
    found: dict[str, Any] = (await ingest.call("GET", f"/v1/leads/{lead}")).json()
    return found


async def consents(ingest: IngestPlace, *leads: str) -> list[str]:
    return [(await shown(ingest, lead))["consent"] for lead in leads]


async def tell(ingest: IngestPlace, lead: str, verb: str, **said: str) -> None:
    assert (await ingest.call("POST", f"/v1/leads/{lead}/{verb}", json=said)).status_code == 202


async def changed(ingest: IngestPlace) -> list[tuple[str, str]]:
    said = [one for one in await ingest.said() if isinstance(one.event, ConsentChanged)]
    return sorted((one.lead, one.event.consent.value) for one in said)


async def refused_alone(ingest: IngestPlace, lead: str) -> None:
    """As it was written down while consent was one lead's."""

    def write(tx: Tx) -> None:
        [known] = lock_leads(tx, [LeadId(lead)]).values()
        save_leads(tx, [structs.replace(known, consent=Consent.DENIED)])

    await ingest.service.tx(write)


async def close(ingest: IngestPlace, lead: str, seen: int = 100) -> None:
    won = LeadWon(handover=Handover(kind="close", number=3, seen=seen), by="rita@acme.example")
    await say(ingest.service.bus, won, LeadId(lead), id=f"won {lead}", at=NOON)
    await ingest.hear()


# ---- consent


async def test_who_refused_is_known_to_have_when_they_ask_for_something_else(ingest: IngestPlace) -> None:
    refused = await comes(ingest, "planner", **ANA, consent="denied")
    asking = await comes(ingest, "insight", **ANA)
    captured = {one.lead: one.event for one in await ingest.said() if isinstance(one.event, LeadCaptured)}
    assert asking != refused
    assert captured[LeadId(asking)].consent == "denied"


async def test_a_refusal_over_the_api_reaches_all_that_they_asked_for(ingest: IngestPlace) -> None:
    leads = [await comes(ingest, one, **ANA, consent="granted") for one in ("planner", "insight", "core")]
    await changed(ingest)
    await tell(ingest, leads[1], "consent", consent="denied")
    assert await consents(ingest, *leads) == ["denied"] * 3
    assert await changed(ingest) == sorted((lead, "denied") for lead in leads)


async def test_a_refusal_in_a_form_reaches_all_that_they_asked_for(ingest: IngestPlace) -> None:
    leads = [await comes(ingest, one, **ANA, consent="granted") for one in ("planner", "insight")]
    await changed(ingest)
    assert await comes(ingest, "insight", **ANA, consent="unsubscribed") == leads[1]
    third = await comes(ingest, "core", **ANA)
    assert await consents(ingest, *leads, third) == ["denied"] * 3
    assert await changed(ingest) == sorted((lead, "denied") for lead in leads)


async def test_a_webhook_that_refuses_reaches_what_was_asked_for_over_the_api(ingest: IngestPlace) -> None:
    planner = await comes(ingest, "planner", **ANA, consent="granted")
    general = (await ingest.post({**ANA, "consent": "unsubscribed"})).json()["lead"]
    assert general != planner
    assert await consents(ingest, planner, general) == ["denied", "denied"]


async def test_whoever_says_yes_anew_says_it_of_everything(ingest: IngestPlace) -> None:
    leads = [await comes(ingest, one, **ANA, consent="denied") for one in ("planner", "insight")]
    await comes(ingest, "insight", **ANA, consent="granted")
    assert await consents(ingest, *leads) == ["granted"] * 2
    await comes(ingest, "planner", **ANA)
    assert await consents(ingest, *leads) == ["granted"] * 2


async def test_a_person_is_recognised_by_what_lies_between_their_leads(ingest: IngestPlace) -> None:
    both = await comes(ingest, "planner", **ANA, phone=PHONE, consent="granted")
    by_phone = await comes(ingest, "insight", phone=PHONE)
    by_own_id = await comes(ingest, "core", phone=PHONE, own_id="7")
    assert await consents(ingest, by_phone, by_own_id) == ["granted", "granted"]
    assert await comes(ingest, "planner", **ANA, consent="denied") == both
    assert await consents(ingest, both, by_phone, by_own_id) == ["denied"] * 3


async def test_who_turn_out_to_be_one_have_refused_if_either_has(ingest: IngestPlace) -> None:
    planner = await comes(ingest, "planner", **ANA, consent="granted")
    insight = await comes(ingest, "insight", phone=PHONE, consent="denied")
    assert await comes(ingest, "planner", **ANA, phone=PHONE) == planner
    assert await consents(ingest, planner, insight) == ["denied"] * 2
    third = await comes(ingest, "core", phone=PHONE)
    assert await consents(ingest, third) == ["denied"]


async def test_a_merge_makes_a_refusal_reach_what_stands_beside(ingest: IngestPlace) -> None:
    survivor = await comes(ingest, "planner", **ANA, consent="granted")
    beside = await comes(ingest, "insight", **ANA)
    absorbed = await comes(ingest, "planner", email=OTHER, consent="denied")
    await changed(ingest)
    await tell(ingest, absorbed, "merge", survivor=survivor)
    assert await consents(ingest, survivor, beside) == ["denied", "denied"]
    assert await changed(ingest) == sorted([(survivor, "denied"), (beside, "denied")])
    await tell(ingest, beside, "consent", consent="granted")
    assert await changed(ingest) == sorted([(survivor, "granted"), (beside, "granted")])


async def test_a_merge_makes_a_refusal_that_stood_beside_reach_the_survivor(ingest: IngestPlace) -> None:
    survivor = await comes(ingest, "planner", **ANA, consent="granted")
    beside = await comes(ingest, "insight", **ANA)
    absorbed = await comes(ingest, "planner", email=OTHER)
    await refused_alone(ingest, beside)
    await changed(ingest)
    await tell(ingest, absorbed, "merge", survivor=survivor)
    assert await consents(ingest, survivor, beside) == ["denied", "denied"]
    assert await changed(ingest) == [(survivor, "denied")]


async def test_a_refusal_told_of_what_is_over_reaches_what_goes_on(
    ingest: IngestPlace,
) -> None:
    over = await comes(ingest, "planner", **ANA, consent="granted")
    await close(ingest, over)
    later = await comes(ingest, "planner", **ANA)
    await tell(ingest, over, "consent", consent="denied")
    assert await consents(ingest, later) == ["denied"]
    # A word of theirs is of who goes on; what is over has no say in a merge.
    assert await comes(ingest, "planner", **ANA, consent="granted") == later
    other = await comes(ingest, "planner", email=OTHER)
    await tell(ingest, other, "merge", survivor=later)
    assert await consents(ingest, later) == ["granted"]


async def test_a_yes_from_before_is_no_later_word_when_its_lead_begins_again(ingest: IngestPlace) -> None:
    planner = await comes(ingest, "planner", **ANA)
    beside = await comes(ingest, "insight", **ANA)
    assert await comes(ingest, "planner", **ANA, consent="granted") == planner
    await tell(ingest, planner, "consent", consent="denied")
    await changed(ingest)
    await close(ingest, planner, seen=1)
    again = (await shown(ingest, planner))["later"]
    assert await consents(ingest, again, beside) == ["denied", "denied"]
    assert await changed(ingest) == []


async def test_in_one_import_the_last_word_counts_for_everything(ingest: IngestPlace) -> None:
    rows = [
        {"email": EMAIL, "consent": "granted", "activity": {"product": "planner"}},
        {"email": EMAIL, "activity": {"product": "insight"}},
        {"email": OTHER, "consent": "granted", "activity": {"product": "insight"}},
        {"email": EMAIL, "consent": "denied", "activity": {"product": "core"}},
        {"email": EMAIL, "activity": {"product": "planner", "type": "page_viewed"}},
    ]
    answer = await ingest.call("POST", "/v1/imports", json={"rows": rows})
    leads = [row["lead"] for row in answer.json()["rows"]]
    assert await consents(ingest, *leads) == ["denied", "denied", "granted", "denied", "denied"]
    assert await changed(ingest) == sorted([(leads[0], "denied"), (leads[1], "denied")])


async def test_who_was_written_down_by_interest_alone_has_refused_all_the_same(ingest: IngestPlace) -> None:
    await comes(ingest, "planner", **ANA, consent="denied")
    alone = delete(identities).where(identities.c.interest == "")
    await ingest.service.tx(lambda tx: tx.conn.execute(alone))
    assert await consents(ingest, await comes(ingest, "insight", **ANA)) == ["denied"]


async def test_another_person_keeps_what_they_said(ingest: IngestPlace) -> None:
    bea = await comes(ingest, "planner", email="bea@northwind.example", consent="granted")
    await comes(ingest, "planner", **ANA, consent="denied")
    await comes(ingest, "insight", email=EMAIL, consent="denied")
    assert await consents(ingest, bea) == ["granted"]


async def test_who_is_forgotten_and_comes_back_has_refused_nothing(ingest: IngestPlace) -> None:
    refused = await comes(ingest, "planner", **ANA, consent="denied")
    await ingest.call("DELETE", f"/v1/leads/{refused}")
    assert await consents(ingest, await comes(ingest, "insight", **ANA)) == ["unknown"]


# ---- what is known


async def test_what_is_known_of_the_person_begins_their_next_lead(ingest: IngestPlace) -> None:
    company = {"name": "Northwind", "employees": 450}
    await comes(ingest, "planner", **ANA, title="Head of Operations", company=company)
    ingest.clock.advance(timedelta(seconds=1))
    await ingest.post({**ANA, "title": "COO"})
    lead = await shown(ingest, await comes(ingest, "insight", **ANA))
    assert (lead["person"]["title"], lead["company"]["employees"]) == ("COO", 450)
    assert lead["said_by"]["title"] == "website"
    assert (lead["earlier"], lead["activities"]) == (None, 1)


async def test_who_was_known_before_interests_were_told_apart_is_known_still(ingest: IngestPlace) -> None:
    ingest.service.agreements = OneAgreement(STARTER)
    before = await comes(ingest, "planner", **ANA, consent="denied")
    ingest.service.agreements = OneAgreement(BY_PRODUCT)
    lead = await comes(ingest, "planner", **ANA)
    assert lead != before
    assert await consents(ingest, lead) == ["denied"]
