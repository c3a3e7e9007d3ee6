"""What is refused in a new version, and carried out where it is agreed, is told from what can not be."""

from pathlib import Path

import pytest

from shared.agreement import AgreementInvalid, load, load_text
from shared.agreement.question import question
from shared.agreement.versions import read_versions
from tests.service.versions_place import STARTER
from tests.unit.test_agreement_defaults import MINIMAL
from tests.unit.test_agreement_reach import HEAD, scoring


def with_rule(when: str, more: str = "") -> str:
    """The smallest agreement, with a rule before its last."""
    rule = f"{{name: first, when: {when}, to: {{team: inside}}}}"
    return MINIMAL.replace("rules: [", f"rules: [{rule}, ") + more


AT = with_rule("{email.domain: a@b.example}")
NEVER = with_rule("{score: {at_least: 101}}")
LISTED = with_rule("{account: {in_list: named}}", "lists: {named: named.csv}\n")


@pytest.mark.parametrize(
    ("text", "listed", "message"),
    [
        (STARTER.replace("name: demo request", "name: asked for a demo"), "", "names differ"),
        (AT, "", "expected a domain without an @"),
        (NEVER, "", "no lead can ever fulfil this"),
        (with_rule("{interest: a}"), "", "no lead has an interest here"),
        (scoring(HEAD, mql="score_at_least: 90"), "", "no lead can reach 90"),
        (LISTED, "domain;owner\na.example;ann\n", "found a semicolon"),
        (LISTED, "domain\na.example\0\n", "there is a NUL in it"),
    ],
)
def test_an_agreed_version_is_read_with_the_objections_to_it(
    tmp_path: Path, text: str, listed: str, message: str
) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(text)
    (tmp_path / "named.csv").write_text(listed)
    [version] = read_versions(tmp_path)
    [objection] = version.agreement.objections
    assert message in objection.message
    with pytest.raises(AgreementInvalid) as refused:
        load(file)
    assert refused.value.problems == [objection]


def test_what_can_not_be_carried_out_is_never_read(tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(AT.replace("to: {team: inside}", "to: {team: nobody}", 1))
    with pytest.raises(AgreementInvalid) as refused:
        read_versions(file)
    assert len(refused.value.problems) == 2, "and what is objected to is said with it"


def test_what_is_objected_to_means_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "agreement.yaml"
    file.write_text(AT)
    [version] = read_versions(file)
    assert version.agreement.rules_met({"email.domain": "b.example"}) == (1,), "and not every lead"


def test_a_question_is_new_each_time() -> None:
    with pytest.raises(AgreementInvalid, match="expected a domain without an @"):
        question({"email.domain": "a@b.example"}, load_text(MINIMAL))


def test_a_question_asks_for_nothing_that_routing_does_not_know() -> None:
    with pytest.raises(AgreementInvalid) as invalid:
        question({"reason": "no-budget"}, load_text(MINIMAL))
    assert "'reason' is not known at this point" in str(invalid.value)
