"""Typeform's forms: answers by ref, the usual places for what nobody mapped, shapes that are not theirs."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.mapping import submission_of
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import CannotUnderstand, Ignored, Submission
from shared.contracts.values import Company, Person

NOW = datetime(2026, 1, 5, 9, 13, tzinfo=UTC)
FORMS = Source(
    "forms",
    Kind.TYPEFORM,
    fields={"name": "full_name", "company.employees": "company_size", "company.name": "hidden.account"},
    activity="demo_requested",
)


def answer(kind: str, value: object, ref: str) -> dict[str, Any]:
    return {"type": kind, kind: value, "field": {"id": "f" + ref, "ref": ref, "type": kind}}


FORM: dict[str, Any] = {
    "event_id": "01JGXTYPEFORMDEV01",
    "event_type": "form_response",
    "form_response": {
        "form_id": "A1b2C3",
        "token": "6f3e",
        "landed_at": "2026-01-05T09:10:00Z",
        "submitted_at": "2026-01-05T09:12:44Z",
        "hidden": {"utm_source": "newsletter", "utm_campaign": "q1-demo", "account": "Northwind"},
        "definition": {"id": "A1b2C3", "title": "Book a demo", "fields": []},
        "answers": [
            answer("text", "Ana Silva", "full_name"),
            answer("email", "ana.silva@northwind.example", "work_email"),
            answer("email", "ana@home.example", "private_email"),
            answer("phone_number", "+351210000000", "phone_7"),
            answer("choice", {"label": "11-50"}, "company_size"),
            answer("text", "Head of Ops", "title"),
        ],
    },
}


def read(form: object = FORM, source: Source = FORMS) -> Submission:
    said = submission_of(source, json.dumps(form).encode(), NOW)
    assert isinstance(said, Submission)
    return said


def changed(**parts: object) -> dict[str, Any]:
    return FORM | {"form_response": FORM["form_response"] | parts}


def test_a_filled_in_form_is_read_whole() -> None:
    said = read()
    assert said.person == Person(name="Ana Silva", title="Head of Ops", phone="+351210000000")
    assert said.company == Company(name="Northwind", domain="northwind.example", employees=11)
    assert said.email
    assert said.email.address == "ana.silva@northwind.example"
    assert (said.source, said.campaign, said.delivery_id) == ("newsletter", "q1-demo", "01JGXTYPEFORMDEV01")
    assert (said.act.type, said.act.asset, said.act.own_id) == ("demo_requested", "Book a demo", "6f3e")
    assert said.act.at == datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)


def test_the_settings_decide_which_answer_is_the_address() -> None:
    private = replace(FORMS, fields={"email": "private_email"})
    email = read(source=private).email
    assert email
    assert email.address == "ana@home.example"


def test_a_mapped_question_left_empty_falls_back_to_the_usual_place() -> None:
    other = replace(FORMS, fields={"email": "not_asked"})
    email = read(source=other).email
    assert email
    assert email.address == "ana.silva@northwind.example"


@pytest.mark.parametrize(
    ("hidden", "configured", "campaign"),
    [
        ({"utm_campaign": "q1"}, "forms-2026", "q1"),
        ({}, "forms-2026", "forms-2026"),
        ({}, None, "Book a demo"),
    ],
)
def test_the_campaign_is_the_visitors_then_the_sources_then_the_forms(
    hidden: dict[str, str], configured: str | None, campaign: str
) -> None:
    assert read(changed(hidden=hidden), replace(FORMS, campaign=configured)).campaign == campaign


def test_without_an_event_id_the_submissions_token_is_the_delivery() -> None:
    assert read({"form_response": FORM["form_response"]}).delivery_id == "6f3e"


def test_several_choices_are_read_together_and_another_choice_as_written() -> None:
    answers = [
        *FORM["form_response"]["answers"],
        answer("choices", {"labels": ["Cards", "Loans"]}, "interest"),
        answer("choice", {"other": "Lisboa"}, "region"),
    ]
    said = read(changed(answers=answers))
    assert (said.interest, said.person.region) == ("Cards, Loans", "Lisboa")


def test_a_half_filled_form_is_ignored() -> None:
    half = json.dumps(FORM | {"event_type": "form_response_partial"}).encode()
    assert isinstance(submission_of(FORMS, half, NOW), Ignored)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"event_type": "form_deleted"}, "event_type"),
        ({}, "form_response"),
        ({"form_response": []}, "form_response"),
        (changed(answers={}), "email"),
        (changed(answers={"a": 1}), "form_response.answers"),
        (changed(answers=["x"]), "form_response.answers"),
        (changed(answers=[]), "email"),
        (changed(hidden=["x"]), "form_response.hidden"),
        (changed(definition="x"), "form_response.definition"),
        (changed(submitted_at="soon"), "activity.at"),
    ],
)
def test_what_typeform_would_not_send_is_refused_by_name(form: dict[str, Any], field: str) -> None:
    with pytest.raises(CannotUnderstand) as refused:
        read(form)
    assert refused.value.field == field


scalars = st.none() | st.booleans() | st.integers() | st.text("aé@.+1", max_size=6)
pieces = (
    scalars
    | st.lists(scalars, max_size=2)
    | st.dictionaries(st.sampled_from(["ref", "label", "labels"]), scalars)
)
answers = st.dictionaries(st.sampled_from(["type", "email", "text", "field"]), pieces | st.just("email"))
forms = st.dictionaries(
    st.sampled_from(["token", "hidden", "definition", "answers", "submitted_at"]), pieces | st.lists(answers)
)


@given(forms)
def test_a_form_of_any_shape_is_read_or_refused(form: dict[str, object]) -> None:
    try:
        said = submission_of(FORMS, json.dumps({"form_response": form}).encode(), NOW)
    except CannotUnderstand:
        return
    assert isinstance(said, Submission)
    assert said.email or said.phone_e164
