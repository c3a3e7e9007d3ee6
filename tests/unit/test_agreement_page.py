"""What docs/agreement.md quotes is what Baton says: mistakes, sentences and figures."""

import re
from pathlib import Path

import msgspec
import pytest

from bench.simulate import recorded
from deploy.command.agreement_simulate import simulate
from shared.agreement import AgreementInvalid, load, load_text
from shared.agreement.checks.ways import shortest_ways
from shared.agreement.plan import plan_of
from shared.agreement.prose import explain

ROOT = Path(__file__).parents[2]
STARTER = (ROOT / "agreements" / "starter.yaml").read_text()
PAGE = (ROOT / "docs" / "agreement.md").read_text()
REST = "    - {name: everything, to: {team: inside}}\n"
SIGNAL = "return_when: {any: [{fast_lane: true}, {new_activity: true, score_at_least: 50}]}"

MISTAKES = [
    ("half_life: 14d", "half_live: 14d"),
    ("accept_within: 5m", "accept_within: 09:00"),
    ("  sales: sam@acme.example", "  sales: sam@acme.example\n  sales: sue@acme.example"),
    ("    - name: hot", "\t- name: hot"),
    ("deputy: [ines@acme.example, sam@acme.example]", "deputy: []"),
    ("{at_least: 1000}", "{at_least: 1,000}"),
    ("company.employees: {at_least: 100}}, points: 20}", 'company.employees: ">100"}, points: 20}'),
    ("when: {company.employees: known}", "when: [{country: US}, {country: CA}]"),
    ("when: {company.employees: missing}", "when: {title: “CEO”}"),
    ("to: {team: inside}}", "to: {team: insde}}"),
    (REST, REST.replace("everything", "everything, when: {country: Spain}")),
    (REST, REST.replace("everything", "everything, when: {country: ES}")),
    ("mql: {score_at_least: 50", "mql: {score_at_least: 99"),
    ("small, when: {company.employees: known}", "small, when: {company.employees: {at_least: 200}}"),
    ("- {at: 100%, do: reassign}", "- {at: 40%, do: reassign}"),
    ("sales_prospecting: 0.3}", "sales_prospecting: 0.2}"),
    ("points: 25}", "points: 1e308}"),
    ("points: 25}", "points: 25}}"),
    ("offer: A demo this week", "offer: @demo"),
    ("when: {company.employees: missing}", "when: {postal_code: 01234}"),
    ("when: {company.employees: missing}", 'when: {email.domain: "@acme.example"}'),
    (SIGNAL, "return_when: {score: {above: 100}}"),
    ('"/(pricing|plans)"', '"/(pricing|plans"'),
]


def row(written: str, says: str) -> str:
    return f"| `{written.strip()}` | {says} |".replace("|plans", r"\|plans")


@pytest.mark.parametrize(("old", "new"), MISTAKES)
def test_every_mistake_on_the_page_is_named_in_these_words(old: str, new: str) -> None:
    assert old in STARTER
    with pytest.raises(AgreementInvalid) as invalid:
        load_text(STARTER.replace(old, new, 1), "agreement.yaml")
    messages = [problem.message for problem in invalid.value.problems]
    written = new.strip().splitlines()[-1].strip()
    assert any(row(written, message) in PAGE for message in messages), row(written, messages[0])


def test_the_page_quotes_the_prose() -> None:
    prose = explain(load_text(STARTER)).replace("starter", "acme")
    quoted = re.findall(r"^> (.+)$", PAGE, flags=re.MULTILINE)
    assert len(quoted) >= 4
    assert [line for line in quoted if line not in prose] == []


def test_the_page_shows_the_ways_and_the_chain_of_the_starter() -> None:
    starter = load(ROOT / "agreements" / "starter.yaml")
    assert all(str(way) in PAGE for way in shortest_ways(starter))
    targets = starter.written.targets
    assert targets is not None
    assert f"{plan_of(targets).whole['mql']} MQL" in PAGE


def test_the_page_shows_what_a_simulation_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, leads = (tmp_path / name for name in ("old.yaml", "new.yaml", "leads.ndjson"))
    mine = STARTER.replace("agreement: starter", "agreement: mine")
    old.write_text(mine)
    new.write_text(
        mine.replace("version: 1", "version: 2").replace("50, grade_at_least: C", "45, grade_at_least: B")
    )
    leads.write_bytes(b"\n".join(msgspec.json.encode(lead) for lead in recorded(1000)))
    simulate(new, old=old, file=leads)
    said = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    start = PAGE.index("mine@1 → mine@2")
    shown = [line.rstrip() for line in PAGE[start : PAGE.index("```", start)].splitlines() if line]
    assert len(shown) >= 9
    assert [line for line in shown if line not in said] == []
