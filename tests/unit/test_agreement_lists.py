"""Lists are CSV files beside the agreement; a broken one is refused with its file and line."""

from pathlib import Path

import pytest

from shared.agreement import AgreementInvalid, load, load_text
from tests.unit.test_agreement_defaults import MINIMAL

LISTED = (
    MINIMAL.replace(
        "rules: [",
        "rules: [{name: named, when: {account: {in_list: named}}, to: {team: inside}}, "
        "{name: west, when: {region: {in_list: places}}, to: {team: inside}}, ",
    )
    + "lists: {named: lists/named.csv, places: places.csv}\n"
)
PLACES = "country,region,territory\nUS,US-CA,west\nUS,US-OR,west\n"


def problems(named: str) -> list[str]:
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(LISTED, "small.yaml", {"lists/named.csv": named, "places.csv": PLACES})
    return [str(problem) for problem in invalid.value.problems]


def test_a_value_is_looked_up_in_the_column_of_its_name_or_the_first() -> None:
    agreement = load_text(
        LISTED, lists={"lists/named.csv": "domain,pod\n Bank.Example ,emea\n\n", "places.csv": PLACES}
    )
    named, west, rest = 0, 1, 2
    assert agreement.rules_met({"account": "bank.example"}) == (named, rest)
    assert agreement.rules_met({"account": "emea"}) == (rest,)
    assert agreement.rules_met({"region": "us-ca"}) == (west, rest)
    assert agreement.rules_met({"region": "US"}) == (rest,)
    assert agreement.rules_met({}) == (rest,)
    assert (
        agreement.routing_rules[named].sentence({"account": "bank.example"})
        == "account is in the list named — bank.example"
    )


def test_a_list_is_read_from_beside_the_agreement(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "named.csv").write_text("domain\nbank.example\n")
    (tmp_path / "places.csv").write_text(PLACES)
    (tmp_path / "small.yaml").write_text(LISTED)
    before = load(tmp_path / "small.yaml")
    assert 0 in before.rules_met({"account": "bank.example"})
    (tmp_path / "places.csv").write_text(PLACES + "US,US-WA,west\n")
    after = load(tmp_path / "small.yaml")
    assert after.fingerprint == before.fingerprint
    assert after.list_fingerprints["named"] == before.list_fingerprints["named"]
    assert after.list_fingerprints["places"] != before.list_fingerprints["places"]


def test_a_list_that_is_not_there_is_named_where_the_agreement_names_it() -> None:
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(LISTED, "small.yaml", {"places.csv": PLACES})
    [problem] = invalid.value.problems
    assert str(problem) == "small.yaml:10:16: the list lists/named.csv can not be read: there is no such file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists/named.csv:1:1: expected a header of different column names"),
        ("domain,domain\na,b\n", "lists/named.csv:1:1: expected a header of different column names"),
        ("domain,\na,b\n", "lists/named.csv:1:1: expected a header of different column names"),
        ("domain,pod\na,b\nc\n", "lists/named.csv:3:1: expected 2 values (domain, pod), found 1"),
        ("domain,pod\na,b,c\n", "lists/named.csv:2:1: expected 2 values (domain, pod), found 3"),
        ("domain,pod\n,b\n", "lists/named.csv:2:1: the first column, domain, is empty"),
        ("domain;pod\na;b\n", "lists/named.csv:1:1: expected commas between the columns, found a semicolon"),
        ("domain\tpod\na\tb\n", "lists/named.csv:1:1: expected commas between the columns, found a tab"),
        ("domain\na\nb\0\n", "lists/named.csv:3:1: this is no text: there is a NUL in it"),
        ('domain,pod\n"a,b\n', "this row can not be read as CSV"),
    ],
)
def test_a_broken_list_is_refused_with_file_and_line(text: str, message: str) -> None:
    [problem] = problems(text)
    assert message in problem


def test_every_broken_row_is_named() -> None:
    assert len(problems("domain,pod\na\nb,x\nc\n,d\n")) == 3


def test_of_rules_that_ask_a_list_that_can_not_be_read_nothing_is_concluded() -> None:
    text = f"""{LISTED}
desks: {{marketing: {{owner: maya@acme.example}}}}
market: {{set_aside: [{{name: rival, when: {{account: {{in_list: named}}}}, hold: marketing}}]}}
scoring:
  fit: {{points: [{{name: near, when: {{country: US}}, points: 80}}], grades: {{A: 70}}}}
  engagement: {{points: [{{name: form, when: {{activity.type: form_submitted}}, points: 80}}]}}
"""
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(text, "small.yaml", {"lists/named.csv": "domain\na.example,x\n", "places.csv": PLACES})
    assert [str(problem) for problem in invalid.value.problems] == [
        "lists/named.csv:2:1: expected 1 value (domain), found 2"
    ]


def test_a_list_without_rows_is_doubtful() -> None:
    agreement = load_text(LISTED, lists={"lists/named.csv": "domain\n", "places.csv": PLACES})
    assert "'domain' has no values: no account is in this list" in [d.message for d in agreement.doubts]
