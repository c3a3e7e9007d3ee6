"""The webhook route: who is let in, what everybody else is told, and what is counted."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from deploy.generate import openapi
from services.ingest.domain.sources import sources_from
from shared.contracts.ingest import ActivityRecorded, LeadCaptured
from shared.db.database import DatabaseUnavailable, Work
from shared.runtime.parking import list_parked
from shared.runtime.trace import valid
from tests.service.ingest_place import SECRET, SOURCES, IngestPlace, counted, ingest_at

ANA = {"email": "ana@northwind.example", "title": "Director"}
BODY = json.dumps({"data": ANA}).encode()
T = TypeVar("T")
OTHER_SECRET = "whsec_" + "B" * 44
EMAIL_ANSWER = {"type": "email", "email": ANA["email"], "field": {"ref": "email"}}


@pytest.fixture
async def ingest(database_url: str, tmp_path: Path) -> AsyncIterator[IngestPlace]:
    async with ingest_at(database_url, tmp_path) as place:
        yield place


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[IngestPlace]:
    """For what no database can change."""
    async with ingest_at(f"sqlite:///{tmp_path}/ingest.db", tmp_path) as place:
        yield place


def outcomes(*names: str, source: str = "website") -> dict[str, float]:
    return {name: counted("baton_webhook", source=source, outcome=name) for name in names}


async def test_every_outcome_is_counted_by_its_source(ingest: IngestPlace) -> None:
    names = ("accepted", "repeated", "parked", "wrong_signature", "expired", "413", "405")
    before = outcomes(*names)
    for id, secret, age_s in (("1", SECRET, 0), ("1", SECRET, 0), ("2", OTHER_SECRET, 0), ("3", SECRET, 301)):
        await ingest.post(ANA, id, secret=secret, age_s=age_s)
    await ingest.post({"title": "nobody"}, "4")
    await ingest.post_bytes(b"x" * (2 * 1024 * 1024 + 1))
    await ingest.client.get("/hooks/website")
    assert {name: now - before[name] for name, now in outcomes(*names).items()} == dict.fromkeys(names, 1)


async def test_names_that_nobody_gave_do_not_become_figures(on_sqlite: IngestPlace) -> None:
    before = outcomes("404", source="unknown")
    for name in ("a", "b", "", "website/x"):
        answer = await on_sqlite.client.post(f"/hooks/{name}", content=BODY)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert outcomes("404", source="unknown")["404"] == before["404"] + 4
    assert outcomes("404", source="a")["404"] == 0


async def test_the_fields_that_a_source_sends_are_counted_once_a_delivery(ingest: IngestPlace) -> None:
    def seen() -> list[float]:
        fields = [
            counted("baton_source_field_presence", source="website", field=f) for f in ("title", "phone")
        ]
        return [counted("baton_source_submissions", source="website"), *fields]

    before = seen()
    await ingest.post(ANA, "msg_1")
    await ingest.post(ANA, "msg_1")
    assert [now - then for now, then in zip(seen(), before, strict=True)] == [1, 1, 0]
    never = {"source": "website", "field": "phone"}  # It is shown too: what has no series can not be missed.
    assert REGISTRY.get_sample_value("baton_source_field_presence_total", never) == before[2]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_webhooks_are_only_posted(on_sqlite: IngestPlace, method: str) -> None:
    answer = await on_sqlite.client.request(method, "/hooks/website")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_an_address_may_end_with_a_slash(on_sqlite: IngestPlace) -> None:
    answer = await on_sqlite.client.post(
        "/hooks/website/", content=BODY, headers=on_sqlite.signed(BODY, "msg_1")
    )
    assert answer.status_code == 202


async def test_without_a_signature_nothing_is_taken(on_sqlite: IngestPlace) -> None:
    answer = await on_sqlite.client.post("/hooks/website", content=BODY)
    assert (answer.status_code, answer.json()["reason"]) == (401, "missing_signature")
    assert await on_sqlite.rows("ingest_deliveries") == []


async def test_while_a_secret_is_changed_both_are_good(on_sqlite: IngestPlace) -> None:
    website = {**SOURCES["sources"]["website"], "secrets": [OTHER_SECRET, SECRET]}
    on_sqlite.sources.update(sources_from({"sources": {"website": website}}))
    assert (await on_sqlite.post(ANA, "msg_1")).status_code == 202
    assert (await on_sqlite.post(ANA, "msg_2", secret=OTHER_SECRET)).status_code == 202
    assert (await on_sqlite.post(ANA, "msg_3", secret="whsec_" + "C" * 44)).status_code == 401


async def test_the_raw_body_is_kept_to_the_byte(ingest: IngestPlace) -> None:
    body = b'  {"data" :{"email":"ana@northwind.example","title":"\xc3\x89lan \\u00e9"},"x":1.0}\n\n'
    assert (await ingest.post_bytes(body)).status_code == 202
    [row] = await ingest.rows("ingest_deliveries")
    assert row.body == body


async def test_what_puzzles_is_kept_in_one_place(ingest: IngestPlace) -> None:
    await ingest.post_bytes(b"not JSON, from ana@northwind.example")
    [parked] = await ingest.rows("ingest_parked")
    assert parked.value == b"not JSON, from ana@northwind.example"
    [delivery] = await ingest.rows("ingest_deliveries")
    assert (delivery.body, delivery.submission, delivery.lead_id) == (None, None, None)


async def test_what_puzzles_is_parked_once_however_often_it_comes(ingest: IngestPlace) -> None:
    first = await ingest.post({"title": "nobody"})
    again = await ingest.post({"title": "nobody"})
    assert first.json()["parked"].startswith("email: ")
    assert again.json() == {"lead": None, "repeated": True}
    assert len(await ingest.service.read(list_parked)) == 1


async def test_the_senders_trace_goes_on(ingest: IngestPlace) -> None:
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await ingest.post_bytes(BODY, "msg_1", traceparent=theirs)
    await ingest.post_bytes(BODY, "msg_2", traceparent="x" * 65)
    first, second = await ingest.said()
    assert first.traceparent == theirs
    assert valid(second.traceparent) not in (None, theirs)


async def test_what_can_not_be_said_is_parked_and_acknowledged(
    ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.tx.EVENT_BYTES_MAX", 100)
    answer = await ingest.post(ANA)
    assert answer.status_code == 202
    assert "at most 100" in answer.json()["parked"]
    assert [row.value for row in await ingest.rows("ingest_parked")] == [BODY]
    assert await ingest.rows("ingest_leads") == await ingest.rows("ingest_identities") == []


async def test_a_form_is_read_where_its_answers_stand(ingest: IngestPlace) -> None:
    form = {
        "token": "t1",
        "submitted_at": "2026-11-02T11:59:00Z",
        "definition": {"title": "Talk to us"},
        "hidden": {"utm_source": "newsletter"},
        "answers": [EMAIL_ANSWER, {"type": "text", "text": "Pricing?", "field": {"ref": "activity_message"}}],
    }
    first = await ingest.post_form(form, event_id="e1")
    again = await ingest.post_form(form, event_id="e1")
    more = await ingest.post_form({**form, "token": "t2"}, event_id="e2")
    assert again.json() == {"lead": first.json()["lead"], "repeated": True}
    assert more.json() == {"lead": first.json()["lead"], "repeated": False}
    captured, recorded = [event.event for event in await ingest.said()]
    assert isinstance(captured, LeadCaptured)
    assert (captured.source, captured.campaign, captured.activity.message) == (
        "newsletter",
        "Talk to us",
        "Pricing?",
    )
    assert isinstance(recorded, ActivityRecorded)
    assert (recorded.activity.seq, recorded.activity.own_id) == (2, "t2")


async def test_a_form_left_half_filled_is_acknowledged_and_forgotten(ingest: IngestPlace) -> None:
    before = outcomes("ignored", source="form")
    answer = await ingest.post_form(
        {"token": "t1", "answers": [EMAIL_ANSWER]}, event_type="form_response_partial"
    )
    assert (answer.status_code, answer.json()) == (202, {"lead": None, "repeated": False})
    assert outcomes("ignored", source="form")["ignored"] == before["ignored"] + 1
    assert await ingest.said() == []
    assert "northwind" not in await ingest.kept()


async def test_a_form_with_a_wrong_signature_is_refused(on_sqlite: IngestPlace) -> None:
    answer = await on_sqlite.client.post(
        "/hooks/form", content=BODY, headers={"typeform-signature": "sha256=" + "A" * 43 + "="}
    )
    assert (answer.status_code, answer.json()["reason"]) == (401, "wrong_signature")


async def test_when_the_database_is_down_nothing_is_acknowledged(
    ingest: IngestPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = ingest.service.database

    async def falls_before_the_commit(work: Work[Any]) -> Any:
        def whole(conn: Any) -> Any:
            work(conn)
            raise DatabaseUnavailable("gone before the commit")

        return database.tx_inline(whole)

    before = outcomes("503")
    monkeypatch.setattr(database, "tx", falls_before_the_commit)
    hook = await ingest.post(ANA)
    lead = await ingest.call("POST", "/v1/leads", json=ANA)
    table = await ingest.call("POST", "/v1/imports", json={"rows": [ANA, {"own_id": "2"}]})
    for answer in (hook, lead, table):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
    assert outcomes("503")["503"] == before["503"] + 1
    monkeypatch.undo()
    assert await ingest.kept() == ""
    assert (await ingest.post(ANA)).json()["repeated"] is False


async def _hang_up() -> dict[str, Any]:
    return {"type": "http.disconnect"}


async def test_whoever_hangs_up_is_counted_and_gets_no_answer(on_sqlite: IngestPlace) -> None:
    before = outcomes("hung_up")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/hooks/website", "headers": []}
    await on_sqlite.app(scope, _hang_up, send)
    assert sent == []
    assert outcomes("hung_up")["hung_up"] == before["hung_up"] + 1


_plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_json = st.recursive(_plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
_fields = st.sampled_from(["email", "phone", "title", "consent", "message"])
_strange = st.one_of(
    st.binary(max_size=200),
    _json.map(lambda said: json.dumps(said).encode()),
    st.dictionaries(_fields, _json).map(lambda said: json.dumps({"data": said}).encode()),
    st.text().map(lambda text: json.dumps({"data": {"email": "a@b.example", "title": text}}).encode()),
)


_header = st.tuples(
    st.sampled_from([b"webhook-id", b"webhook-signature", b"webhook-timestamp", b"traceparent"]),
    st.binary(max_size=80),
)


def examples(strategy: st.SearchStrategy[T]) -> list[T]:
    """What the strategy thinks of; tried in a place that lives for the whole test."""
    found: list[T] = []

    def keep(one: T) -> None:
        found.append(one)

    given(strategy)(keep)()
    return found


async def test_whatever_is_signed_is_acknowledged(ingest: IngestPlace) -> None:
    bodies = set(examples(_strange))
    for number, body in enumerate(bodies):
        answer = await ingest.post_bytes(body, f"msg_{number}")
        assert answer.status_code == 202, body
    assert len(await ingest.rows("ingest_deliveries")) == len(bodies)


async def test_whatever_is_not_signed_is_refused_politely(on_sqlite: IngestPlace) -> None:
    for body, header in examples(st.tuples(_strange, _header)):
        headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
        raw = [
            (name.encode(), value.encode()) for name, value in headers.items() if name.encode() != header[0]
        ]
        request = httpx.Request("POST", "http://t/hooks/website", content=body, headers=[*raw, header])
        assert (await on_sqlite.client.send(request)).status_code == 401, (body, header)
    assert await on_sqlite.rows("ingest_deliveries") == []


async def test_a_webhook_is_answered_as_the_page_says(on_sqlite: IngestPlace) -> None:
    page = openapi("ingest") or {}
    answers = page["paths"]["/hooks/{source}"]["post"]["responses"]
    taken = page["components"]["schemas"]["HookTaken"]["properties"]
    for answer in (
        await on_sqlite.post({"email": "ana@northwind.example"}),
        await on_sqlite.post_bytes(b"[]"),
    ):
        assert str(answer.status_code) in answers
        assert answer.json().keys() <= taken.keys()
    for wrong in (
        await on_sqlite.post({}, secret="whsec_" + "C" * 44),
        await on_sqlite.client.post("/hooks/nobody"),
    ):
        assert str(wrong.status_code) in answers
