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
    for _ in range(2):
        answer = await ingest.call("PUT", "/v1/accounts/www.Northwind.example", json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"domain": "northwind.example"})
    said = [event for event in await ingest.said() if isinstance(event.event, AccountUpdated)]
    assert {(event.id, event.lead) for event in said} == {(said[0].id, "northwind.example")}
    assert said[0].event == AccountUpdated(domain="northwind.example", **body)


async def test_what_is_no_account_is_refused(ingest: IngestPlace) -> None:
    assert (await ingest.call("PUT", "/v1/accounts/localhost", json={})).status_code == 422
    wrong = await ingest.call("PUT", "/v1/accounts/northwind.example", json={"relation": "rival"})
    assert wrong.status_code == 422
