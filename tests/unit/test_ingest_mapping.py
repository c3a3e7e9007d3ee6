"""Somebody else's JSON in our words: what is found, what is cut, what is doubted, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mapping import submission_from, submission_of
from services.ingest.domain.reading import employees, read_json, word
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import CannotUnderstand, Ignored, Submission
from shared.contracts.values import Company, Person
from shared.terms import Consent

NOW = datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)
API = Source("api", Kind.STANDARD, how="api")
EMAIL = "ana.silva@northwind.example"
WEBSITE = Source(
    "website",
    Kind.STANDARD,
    fields={
        "email": "data.contact.email",
        "name": "data.contact.names.0",
        "title": "data.contact.title",
        "phone": "data.contact.phone",
        "country": "data.contact.country",
        "language": "data.contact.locale",
        "company.name": "data.company.name",
        "company.employees": "data.company.size",
        "consent": "data.newsletter",
        "activity.type": "type",
        "activity.at": "timestamp",
        "activity.url": "data.page",
        "source": "data.utm.source",
    },
    activity_types={"lead.demo": "demo_requested"},
    campaign="website-2026",
)
PAYLOAD: dict[str, Any] = {
    "type": "lead.demo",
    "timestamp": "2026-01-05T10:10:00+01:00",
    "data": {
        "contact": {"email": "Ana.Silva@northwind.example", "names": ["Ana Silva"], "title": "Head of Ops"}
        | {"phone": "21 000 0000", "country": "Portugal", "locale": "pt-PT"},
        "company": {"name": "Northwind", "size": "11-50"},
        "newsletter": True,
        "page": "https://www.acme.example/demo",
        "utm": {"source": "newsletter"},
    },
}


def read(**row: object) -> Submission:
    return submission_from(API, row, NOW)


def refusal(**row: object) -> CannotUnderstand:
    with pytest.raises(CannotUnderstand) as refused:
        read(**row)
    return refused.value


def test_a_mapped_payload_is_read_whole() -> None:
    said = submission_of(WEBSITE, json.dumps(PAYLOAD).encode(), NOW, "msg_1")
    assert isinstance(said, Submission)
    assert said.person == Person(
        name="Ana Silva", title="Head of Ops", phone="+351210000000", language="pt", country="PT"
    )
    assert said.email
    assert said.email.address == EMAIL
    assert said.company == Company(name="Northwind", domain="northwind.example", employees=11)
    assert (said.connector, said.source, said.campaign, said.how) == (
        "website",
        "newsletter",
        "website-2026",
        "form",
    )
    assert (said.consent, said.delivery_id, said.doubts) == (Consent.GRANTED, "msg_1", ())
    activity = said.activity(7)
    assert (activity.seq, activity.type, activity.source) == (7, "demo_requested", "newsletter")
    assert activity.at == datetime(2026, 1, 5, 9, 10, tzinfo=UTC)
    assert activity.url == "https://www.acme.example/demo"


def test_a_row_may_name_its_columns_as_we_name_our_fields() -> None:
    said = read(own_id=4821, **{"company.name": "Northwind", "activity": {"type": "Demo Requested"}})
    assert (said.own_id, said.company.name, said.act.type) == ("4821", "Northwind", "demo_requested")
    assert (said.email, said.source, said.how) == (None, "api", "api")


@pytest.mark.parametrize(
    ("written", "kept"), [("01234", "01234"), (1050, "1050"), (" SW1A 1AA ", "SW1A 1AA")]
)
def test_a_postal_code_is_kept_as_it_is_written(written: object, kept: str) -> None:
    assert read(email=EMAIL, postal_code=written).person.postal_code == kept


def test_what_a_source_does_not_map_is_not_guessed() -> None:
    assert submission_from(WEBSITE, {"email": EMAIL, **PAYLOAD}, NOW).person.region is None


@pytest.mark.parametrize("row", [{}, {"name": "Ana"}, {"email": ""}, {"email": None, "own_id": "  "}])
def test_nobody_is_no_lead(row: dict[str, object]) -> None:
    assert str(refusal(**row)) == (
        "email: is missing, and so are phone and own_id: one of them must say who this is"
    )


def test_the_refusal_of_a_nobody_names_what_was_wrong_with_what_was_given() -> None:
    assert refusal(email="ana@").field == "email"
    assert refusal(phone="21 000 0000").field == "phone"


def test_a_wrong_address_beside_another_identity_is_a_doubt_and_no_refusal() -> None:
    said = read(email="ana@", own_id="7")
    assert said.email is None
    assert said.doubts == (("email", "is not an e-mail address: write it as name@company.com"),)


def test_a_number_that_identifies_nobody_is_kept_as_written_and_doubted() -> None:
    said = read(email=EMAIL, phone="21 000 0000")
    assert (said.person.phone, said.phone_e164) == ("21 000 0000", None)
    assert [field for field, _ in said.doubts] == ["phone"]


def test_what_cannot_be_read_as_what_it_should_be_is_left_out_with_its_reason() -> None:
    said = read(
        email=EMAIL,
        country="Atlantis",
        language="Portuguese please",
        company={"employees": "many", "domain": "no site", "country": "Atlantis"},
    )
    assert (said.person.country, said.person.language) == (None, None)
    assert said.company == Company(domain="northwind.example")
    assert [field for field, _ in said.doubts] == [
        "company.country",
        "company.domain",
        "company.employees",
        "country",
        "language",
    ]


def test_a_long_description_is_cut_and_no_lead_waits_for_it() -> None:
    said = read(email=EMAIL, title="x" * 201, activity={"url": "u" * 2001, "product": "p" * 200})
    assert said.person.title == "x" * 199 + "…"
    assert said.act.url == "u" * 1999 + "…"
    assert said.act.product == "p" * 200


@pytest.mark.parametrize("field", ["own_id", "delivery_id", "email"])
def test_a_long_id_is_refused_because_a_part_of_it_is_another_id(field: str) -> None:
    assert refusal(**{"own_id": "7", field: "x" * 300}).field == field


@pytest.mark.parametrize("value", [{}, [], ["ana"], {"a": 1}, 10**40])
def test_a_value_of_the_wrong_type_is_refused_by_name(value: object) -> None:
    refused = refusal(email=EMAIL, title=value)
    assert str(refused) == "title: is not a plain value: a text or a number is expected here"


def test_invisible_characters_do_not_reach_the_database() -> None:
    assert read(email=EMAIL, name=" Ana\x00\u200b\r\n Silva\ufeff ").person.name == "Ana Silva"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-01-05T09:12:00Z", datetime(2026, 1, 5, 9, 12, tzinfo=UTC)),
        ("2026-01-05 10:12:00.5+01:00", datetime(2026, 1, 5, 9, 12, 0, 500000, tzinfo=UTC)),
        ("2025-12-31", datetime(2025, 12, 31, tzinfo=UTC)),
        (1767604320, datetime(2026, 1, 5, 9, 12, tzinfo=UTC)),
        ("1767604320", datetime(2026, 1, 5, 9, 12, tzinfo=UTC)),
        (1767604320.25, datetime(2026, 1, 5, 9, 12, 0, 250000, tzinfo=UTC)),
        (1767604320000, datetime(2026, 1, 5, 9, 12, tzinfo=UTC)),
        (None, NOW),
        ("", NOW),
        ("2031-01-01T00:00:00Z", NOW),
    ],
)
def test_an_instant_is_read_and_never_lies_ahead(written: object, at: datetime) -> None:
    assert read(email=EMAIL, activity={"at": written}).act.at == at


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-05T09:12:00",
        "yesterday",
        "-5",
        "0",
        "1e9",
        "١٧",
        "0001-01-01T00:00:00+14:00",
        True,
        [],
        "9" * 15,
    ],
)
def test_what_is_no_instant_is_refused_by_name(written: object) -> None:
    assert refusal(email=EMAIL, activity={"at": written}).field == "activity.at"


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("120", 120),
        ("120.0", 120),
        ("11-50", 11),
        ("51 – 200 employees", 51),
        ("1,000+", 1000),
        ("10.001 to 50.000", 10001),
        ("many", None),
        ("-5", None),
        ("2.5", None),
        ("1e9", None),
        ("99999999999", None),
        ("<10", None),
        ("", None),
    ],
)
def test_a_number_of_employees_is_the_lower_end_of_what_is_said(written: str, count: int | None) -> None:
    assert employees(written) == count


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Demo Requested", "demo_requested"),
        ("form.submitted", "form.submitted"),
        ("  PageView!", "pageview"),
        ("…", ""),
    ],
)
def test_a_name_is_spelled_as_a_rule_would(theirs: str, ours: str) -> None:
    assert word(theirs) == ours


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b'"x"',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b"{} {}",
        b"[" * 10**5,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_a_body_that_is_no_sound_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(CannotUnderstand, match=r"^body: "):
        read_json(body)


def test_the_deepest_allowed_body_is_read() -> None:
    assert read_json(b'{"a":' * 31 + b"{}" + b"}" * 31)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("aé@.+1\x00", max_size=9)
)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from(["type", "at"]), scalars)
rows = st.dictionaries(st.sampled_from([*sorted(API.fields), "activity", "company"]), values)


@given(rows)
def test_a_row_of_any_shape_is_read_or_refused_by_name(row: dict[str, object]) -> None:
    try:
        said = submission_from(API, row, NOW)
    except CannotUnderstand as refused:
        named = refused.field
    else:
        assert said.email or said.own_id or said.phone_e164
        assert said.act.at <= NOW
        assert said.act.type
        named = "email"
    assert named in API.fields


@given(st.binary(max_size=60), st.sampled_from([WEBSITE, Source("forms", Kind.TYPEFORM)]))
def test_bytes_of_any_kind_are_read_or_refused(body: bytes, source: Source) -> None:
    with pytest.raises(CannotUnderstand):
        submission_of(source, body, NOW)


def test_ignoring_is_not_reading() -> None:
    half_filled = b'{"event_type":"form_response_partial"}'
    assert isinstance(submission_of(Source("forms", Kind.TYPEFORM), half_filled, NOW), Ignored)
