"""Of values, paces and playbooks the first that holds decides: so it is told, and none is out of reach."""

import pytest

from shared.agreement import AgreementInvalid, load_text
from shared.agreement.prose import explain
from tests.unit.test_agreement_defaults import MINIMAL

SEGMENTS = """market:
  segments:
    - {name: large, when: {company.employees: {at_least: 1000}}}
    - {name: small, when: {company.employees: known}}
"""
BIG, LARGE = "company.employees: {at_least: 100}", "company.employees: {at_least: 1000}"


def problems(text: str) -> list[str]:
    try:
        load_text(text, "small.yaml")
    except AgreementInvalid as invalid:
        return [str(problem) for problem in invalid.problems]
    return []


def with_routing(more: str) -> str:
    return MINIMAL.replace("recycle:", f"{more}recycle:")


def with_playbooks(*written: str) -> str:
    return f"{MINIMAL}{SEGMENTS}playbooks:\n" + "".join(f"  - {{{one}}}\n" for one in written)


TAKEN = "this can never be reached: the one in line"


@pytest.mark.parametrize(
    "rules",
    [
        f"  values: [{{when: {{{BIG}}}, counts: 2}}, {{when: {{{LARGE}}}, counts: 5}}]\n",
        f"  pace: [{{when: {{{BIG}}}, per_rep_per_day: 2}}, {{when: {{{LARGE}}}, per_rep_per_day: 5}}]\n",
    ],
)
def test_a_value_or_pace_that_another_takes_is_refused(rules: str) -> None:
    [problem] = problems(with_routing(rules))
    assert TAKEN in problem
    in_order = rules.replace(LARGE, "LARGE").replace(BIG, LARGE).replace("LARGE", BIG)
    assert problems(with_routing(in_order)) == []


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            "offer: A demo",
            "segment: large, offer: A pilot",
            "this matches everything, so the 1 after it can never",
        ),
        ("offer: A demo", "offer: A pilot", "this matches everything, so the 1 after it can never"),
        ("segment: large, offer: A", "segment: large, offer: B", TAKEN),
        ("segment: large, offer: A", f"when: {{{LARGE}}}, offer: B", TAKEN),
        ("when: {country: US}, offer: A", "segment: small, when: {country: US}, offer: B", TAKEN),
    ],
)
def test_a_playbook_that_nobody_ever_sees_is_refused(first: str, second: str, said: str) -> None:
    [problem] = problems(with_playbooks(first, second))
    assert said in problem
    ends = first.replace("offer", "until: 2027-03-31, offer")
    assert problems(with_playbooks(ends, second)) == []


def test_a_playbook_that_its_segment_contradicts_is_refused() -> None:
    [problem] = problems(with_playbooks(f"segment: small, when: {{{LARGE}}}, offer: A"))
    assert "no lead can ever fulfil this" in problem
    [problem] = problems(with_playbooks("segment: smal, offer: A"))
    assert "expected a segment of market.segments" in problem


def test_they_are_numbered_so_that_the_first_is_seen_to_decide() -> None:
    text = with_playbooks("segment: large, offer: A pilot", "offer: A demo").replace(
        "recycle:",
        f"  values: [{{when: {{{LARGE}}}, counts: 5}}, {{when: {{{BIG}}}, counts: 2}}]\n"
        "  pace: [{when: {captured.via: import}, per_rep_per_day: 10}]\nrecycle:",
    )
    prose = explain(load_text(text))
    for line in (
        "1. 5 leads when company.employees is at least 1000.",
        "2. 2 leads when company.employees is at least 100.",
        "1. At most 10 leads a day for each rep when captured.via is import.",
        "1. When segment is large:",
        "2. Always:",
    ):
        assert f"\n{line}\n" in prose
