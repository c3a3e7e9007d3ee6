"""A line of a score that somebody says is wrong: contested, listed by its rule, and settled."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.contracts.routing import LeadRejected
from shared.terms import Role
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.service.calling import Client
from tests.service.scoring_client import calling_scoring
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import RITA, assigned

LEAD = lead_id()
RECEIPT = f"{LEAD}.1"


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


@pytest.fixture
async def client(place: Place, tmp_path: Path) -> AsyncIterator[Client]:
    async with calling_scoring(place, tmp_path) as client:
        yield client


async def test_a_line_is_contested_found_again_by_its_rule_and_settled(place: Place, client: Client) -> None:
    await place.hear(
        captured(), assigned(), LeadRejected(by=RITA.answers, reason="small", what_follows="dispute")
    )
    wrong = {"line": "size", "reason": "they are five people"}
    made = await client.post(f"/v1/scores/{RECEIPT}/contest", wrong)
    assert (made.status_code, made.json()["said"]) == (200, "+30: company.employees is at least 100 — 120")
    await client.post(f"/v1/scores/{RECEIPT}/contest", wrong)

    first, *others = (await client.get("/v1/scores/contests", Role.MARKETING)).json()
    assert (first["line"], first["rejects"]) == ("size", {"small": 1})
    [contest] = first["contests"]
    assert (contest["by"], contest["reason"]) == (RITA.answers, "they are five people")
    assert contest["at"] == NOON.isoformat().replace("+00:00", "Z")
    assert all(not other["contests"] for other in others)

    settled = await client.post(
        f"/v1/scores/{RECEIPT}/settle",
        {"line": "size", "note": "at least 200 from version 2 on"},
        Role.MARKETING,
    )
    assert settled.json() == {"settled": 1}
    assert all(not one["contests"] for one in (await client.get("/v1/scores/contests")).json())


async def test_whoever_contests_a_line_again_says_why_anew_also_once_it_is_settled(
    place: Place, client: Client
) -> None:
    async def contest(reason: str) -> None:
        made = await client.post(f"/v1/scores/{RECEIPT}/contest", {"line": "size", "reason": reason})
        assert (made.status_code, made.json()["reason"]) == (200, reason)

    async def reasons() -> list[str]:
        listed = (await client.get("/v1/scores/contests")).json()
        return [contest["reason"] for doubt in listed for contest in doubt["contests"]]

    async def settle() -> int:
        body = {"line": "size", "note": "they are twelve"}
        settled = await client.post(f"/v1/scores/{RECEIPT}/settle", body, Role.MARKETING)
        return int(settled.json()["settled"])

    await place.hear(captured())
    await contest("they are five people")
    await contest("they are six people")
    assert await reasons() == ["they are six people"]
    assert (await settle(), await reasons()) == (1, [])
    await contest("they are still six people")
    assert await reasons() == ["they are still six people"]
    assert await settle() == 1


async def test_of_two_lines_of_a_rule_each_is_contested_by_all_that_it_says_and_for_its_own_reason(
    place: Place, client: Client
) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(days=2))
    await place.hear(recorded(2, "form_submitted", at=place.clock.now()))
    receipt = (await client.get(f"/v1/leads/{LEAD}/score")).json()
    lines = [line for line in receipt["lines"] if " form: " in line]
    assert len(lines) == 2

    async def contest(line: str, reason: str) -> str:
        body = {"line": line, "reason": reason}
        made = await client.post(f"/v1/scores/{receipt['receipt']}/contest", body)
        assert (made.status_code, made.json()["line"]) == (200, "form")
        return str(made.json()["said"])

    first, second = (line.replace(" form:", ":") for line in lines)
    assert await contest(lines[0], "they did not send it") == first
    assert await contest(lines[1], "it was a test") == second
    assert await contest("form", "they have no form") == f"{first}; {second}"
    assert await contest(lines[1], "it was a test of ours") == second

    [doubt] = [one for one in (await client.get("/v1/scores/contests")).json() if one["contests"]]
    assert {(contest["said"], contest["reason"]) for contest in doubt["contests"]} == {
        (first, "they did not send it"),
        (second, "it was a test of ours"),
        (f"{first}; {second}", "they have no form"),
    }
    body = {"line": lines[0], "note": "forms count once a day"}
    unknown = await client.post(f"/v1/scores/{receipt['receipt']}/settle", body, Role.MARKETING)
    assert (unknown.status_code, "contests are listed by rule" in unknown.json()["detail"]) == (404, True)
    body["line"] = "form"
    settled = await client.post(f"/v1/scores/{receipt['receipt']}/settle", body, Role.MARKETING)
    assert settled.json() == {"settled": 3}


async def test_without_a_reason_nothing_is_contested_or_settled(place: Place, client: Client) -> None:
    await place.hear(captured())
    for path, body in (
        ("contest", {"line": "size", "reason": " "}),
        ("settle", {"line": "size", "note": "\t"}),
    ):
        answer = await client.post(f"/v1/scores/{RECEIPT}/{path}", body, Role.MARKETING)
        assert (answer.status_code, answer.json()["field"]) == (422, list(body)[-1])


async def test_a_line_that_is_not_there_can_not_be_contested(place: Place, client: Client) -> None:
    await place.hear(captured())
    answer = await client.post(f"/v1/scores/{RECEIPT}/contest", {"line": "seize", "reason": "?"})
    assert answer.status_code == 404
    assert "its lines are: 'form', 'decision maker'" in answer.json()["detail"]


async def test_only_sales_and_marketing_contest_and_only_marketing_settles(
    place: Place, client: Client
) -> None:
    await place.hear(captured())
    body = {"line": "size", "reason": "no", "note": "no"}
    assert (await client.post(f"/v1/scores/{RECEIPT}/contest", body, Role.SOURCE)).status_code == 403
    assert (await client.post(f"/v1/scores/{RECEIPT}/settle", body, "rita")).status_code == 403
    assert (await client.post(f"/v1/scores/{RECEIPT}/settle", body, Role.MARKETING)).status_code == 404
