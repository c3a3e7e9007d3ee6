"""What a marketing operations person does with the command: start an agreement, read it, compare it, plan."""

import json
import re
from pathlib import Path

import pytest

from tests.running import baton
from tests.starting import ROOT
from tests.unit.test_agreement_defaults import MINIMAL

pytestmark = pytest.mark.slow

LARGE = ROOT / "agreements" / "large" / "agreement.yaml"
STARTER = ROOT / "agreements" / "starter.yaml"


def test_an_agreement_to_start_from_is_valid_and_never_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    first = baton("agreement", "init", str(mine))
    assert (first.returncode, mine.read_text()) == (0, STARTER.read_text())
    assert f"baton agreement check {mine}" in first.stdout
    assert baton("agreement", "check", str(mine)).returncode == 0
    mine.write_text("# mine\n")
    again = baton("agreement", "init", str(mine))
    assert (again.returncode, mine.read_text()) == (1, "# mine\n")
    assert f"{mine} is there already, and stays as it is; name another file" in again.stderr


def test_it_is_not_written_where_nothing_can_be(tmp_path: Path) -> None:
    answer = baton("agreement", "init", str(tmp_path / "no" / "folder.yaml"))
    assert answer.returncode == 2
    assert "can not be written: No such file or directory; name another file" in answer.stderr


