"""The published JSON Schema takes what is right and marks what an editor can see to be wrong."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.agreement import VOCABULARY, AgreementInvalid, load_text
from shared.agreement.schema import schema
from shared.agreement.source import read_yaml
from shared.agreement.vocabulary import NOT_KNOWN
from tests.unit.test_agreement_whole import LISTS, WHOLE

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(schema())
SHIPPED = sorted((ROOT / "agreements").rglob("*.yaml"))


def document(text: str) -> Any:
    found, problems = read_yaml(text, "acme.yaml")
    assert problems == []
    return found


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_agreement_fits(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(document(path.read_text()))) == []


def test_the_whole_file_of_the_design_fits() -> None:
    assert list(VALIDATOR.iter_errors(document(WHOLE))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cools_below: 45", "cool_below: 45"),
        ("routing:\n", "rooting:\n"),
        ("turn: fair", "turn: fairly"),
        ("do: remind}\n", "do: remnid}\n"),
        ("accept_within: 5m", "accept_within: 5"),
        ("accept_within: 5m", "accept_within: 09:00"),
        ("at: 50%,", "at: 0.5,"),
        ("at_most: 15 per 7d", "at_most: 15"),
        ("version: 3", "version: three"),
        ("points: 40", "points: 4000"),
        ("sales: sam@acme.example", "sales: sam"),
        ("deputy: [carla@acme.example, dan@acme.example]", "deputy: [carla, dan]"),
        ("currency: USD", "currency: dollars"),
        ("mql_to_sal: 0.7", "mql_to_sal: 1.7"),
        ("title: {has_word: [vp", "titel: {has_word: [vp"),
        ("title: {has_word: [vp", "title: {has_wrd: [vp"),
        ("{company.employees: {at_least: 1000}}", "{company.employees: {at_least: '1000'}}"),
        ("{company.employees: {at_least: 1000}}", "{company.employees: {has_word: x}}"),
        ("email.is_free: true", "email.is_free: maybe"),
        ("country: US}", "country: USA}"),
        ("account.match: strong", "account.match: strng"),
        ("when: {title:", "when: {score_at_least: 5, title:"),
        ("{team: inside, who", "{team: inside, person: account.owner, who"),
        ("{track: next-year, ", "{track: next-year, hold: privacy, "),
        (", hold: marketing}", "}"),
        ("lead: ines@acme.example, ", ""),
    ],
)
def test_a_mistake_is_marked(old: str, new: str) -> None:
    assert old in WHOLE
    assert list(VALIDATOR.iter_errors(document(WHOLE.replace(old, new, 1)))) != []


PLACES = {
    "ConditionOnMarket": (
        "- {name: small,      when: {company.employees: known}}",
        "- {{name: small, when: {{{word}: known}}}}",
    ),
    "ConditionOnLead": ("when: {email.is_free: true}", "when: {{{word}: known}}"),
    "ConditionBeforeScore": ("when: {activity.type: email_bounced}", "when: {{{word}: known}}"),
    "Condition": ("when: {language: es}", "when: {{{word}: known}}"),
}


@pytest.mark.parametrize("sort", NOT_KNOWN)
def test_a_word_that_is_not_known_yet_is_marked_where_it_is_refused(sort: str) -> None:
    old, new = PLACES[sort]
    for word in VOCABULARY:
        text = WHOLE.replace(old, new.format(word=word))
        assert text != WHOLE
        try:
            load_text(text, lists=LISTS)
            refused = False
        except AgreementInvalid as invalid:
            refused = "not known yet" in str(invalid)
        assert refused == (word in NOT_KNOWN[sort])
        assert VALIDATOR.is_valid(document(text)) == (not refused)
