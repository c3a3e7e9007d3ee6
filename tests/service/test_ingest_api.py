"""Ingest's endpoints: whose request is a repeat, whose id is whose, and what the OpenAPI page says."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from services.ingest.api import Reception, create_router
from services.ingest.api.documents import lead_schema
from services.ingest.domain.sources import FIELDS, Kind, Source
from services.ingest.handlers import AnotherBody, Receipt, arrival_of
from shared.runtime.http import Gate, join
from shared.terms import Role
from shared.testing.leads import NOON
from tests.service.ingest_place import IngestPlace, counted, ingest_at

ANA = {"email": "ana@northwind.example", "title": "Director"}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[IngestPlace]:
    """For what no database can change."""
    async with ingest_at(f"sqlite:///{tmp_path}/ingest.db", tmp_path) as place:
        yield place


async def activities(ingest: IngestPlace, lead: str) -> int:
    return int((await ingest.call("GET", f"/v1/leads/{lead}")).json()["activities"])


async def test_without_a_key_the_same_again_is_one_more_activity(ingest: IngestPlace) -> None:
    first = (await ingest.call("POST", "/v1/leads", json=ANA)).json()
    second = (await ingest.call("POST", "/v1/leads", json=ANA)).json()
    assert first == second == {"lead": first["lead"], "repeated": False, "own_id": None, "doubts": {}}
    assert await activities(ingest, first["lead"]) == 2


async def test_what_nothing_could_be_made_of_is_said(ingest: IngestPlace) -> None:
    body = {"email": "ana@northwind.example", "phone": "soon", "company": {"employees": "many"}}
    answer = (await ingest.call("POST", "/v1/leads", json=body)).json()
    assert sorted(answer["doubts"]) == ["company.employees", "phone"]
    assert answer["doubts"]["company.employees"] == "is not a number: write it as 120, 11-50 or 1000+"


async def test_with_a_key_the_same_again_does_nothing(ingest: IngestPlace) -> None:
    headers = {"Idempotency-Key": "one"}
    first = (await ingest.call("POST", "/v1/leads", json=ANA, headers=headers)).json()
    again = (await ingest.call("POST", "/v1/leads", json=ANA, headers=headers)).json()
    assert (again["lead"], again["repeated"]) == (first["lead"], True)
    assert await activities(ingest, first["lead"]) == 1


async def test_the_same_idempotency_key_with_another_body_is_an_error(ingest: IngestPlace) -> None:
    headers = {"Idempotency-Key": "one"}
    await ingest.call("POST", "/v1/leads", json=ANA, headers=headers)
    other = await ingest.call("POST", "/v1/leads", json={"email": "bea@northwind.example"}, headers=headers)
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert len(await ingest.rows("ingest_leads")) == 1


async def test_one_key_for_two_bodies_in_one_group_is_an_error_for_the_second(ingest: IngestPlace) -> None:
    source = Source("crm", Kind.STANDARD)
    group = [
        replace(arrival_of(source, json.dumps(one).encode(), "one", NOON, None), body_matters=True)
        for one in (ANA, {"email": "bea@northwind.example"}, ANA)
    ]
    first, other, again = await ingest.reception.take_in_all(group)
    assert isinstance(first, Receipt)
    assert isinstance(other, AnotherBody)
    assert again == Receipt(first.lead, repeated=True)
    assert len(await ingest.rows("ingest_leads")) == 1


async def test_two_callers_may_use_the_same_key(ingest: IngestPlace) -> None:
    headers = {"Idempotency-Key": "one"}
    await ingest.call("POST", "/v1/leads", json=ANA, headers=headers)
    theirs = ingest.ring.add("another", Role.SOURCE)
    answer = await ingest.call("POST", "/v1/leads", json=ANA, headers=headers, key=theirs)
    assert (answer.status_code, answer.json()["repeated"]) == (202, False)


async def test_a_key_whose_first_request_was_wrong_is_still_good(ingest: IngestPlace) -> None:
    headers = {"Idempotency-Key": "one"}
    wrong = await ingest.call("POST", "/v1/leads", json={"email": "ana"}, headers=headers)
    right = await ingest.call("POST", "/v1/leads", json=ANA, headers=headers)
    assert (wrong.status_code, wrong.json()["field"], right.status_code) == (422, "email", 202)


async def test_a_lead_without_identity_names_what_is_missing(on_sqlite: IngestPlace) -> None:
    answer = await on_sqlite.call("POST", "/v1/leads", json={"title": "VP"})
    assert answer.status_code == 422
    assert "email" in answer.json()["detail"]


async def test_two_callers_who_count_from_one_do_not_share_their_customers(ingest: IngestPlace) -> None:
    ours = (await ingest.call("POST", "/v1/leads", json={"own_id": 1})).json()
    key = ingest.ring.add("another", Role.SOURCE)
    theirs = (await ingest.call("POST", "/v1/leads", json={"own_id": 1}, key=key)).json()
    assert ours["lead"] != theirs["lead"]
    for one in (ours, theirs):
        found = await ingest.call("GET", "/v1/leads", params={"own_id": one["own_id"]})
        assert found.json() == {"leads": [one["lead"]]}


async def test_a_source_by_name_is_the_same_for_every_caller_and_every_way_in(ingest: IngestPlace) -> None:
    path = "/v1/leads?source=crm"
    first = (await ingest.call("POST", path, json={"own_id": "7#x:y"})).json()
    key = ingest.ring.add("another", Role.SOURCE)
    second = (await ingest.call("POST", path, json={"own_id": "7#x:y"}, key=key)).json()
    table = {"source": "crm", "rows": [{"own_id": "7#x:y"}]}
    third = (await ingest.call("POST", "/v1/imports", json=table)).json()["rows"][0]
    assert first["lead"] == second["lead"] == third["lead"]
    assert first["own_id"] == "crm:7#x:y"
    found = await ingest.call("GET", "/v1/leads", params={"own_id": "crm:7#x:y"})
    assert found.json() == {"leads": [first["lead"]]}
    assert (await ingest.call("GET", f"/v1/leads/{first['lead']}")).json()["own_ids"] == {"crm": "7#x:y"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/leads?own_id=7", 422),
        ("/v1/leads?own_id=crm:", 422),
        ("/v1/leads?own_id=crm:7", 200),
        ("/v1/leads", 422),
        ("/v1/leads?email=ana", 422),
        ("/v1/leads?email=a@b.example&phone=%2B351912345678", 422),
        ("/v1/leads/nobody", 404),
    ],
)
async def test_a_question_that_can_not_be_answered_says_why(
    on_sqlite: IngestPlace, path: str, status: int
) -> None:
    answer = await on_sqlite.call("GET", path)
    assert answer.status_code == status
    assert status == 200 or answer.json()["detail"]


async def test_a_person_is_found_however_they_are_written(on_sqlite: IngestPlace) -> None:
    lead = {"email": "Ana@Northwind.example", "phone": "+351 912 345 678"}
    made = (await on_sqlite.call("POST", "/v1/leads", json=lead)).json()["lead"]
    for query in ("email=ANA@northwind.example", "phone=%2B351912345678", "phone=+351 912-345-678"):
        assert (await on_sqlite.call("GET", f"/v1/leads?{query}")).json() == {"leads": [made]}


async def test_a_lead_is_shown_with_who_said_what(on_sqlite: IngestPlace) -> None:
    shown = (await on_sqlite.call("POST", "/v1/leads", json=ANA)).json()["lead"]
    assert (await on_sqlite.call("GET", f"/v1/leads/{shown}")).json() == {
        "lead": shown,
        "ending": None,
        "merged_into": None,
        "earlier": None,
        "later": None,
        "activities": 1,
        "person": {"title": "Director"},
        "email": ANA["email"],
        "company": {"domain": "northwind.example"},
        "consent": "unknown",
        "own_ids": {},
        "said_by": {name: shown_by(on_sqlite) for name in ("title", "email", "company.domain")},
    }


def shown_by(ingest: IngestPlace) -> str:
    return "api-" + ingest.ring.principals()[0].id


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"[]", "body: is not a JSON object"),
        (b"\xff", "body: is not JSON"),
        (b'{"rows": []}', "rows: "),
        (b'{"rows": [1]}', "rows.0: "),
        (b'{"source": "Fair 2026", "rows": [{"own_id": 1}]}', "source: "),
        (b'{"rows": [{"own_id": NaN}]}', "body: is not JSON"),
        (b'{"rows": [{"own_id": "\\ud800"}]}', "body: is not JSON"),
    ],
)
async def test_a_table_that_is_none_says_what_is_wrong(
    on_sqlite: IngestPlace, body: bytes, detail: str
) -> None:
    answer = await on_sqlite.call("POST", "/v1/imports", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)


async def test_an_import_takes_the_good_rows_and_says_why_not_the_others(ingest: IngestPlace) -> None:
    table = {"source": "fair", "rows": [{"own_id": "1"}, {"title": "nobody"}, {"own_id": "2"}]}
    rows = (await ingest.call("POST", "/v1/imports", json=table)).json()["rows"]
    assert [row["error"] is None for row in rows] == [True, False, True]
    again = (await ingest.call("POST", "/v1/imports", json=table)).json()["rows"]
    assert [row["repeated"] for row in again] == [True, False, True]
    assert [row["lead"] for row in again] == [row["lead"] for row in rows]
    assert len(await ingest.said()) == 2


async def test_a_table_in_which_nothing_is_good_does_no_harm(ingest: IngestPlace) -> None:
    answer = await ingest.call("POST", "/v1/imports", json={"rows": [{"title": "nobody"}] * 2})
    assert [row["lead"] for row in answer.json()["rows"]] == [None, None]
    assert await ingest.kept() == ""


async def test_rows_go_in_although_one_can_not_be_said(
    ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.tx.EVENT_BYTES_MAX", 1500)
    rows = [{"own_id": "1"}, {"own_id": "2", "activity": {"message": "x" * 1500}}, {"own_id": "3"}]
    answer = await ingest.call("POST", "/v1/imports", json={"rows": rows})
    assert [bool(row["lead"]) for row in answer.json()["rows"]] == [True, False, True]
    assert "1500" in answer.json()["rows"][1]["error"]


@pytest.mark.parametrize(
    ("path", "too_many"), [("/v1/leads", 2 * 1024 * 1024 + 1), ("/v1/imports", 8 * 1024 * 1024 + 1)]
)
async def test_what_is_too_big_is_refused_and_never_held(
    on_sqlite: IngestPlace, path: str, too_many: int
) -> None:
    taken = 0

    async def too_much() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < too_many * 2:
            taken += 65536
            yield b" " * 65536

    stranger = await on_sqlite.client.post(path, content=too_much())
    assert (stranger.status_code, taken) == (401, 0)
    answer = await on_sqlite.call("POST", path, content=too_much())
    assert answer.status_code == 413
    assert taken <= too_many + 65536


async def test_what_programs_name_themselves_does_not_become_figures(on_sqlite: IngestPlace) -> None:
    before = [counted("baton_source_submissions", source=edge) for edge in ("api", "import", "crm")]
    await on_sqlite.call("POST", "/v1/leads?source=crm", json=ANA)
    await on_sqlite.call("POST", "/v1/imports", json={"source": "crm", "rows": [{"own_id": "1"}]})
    after = [counted("baton_source_submissions", source=edge) for edge in ("api", "import", "crm")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 0]


@pytest.fixture
def page(on_sqlite: IngestPlace) -> dict[str, Any]:
    """The OpenAPI page, as somebody reads it."""
    app = FastAPI()
    join(app, create_router(on_sqlite.service, Gate(on_sqlite.ring), Reception(on_sqlite.service)))
    return app.openapi()


def test_every_endpoint_says_what_it_does_and_what_can_go_wrong(page: dict[str, Any]) -> None:
    operations = [(path, operation) for path, each in page["paths"].items() for operation in each.values()]
    assert len(operations) == 13
    for path, operation in operations:
        assert operation["summary"]
        assert operation["description"]
        wrong = {code: answer for code, answer in operation["responses"].items() if code[0] in "45"}
        assert {"401", "503"} <= wrong.keys()
        assert ("403" in wrong) is path.startswith("/v1/"), "a webhook has a signature, and no key"
        for answer in wrong.values():
            assert list(answer["content"]) == ["application/problem+json"]
        assert "Retry-After" in wrong["503"]["headers"]


def test_what_may_be_sent_is_written_down_field_by_field(page: dict[str, Any]) -> None:
    body = page["paths"]["/v1/leads"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    groups = {name: part["properties"] for name, part in body["properties"].items() if "properties" in part}
    plain = body["properties"].keys() - groups.keys()
    nested = {f"{group}.{name}" for group, names in groups.items() for name in names}
    assert plain | nested == set(FIELDS) - {"delivery_id"}
    assert "rows" in json.dumps(page["paths"]["/v1/imports"]["post"]["requestBody"])


async def test_the_example_on_the_page_works(on_sqlite: IngestPlace) -> None:
    answer = await on_sqlite.call("POST", "/v1/leads", json=lead_schema()["example"])
    assert answer.status_code == 202
    known = (await on_sqlite.call("GET", f"/v1/leads/{answer.json()['lead']}")).json()
    assert (known["person"]["name"], known["company"]["employees"]) == ("Ana Silva", 120)


async def test_what_a_table_means_is_one_line_of_text(ingest: IngestPlace) -> None:
    for written, meant in (("fair\0 visited", "fair visited"), (" ", "imported")):
        table = {"activity": written, "rows": [{"email": f"{meant[:4]}@northwind.example"}]}
        assert (await ingest.call("POST", "/v1/imports", json=table)).status_code == 200
        [captured] = await ingest.said()
        assert captured.event.activity.type == meant