def test_a_check_says_what_can_be_reached_and_what_is_doubtful(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(STARTER.read_text().replace("has_word: [ceo,", "matches: 'vp', has_word: [ceo,"))
    answer = baton("agreement", "check", str(mine))
    assert answer.returncode == 0, "a doubt is no problem"
    assert "warning: the pattern 'vp' also matches inside 'MVP'" in answer.stdout
    assert "  best score: 98, grade A\n    from 95 fit points (decision maker, target" in answer.stdout
    assert "    3. decision maker + company address + 2 × form: score 56, grade B\n" in answer.stdout
    [checked] = json.loads(baton("agreement", "check", "--json", str(mine)).stdout)
    assert (checked["best"]["score"], len(checked["shortest_ways"]), len(checked["doubts"])) == (98, 3, 1)


def test_a_check_that_finds_no_short_way_says_so(tmp_path: Path) -> None:
    mine, page = tmp_path / "mine.yaml", "{name: page, when: {activity.type: page_viewed}, points: 5}"
    slow = re.sub("definitions: .*", "definitions: {mql: {score_at_least: 30}}", MINIMAL)
    mine.write_text(f"{slow}scoring: {{engagement: {{points: [{page}]}}}}\n")
    said = baton("agreement", "check", str(mine)).stdout
    assert "  shortest ways to an MQL:\n    none of at most 8 steps was found\n" in said


def test_it_is_explained_in_markdown() -> None:
    said = baton("agreement", "explain", str(LARGE)).stdout
    assert said.startswith("# Agreement acme, version 7\n")
    assert "1. **named account** when account is in the list named-accounts: to team account.pod" in said
    assert "- duties: they are not measured yet" in said, "what is not enforced is no secret"
    assert said.rstrip().endswith("- sam@acme.example, for sales: ____________________")


def test_two_versions_are_compared_in_words(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(STARTER.read_text().replace("mql: {score_at_least: 50", "mql: {score_at_least: 45"))
    said = baton("agreement", "diff", str(STARTER), str(new))
    assert said.stdout == "What an MQL is\n  MQL threshold 50 → 45: easier\n"
    [change] = json.loads(baton("agreement", "diff", "--json", str(STARTER), str(new)).stdout)
    assert change["path"] == ["definitions", "mql", "score_at_least"]
    assert (change["before"], change["after"], change["effect"]) == ("50", "45", "easier")
    assert baton("agreement", "diff", str(STARTER), str(STARTER)).stdout == "Both mean the same.\n"


def test_what_was_agreed_and_would_be_refused_today_is_compared_with_its_successor(tmp_path: Path) -> None:
    agreed = tmp_path / "agreed.yaml"
    agreed.write_text(STARTER.read_text().replace("mql: {score_at_least: 50", "mql: {score_at_least: 100"))
    said = baton("agreement", "diff", str(agreed), str(STARTER))
    assert said.stdout == "What an MQL is\n  MQL threshold 100 → 50: easier\n"
    assert "no lead can reach 100" in baton("agreement", "diff", str(STARTER), str(agreed)).stderr


@pytest.mark.parametrize("command", ["explain", "plan"])
def test_what_is_not_valid_is_refused_with_its_problems(command: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(STARTER.read_text().replace("half_life", "half_live"))
    answer = baton("agreement", command, str(bad))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "did you mean 'half_life'?" in answer.stderr


def test_the_schema_is_the_published_one() -> None:
    printed = json.loads(baton("agreement", "schema").stdout)
    assert printed == json.loads((ROOT / "docs" / "agreement.schema.json").read_text())


def test_a_plan_says_that_nobody_was_asked(tmp_path: Path) -> None:
    said = baton("agreement", "plan", str(LARGE), "--data", str(tmp_path)).stdout
    assert "50 deals ← 216.3 opportunities ← 353.3 SQL ← 692.2 SAL ← 899 → 899 MQL ← 9,219 inquiries" in said
    assert "With 30 open leads held 15 days each, a rep takes 2 new leads a day" in said
    assert "What really came is not shown: no instance was asked, because nothing runs in" in said
    document = json.loads(baton("agreement", "plan", str(LARGE), "--data", str(tmp_path), "--json").stdout)
    assert document["reps"]["whole"] == 7
    assert document["whole"]["mql"] == sum(month["whole"]["mql"] for month in document["months"])
    assert "no instance was asked" in document["progress"]["not_asked"]


def test_brackets_and_colons_in_a_name_are_printed_as_they_are(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text(STARTER.read_text().replace("marketing: {share: 0.7", '"fair[/b]:apple:": {share: 0.7'))
    said = baton("agreement", "plan", str(odd), "--data", str(tmp_path)).stdout
    assert "\n fair[/b]:apple: " in said


def test_a_folder_is_checked_as_the_versions_that_lie_in_it(tmp_path: Path) -> None:
    first, copy = tmp_path / "agreement.yaml", tmp_path / "agreement-2.yaml"
    first.write_text(STARTER.read_text())
    copy.write_text(STARTER.read_text().replace("version: 1", "version: 2").replace("email]}", "emial]}"))
    (tmp_path / "sources.yaml").write_text("sources: {}\n")
    answer = baton("agreement", "check", f"{tmp_path}/agreement*.yaml")
    assert answer.returncode == 1
    assert "did you mean 'email'?" in answer.stdout
    copy.write_text(STARTER.read_text().replace("version: 1", "version: 2"))
    answer = baton("agreement", "check", f"{tmp_path}/agreement*.yaml")
    assert answer.returncode == 1
    assert "takes over then too, on 2026-01-01 00:00 UTC" in answer.stdout
    differ = baton("agreement", "diff", str(first), str(copy)).stdout
    assert "Both are meant from 2026-01-01 00:00 UTC on: give the new one another effective_from" in differ
    copy.write_text(copy.read_text().replace("2026-01-01T00", "2026-02-01T00"))
    assert baton("agreement", "check", f"{tmp_path}/agreement*.yaml").returncode == 0
    assert "Both are meant" not in baton("agreement", "diff", str(first), str(copy)).stdout
    copy.write_text(copy.read_text().replace("2026-02-01T00", "2025-02-01T00"))
    doubted = baton("agreement", "check", str(tmp_path / "agreement*.yaml"))
    assert doubted.returncode == 0
    assert f"{copy}:0:0: warning: starter@2 ends on 2026-01-01 00:00 UTC, when starter@1" in doubted.stdout
    (tmp_path / "none").mkdir()
    assert "there is no agreement here" in baton("agreement", "check", str(tmp_path / "none")).stdout


def test_a_plan_of_one_day_and_of_large_numbers_is_whole(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    text = STARTER.read_text().replace("to: 2026-03-31", "to: 2026-01-01")
    large.write_text(text.replace("300000", "900000000000").replace("12000", "12"))
    said = baton("agreement", "plan", str(large), "--data", str(tmp_path)).stdout
    assert "1,893,939,393,940 MQLs in 1 working day need" in said
    assert "12,626,262,626,267" in said
    assert "…" not in said
    cents = text.replace("300000", "0.12").replace("average_deal: 12", "average_deal: 0.01")
    large.write_text(cents)
    said = baton("agreement", "plan", str(large), "--data", str(tmp_path)).stdout
    assert "USD 0.12 from 2026-01-01 to 2026-01-01, in deals of USD 0.01." in said
    large.write_text(text.replace("300000", "12"))
    said = baton("agreement", "plan", str(large), "--data", str(tmp_path)).stdout
    assert "a rep takes 5.7 new leads a day: 1 MQL in 1 working day needs 0.2 → 1 rep." in said


def test_an_address_that_does_not_answer_is_a_failure() -> None:
    answer = baton("agreement", "plan", str(LARGE), "--url", "http://127.0.0.1:9", "--key", "baton_a_b")
    assert answer.returncode == 3


def test_without_targets_there_is_nothing_to_plan() -> None:
    answer = baton("agreement", "plan", str(ROOT / "agreements" / "small.yaml"))
    assert answer.returncode == 1
    assert "has no `targets`, so there is nothing to plan from; add them" in answer.stderr
