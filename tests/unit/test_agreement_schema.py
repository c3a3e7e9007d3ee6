"""The published JSON Schema takes what is right and marks what an editor can see to be wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.agreement import VOCABULARY, AgreementInvalid, load_text
from shared.agreement.conditions.vocabulary import NOT_KNOWN
from shared.agreement.reading.problems import Problem
from shared.agreement.reading.source import read_yaml
from shared.agreement.schema import schema
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow

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
        ("requires: [email, company.name", "requires: [need, company.name"),
        ("deputy: [carla@acme.example, dan@acme.example]", "deputy: []"),
        ("first_open: [amer, emea, apac]", "first_open: []"),
        ("accept_within: 5m", "accept_within: 0m"),
        ("at_most: 15 per 7d", "at_most: 0 per 7d"),
        ("at_most: 15 per 7d", "at_most: 15 per 0d"),
        ("tell: account.owner", "tell: nobody"),
        ("do: escalate, to: lead", "do: escalate, to: boss"),
        ("mql_to_sal: 0.7", "mql_to_sal: 0"),
        ("{hold: privacy, returns: never}", "{hold: privacy, returns: never, not_before: 3d}"),
        ("{ends: closed}", "{ends: closed, not_before: 3d}"),
        ("account.relation: customer", "account.relation: costumer"),
    ],
)
def test_a_mistake_is_marked(old: str, new: str) -> None:
    assert old in WHOLE
    assert problems_of(WHOLE.replace(old, new, 1)) != []
    assert list(VALIDATOR.iter_errors(document(WHOLE.replace(old, new, 1)))) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("account.relation: customer", "account.relation: Customer"),
        ("half_life: 14d", 'half_life: "14d "'),
        ("at_most: 15 per 7d", "at_most: ' 015 per 07d'"),
        ("at: 50%,", "at: '50% ',"),
        ("tell: account.owner", "tell: person.name"),
        ("tell: account.owner", "tell: eve@acme.example"),
        ("do: escalate, to: lead", "do: escalate, to: eve@acme.example"),
        ("requires: [email, company.name", "requires: [person.email, company.name"),
    ],
)
def test_what_check_takes_is_not_marked(old: str, new: str) -> None:
    assert old in WHOLE
    text = WHOLE.replace(old, new, 1)
    assert problems_of(text) == []
    assert list(VALIDATOR.iter_errors(document(text))) == []


PLACES = {
    "ConditionOnMarket": "- {name: small, ",
    "ConditionOnLead": "- {name: free e-mail, ",
    "ConditionBeforeScore": "- {name: bounced, ",
    "ConditionInRouting": "- {name: in Spanish, ",
}
"""For each sort of condition that rules with a name have how one begins."""


@pytest.mark.parametrize("sort", PLACES)
def test_a_word_that_is_not_known_is_marked_where_it_is_refused(sort: str) -> None:
    text, first_line = one_rule_for_each_word(PLACES[sort])
    refused = {
        WORDS[problem.line - first_line] for problem in problems_of(text) if "not known at" in problem.message
    }
    assert refused == set(NOT_KNOWN[sort])
    file = document(text)
    marked = {
        at(file, list(error.absolute_path)[: depth + 1])["name"]
        for error in VALIDATOR.iter_errors(file)
        for depth, step in enumerate(error.absolute_path)
        if isinstance(step, int)
    }
    assert marked == refused


def test_a_playbook_and_a_return_know_all_but_what_is_marked_and_refused() -> None:
    for sort, old, new in (
        ("ConditionOnPlaybook", "  - segment: enterprise\n", "  - when: {WORD: known}\n"),
        ("ConditionOnReturn", "return_when: {any", "return_when: {WORD: known} #"),
    ):
        assert old in WHOLE
        files = {word: WHOLE.replace(old, new.replace("WORD", word)) for word in VOCABULARY}
        refused = {word for word, text in files.items() if problems_of(text)}
        assert refused == set(NOT_KNOWN[sort])
        assert refused == {word for word, text in files.items() if any(VALIDATOR.iter_errors(document(text)))}


WORDS = list(VOCABULARY)


def one_rule_for_each_word(beginning: str) -> tuple[str, int]:
    """The file with a rule that asks for each word, instead of this one; and the line where they begin."""
    lines = WHOLE.splitlines()
    [index] = [number for number, line in enumerate(lines) if line.lstrip().startswith(beginning)]
    before, after = re.split(r"when: {.+?}", lines[index], maxsplit=1)
    rules = [
        f"{before}when: {{{word}: known}}{after}".replace(beginning, f"- {{name: {word}, ") for word in WORDS
    ]
    return "\n".join([*lines[:index], *rules, *lines[index + 1 :]]), index + 1


def problems_of(text: str) -> list[Problem]:
    try:
        load_text(text, lists=LISTS)
    except AgreementInvalid as invalid:
        return invalid.problems
    return []


def at(file: Any, path: list[str | int]) -> Any:
    for step in path:
        file = file[step]
    return file
