"""What is told of a known lead over the API: two are one, consent, what became of it; each once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.baton import Handover
from shared.contracts.ingest import ConsentChanged, LeadMerged, LeadUpdated, OutcomeReported
from shared.contracts.routing import LeadClosed
from shared.terms import Consent, LeadId, Role
from shared.testing.buses import say
from shared.testing.leads import NOON
from tests.service.ingest_place import IngestPlace, ingest_at

pytestmark = pytest.mark.slow

ANA = {"email": "ana@northwind.example", "title": "Director"}
A_S = {"email": "a.silva@northwind.example", "phone": "+351912345678", "consent": "denied"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def lead_of(ingest: IngestPlace, fields: dict[str, Any]) -> str:
    lead: str = (await ingest.call("POST", "/v1/leads", json=fields)).json()["lead"]
    return lead


async def tell(ingest: IngestPlace, lead: str, verb: str, **more: Any) -> tuple[int, dict[str, Any]]:
    key = more.pop("key", "")
    headers = {"Idempotency-Key": key} if key else {}
    answer = await ingest.call("POST", f"/v1/leads/{lead}/{verb}", json=more, headers=headers)
    return answer.status_code, answer.json()


async def said(ingest: IngestPlace, *kinds: type) -> list[Any]:
    return [one for one in await ingest.said() if isinstance(one.event, kinds)]


async def close(ingest: IngestPlace, lead: str) -> None:
    closed = LeadClosed(handover=Handover(kind="close", number=2, seen=1), by="x@acme.example", reason="spam")
    await say(ingest.service.bus, closed, LeadId(lead), id=f"closed/{lead}", at=NOON)
    await ingest.hear()


# ---- merge


async def test_two_leads_become_one_that_knows_what_both_knew(ingest: IngestPlace) -> None:
    ana, other = await lead_of(ingest, ANA), await lead_of(ingest, A_S)
    assert await tell(ingest, other, "merge", survivor=ana) == (202, {"lead": ana, "repeated": False})
    events = await said(ingest, LeadMerged, LeadUpdated, ConsentChanged)
    [merged] = [one.event for one in events if one.lead == other]
    assert (type(merged), merged.survivor, merged.proved_by) == (LeadMerged, ana, "request")
    [updated, consented] = [one.event for one in events if one.lead == ana]
    assert (type(updated), updated.person.phone) == (LeadUpdated, "+351912345678")
    assert (type(consented), consented.consent) == (ConsentChanged, Consent.DENIED)
    shown = (await ingest.call("GET", f"/v1/leads/{other}")).json()
    assert (shown["ending"], shown["merged_into"]) == ("merged", ana)


async def test_who_was_merged_is_known_again_as_the_survivor(ingest: IngestPlace) -> None:
    ana, other = await lead_of(ingest, ANA), await lead_of(ingest, A_S)
    await tell(ingest, other, "merge", survivor=ana)
    assert await lead_of(ingest, {"email": "a.silva@northwind.example"}) == ana
    assert await lead_of(ingest, {"phone": "+351912345678"}) == ana


async def test_a_merge_that_is_repeated_does_nothing(ingest: IngestPlace) -> None:
    ana, other = await lead_of(ingest, ANA), await lead_of(ingest, A_S)
    await tell(ingest, other, "merge", survivor=ana)
    assert await tell(ingest, other, "merge", survivor=ana) == (202, {"lead": ana, "repeated": True})
    assert len(await said(ingest, LeadMerged)) == 1


async def test_what_can_not_be_merged_says_why(ingest: IngestPlace) -> None:
    ana, other = await lead_of(ingest, ANA), await lead_of(ingest, A_S)
    third = await lead_of(ingest, {"email": "third@northwind.example"})
    await tell(ingest, other, "merge", survivor=ana)
    for absorbed, survivor, status, why in (
        (ana, ana, 422, "can not be merged into itself"),
        (ana, other, 410, f"{other} was merged into {ana}: name that one"),
        (other, third, 410, f"{other} was merged into {ana}: name that one"),
        ("nobody", ana, 404, "there is no lead nobody"),
        (ana, "nobody", 404, "there is no lead nobody"),
    ):
        found, problem = await tell(ingest, absorbed, "merge", survivor=survivor)
        assert (found, why in problem["detail"]) == (status, True), problem
    await close(ingest, third)
    found, problem = await tell(ingest, third, "merge", survivor=ana)
    assert (found, "is over" in problem["detail"]) == (409, True)
    assert len(await said(ingest, LeadMerged)) == 1


# ---- consent


async def test_a_yes_from_between_two_refusals_overturns_none(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    await tell(ingest, ana, "consent", consent="denied")
    between = ingest.clock.now() + timedelta(hours=1)
    ingest.clock.advance(timedelta(hours=2))
    await tell(ingest, ana, "consent", consent="denied", proof="she said it again")
    await lead_of(ingest, {**ANA, "consent": "granted", "activity": {"at": between.isoformat()}})
    assert [one.event.consent for one in await said(ingest, ConsentChanged)] == [Consent.DENIED]


async def test_a_refusal_is_kept_and_said(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    told = {"consent": "denied", "channel": "email", "proof": "call of 2026-11-02"}
    assert await tell(ingest, ana, "consent", **told) == (202, {"lead": ana, "repeated": False})
    [changed] = await said(ingest, ConsentChanged)
    assert (changed.lead, changed.event.consent) == (ana, Consent.DENIED)
    assert (changed.event.channel, changed.event.proof) == ("email", "call of 2026-11-02")
    assert changed.event.source.startswith("api-")
    assert (await ingest.call("GET", f"/v1/leads/{ana}")).json()["consent"] == "denied"


async def test_consent_that_is_known_is_not_said_again(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    for _ in range(2):
        await tell(ingest, ana, "consent", consent="granted")
    assert len(await said(ingest, ConsentChanged)) == 1


async def test_who_refused_after_the_end_is_not_forgotten(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    await close(ingest, ana)
    assert (await tell(ingest, ana, "consent", consent="denied"))[0] == 202
    again = await lead_of(ingest, ANA)
    assert (await ingest.call("GET", f"/v1/leads/{again}")).json()["consent"] == "denied"


# ---- outcome


async def test_an_outcome_is_passed_on_once(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    won = {"outcome": "won", "value": "38400.00", "currency": "EUR", "opportunity": "OPP-1"}
    assert await tell(ingest, ana, "outcome", key="one", **won) == (202, {"lead": ana, "repeated": False})
    assert await tell(ingest, ana, "outcome", key="one", **won) == (202, {"lead": ana, "repeated": True})
    [reported] = await said(ingest, OutcomeReported)
    assert (reported.lead, reported.event.outcome, reported.event.value) == (ana, "won", "38400.00")
    assert reported.event.happened_at == NOON


async def test_what_is_no_outcome_names_what_was_wrong(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    for wrong, field in (
        ({"outcome": "postponed"}, "outcome"),
        ({"outcome": "won", "value": "1e308"}, "value"),
        ({"outcome": "won", "currency": "euro"}, "currency"),
        ({"outcome": "won", "amount": 3}, "amount"),
        ({"outcome": "lost", "happened_at": "2026-11-02T09:00:00"}, "happened_at"),
    ):
        status, problem = await tell(ingest, ana, "outcome", **wrong)
        assert (status, problem["errors"][0]["field"]) == (422, field)
    assert await said(ingest, OutcomeReported) == []


# ---- all of them


CALLS = (
    ("merge", {"survivor": "nobody"}),
    ("consent", {"consent": "denied"}),
    ("outcome", {"outcome": "lost"}),
)


@pytest.mark.parametrize(("verb", "body"), CALLS)
async def test_of_who_is_forgotten_nothing_is_told(
    ingest: IngestPlace, verb: str, body: dict[str, str]
) -> None:
    ana = await lead_of(ingest, ANA)
    await ingest.call("DELETE", f"/v1/leads/{ana}")
    survivor = {"survivor": await lead_of(ingest, A_S)} if verb == "merge" else {}
    status, problem = await tell(ingest, ana, verb, **(body | survivor))
    assert (status, "asked to be forgotten" in problem["detail"]) == (410, True)


@pytest.mark.parametrize(("verb", "body"), CALLS)
async def test_reps_tell_none_of_it(ingest: IngestPlace, verb: str, body: dict[str, str]) -> None:
    rep = ingest.ring.add("bob", Role.REP, "bob@acme.example")
    answer = await ingest.call("POST", f"/v1/leads/x/{verb}", json=body, key=rep)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


async def test_a_key_with_another_body_is_an_error_and_another_lead_is_another_request(
    ingest: IngestPlace,
) -> None:
    ana, other = await lead_of(ingest, ANA), await lead_of(ingest, A_S)
    await tell(ingest, ana, "consent", key="one", consent="granted")
    assert (await tell(ingest, ana, "consent", key="one", consent="denied"))[0] == 409
    assert await tell(ingest, other, "consent", key="one", consent="granted") == (
        202,
        {"lead": other, "repeated": False},
    )


async def test_a_key_whose_first_request_was_refused_is_still_good(ingest: IngestPlace) -> None:
    ana = await lead_of(ingest, ANA)
    assert (await tell(ingest, ana, "merge", key="one", survivor="nobody"))[0] == 404
    other = await lead_of(ingest, A_S)
    assert (await tell(ingest, ana, "merge", key="one", survivor=other))[0] == 202
