"""What must be written in a certain way says so in words, and to who reads the schema as an expression."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ValidationError

from deploy.problems import setting_problems
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
