"""What the CRM says of a company comes in over the API, and goes out under the company's domain."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.contracts.ingest import AccountUpdated
from tests.service.ingest_place import IngestPlace, ingest_at


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


async def test_what_the_crm_says_of_a_company_is_said_under_its_domain(ingest: IngestPlace) -> None:
    headers = {"Idempotency-Key": "one"}
    body = {"relation": "customer", "manager": "mark@acme.example"}
    for repeated in (False, True):
        answer = await ingest.call("PUT", "/v1/accounts/www.Northwind.example", json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (
            202,
            {"domain": "northwind.example", "repeated": repeated},
        )
    [said] = [event for event in await ingest.said() if isinstance(event.event, AccountUpdated)]
    assert said.lead == "northwind.example"
    assert said.event == AccountUpdated(domain="northwind.example", **body)


async def test_another_body_under_the_same_key_is_refused_and_another_company_is_another_request(
    ingest: IngestPlace,
) -> None:
    headers = {"Idempotency-Key": "one"}
    said = {"relation": "customer"}
    for domain, body, status in (
        ("northwind.example", said, 202),
        ("northwind.example", {"relation": "partner"}, 409),
        ("fabrikam.example", said, 202),
    ):
        answer = await ingest.call("PUT", f"/v1/accounts/{domain}", json=body, headers=headers)
        assert answer.status_code == status
    told = [event.event for event in await ingest.said() if isinstance(event.event, AccountUpdated)]
    assert [(one.domain, one.relation) for one in told] == [
        ("northwind.example", "customer"),
        ("fabrikam.example", "customer"),
    ]


async def test_what_is_no_account_is_refused(ingest: IngestPlace) -> None:
    assert (await ingest.call("PUT", "/v1/accounts/localhost", json={})).status_code == 422
    wrong = await ingest.call("PUT", "/v1/accounts/northwind.example", json={"relation": "rival"})
    assert wrong.status_code == 422


async def test_a_blank_says_that_nothing_is_known(ingest: IngestPlace) -> None:
    body = {"owner": "", "manager": " ", "open_opportunity": "\t", "opportunity_owner": " olga@acme.example "}
    assert (await ingest.call("PUT", "/v1/accounts/northwind.example", json=body)).status_code == 202
    [said] = await ingest.said()
    assert said.event == AccountUpdated(domain="northwind.example", opportunity_owner="olga@acme.example")


@pytest.mark.parametrize("field", ["owner", "manager", "opportunity_owner"])
@pytest.mark.parametrize("written", ["not an email", "mark", "mark @acme.example", "@acme.example"])
async def test_whoever_works_an_account_is_named_by_an_address(
    ingest: IngestPlace, field: str, written: str
) -> None:
    answer = await ingest.call("PUT", "/v1/accounts/northwind.example", json={field: written})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["detail"] == f"{field}: expected an address, such as ana@acme.example"
    assert await ingest.said() == []
