"""What must be written in a certain way says so in words, and to who reads the schema as an expression."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ValidationError

from deploy.configuration import read_all_settings
from deploy.problems import CannotStart, setting_problems
from services.routing.settings import Settings
from shared.runtime.written import ADDRESS, AMOUNT


class Deal(BaseModel):
    """What somebody sends."""

    value: Annotated[str, AMOUNT] | None = None


@pytest.mark.parametrize("value", ["38400", "38400.00", "0.5", None])
def test_what_is_written_as_expected_is_taken_as_it_is(value: str | None) -> None:
    assert Deal(value=value).value == value


@pytest.mark.parametrize("value", ["", "38,400", "1e5", "-1", "38400\n", "NaN", "1" * 16, "٣"])
def test_what_is_written_otherwise_is_refused_in_words(value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Deal(value=value)
    assert refused.value.errors()[0]["msg"] == "expected a decimal number, such as 38400.00"


def test_the_schema_has_the_expression() -> None:
    [text, _] = Deal.model_json_schema()["properties"]["value"]["anyOf"]
    assert text == {"type": "string", "pattern": AMOUNT.pattern}


def test_an_address_has_one_at_sign_and_no_blank() -> None:
    assert ADDRESS.check("ana@acme.example") == "ana@acme.example"
    for wrong in ("ana", "ana@", "@acme.example", "ana @acme.example", "a@b@c"):
        with pytest.raises(ValueError, match=r"such as ana@acme\.example"):
            ADDRESS.check(wrong)


def test_a_setting_that_is_written_otherwise_is_named_with_what_is_expected() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(smtp_from="Baton, please")
    expected = "expected a mailbox, such as baton@acme.example"
    assert setting_problems(Settings, refused.value) == [
        f"BATON_ROUTING_SMTP_FROM: {expected}; found 'Baton, please', see .env.example"
    ]


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("RECYCLE_DESTINATIONS", "{'whsec_AAAA'}", ': expected JSON, such as {"nurture": {"url": '),
        ("RECYCLE_DESTINATIONS", '["whsec_AAAA"]', ": expected a JSON object; see"),
        ("RECYCLE_DESTINATIONS", '{"a": {"secret": "whsec_AAAA"}}', ": a.url: field required; see"),
        ("ROUTING_CRM_EVENTS", "lead.won", ': expected JSON, such as ["lead.assigned", '),
        ("ROUTING_CRM_EVENTS", '["lead.one"]', ": 0: expected 'lead.assigned', "),
    ],
)
def test_a_setting_in_json_is_named_with_what_is_expected_and_no_secret_is_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, said: str
) -> None:
    monkeypatch.setenv(f"BATON_{name}", written)
    with pytest.raises(CannotStart) as refused:
        read_all_settings()
    [problem] = refused.value.problems
    assert problem.startswith(f"BATON_{name}{said}")
    assert "AAAA" not in problem


@pytest.mark.parametrize(
    ("address", "is_clear"),
    [
        ("u:p%40ss@h/db", True),
        ("u@server:p@h:5432/db", True),
        ("u@server@h:5432/db", True),
        ("u:p@h/db?sslrootcert=/etc/a@b&application_name=c@d", True),
        ("u:p@ss@h/db", False),
        ("u:p@ss/w@h/db", False),
        ("u:p@ss?w@h/db", False),
        ("u@server:p@ss@h/db", False),
    ],
)
def test_an_address_is_refused_in_which_a_password_may_end_at_two_places(
    monkeypatch: pytest.MonkeyPatch, address: str, is_clear: bool
) -> None:
    monkeypatch.setenv("BATON_SCORING_DATABASE_URL", f"postgresql+psycopg://{address}")
    if is_clear:
        read_all_settings()
        return
    with pytest.raises(CannotStart, match="BATON_SCORING_DATABASE_URL: it has more than one @ after"):
        read_all_settings()


def test_a_setting_in_json_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_RECYCLE_DESTINATIONS", '{"nurture": {"url": "https://nurture.example"}}')
    monkeypatch.setenv("BATON_ROUTING_CRM_EVENTS", '["lead.won"]')
    found = read_all_settings()
    assert found.recycle.destinations["nurture"].url == "https://nurture.example"
    assert found.routing.crm_events == ["lead.won"]
