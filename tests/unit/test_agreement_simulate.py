"""What a marketer sees who tries a new agreement on recorded leads."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bench.simulate import recorded
from deploy.command.agreement_simulate import simulate
from deploy.command.failing import Failed
from deploy.simulating.comparison import Comparison
from shared.agreement import load_text
from shared.agreement.versions import read_versions
from shared.terms import LeadId

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "agreements" / "starter.yaml"
TEXT = STARTER.read_text().replace("version: 1", "version: 2")
EASIER = TEXT.replace("mql: {score_at_least: 50", "mql: {score_at_least: 45")
LEADS = list(recorded(300))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    file = tmp_path / "new.yaml"
    file.write_text(EASIER)
    return file


@pytest.fixture
def records(tmp_path: Path) -> Path:
    file = tmp_path / "leads.ndjson"
    file.write_bytes(b"\n".join(msgspec.json.encode(lead) for lead in LEADS))
    return file


def compared(text: str) -> Comparison:
    comparison = Comparison(read_versions(STARTER), load_text(text))
    for lead in LEADS:
        comparison.add(lead)
    return comparison


def test_of_no_leads_it_says_what_is_in_force_and_not_what_is_planned(
    new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    versions, nobody = tmp_path / "versions", tmp_path / "nobody.ndjson"
    versions.mkdir()
    nobody.touch()
    for number, since in ((1, "2026-01-01"), (4, "2199-01-01")):
        text = STARTER.read_text().replace("version: 1", f"version: {number}").replace("2026-01-01", since, 1)
        (versions / f"{number}.yaml").write_text(text)
    simulate(new, old=versions, file=nobody)
    assert "starter@1 → starter@2 on 0 recorded leads" in capsys.readouterr().out


def test_it_says_which_leads_become_mqls_and_where_all_go(
    new: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(new, old=STARTER, file=records, as_json=True)
    found = json.loads(capsys.readouterr().out)
    mqls = found["mqls"]
    assert (found["old"], found["new"], found["leads"]) == ("starter@1", "starter@2", 300)
    assert mqls["new"] - mqls["old"] == mqls["gained"] - mqls["lost"]
    assert mqls["gained"] > mqls["lost"] == 0, "a lower threshold takes nothing away"
    assert len(found["gained"]) == min(20, mqls["gained"])
    assert all("an MQL has 50" in lead["why"] for lead in found["gained"])
    for what in ("grades", "segments", "places"):
        numbers = found[what]["totals"].values()
        assert [sum(number[side] for number in numbers) for side in ("old", "new")] == [300, 300]


def test_what_is_lost_says_what_it_lacks_then() -> None:
    harder = compared(TEXT.replace("requires: [email]", "requires: [email, country]"))
    assert harder.mqls[True, False] > 0
    assert harder.mqls[False, True] == 0
    assert {lead.why.partition(";")[0] for lead in harder.lost} == {"country is unknown"}
    assert all(lead.old_score == lead.new_score for lead in harder.lost)


def test_another_team_is_seen_by_where_leads_go() -> None:
    team = "    - {name: large, lead: lea@acme.example, deputy: [lea@acme.example]}\n"
    rule = "  rules:\n    - {name: large, when: {segment: enterprise}, to: {team: large}}\n"
    text = TEXT.replace("  teams:", f"  teams: #\n{team}#", 1).replace("  rules:\n", rule, 1)
    comparison = compared(text)
    assert comparison.places["team inside", "team large"] > 0
    assert {old for old, new in comparison.places if new == "team large"} == {"team inside"}


def test_a_version_that_means_the_same_changes_nothing() -> None:
    same = compared(TEXT)
    pairs = (same.mqls, same.grades, same.segments, same.places, same.fast_lanes, same.set_aside)
    assert all(old == new for counted in pairs for old, new in counted)


def test_what_was_in_force_is_the_version_of_the_time(
    new: Path, records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "agreement.yaml").write_text(STARTER.read_text())
    (old / "agreement-2.yaml").write_text(
        EASIER.replace("effective_from: 2026-01-01", "effective_from: 2026-09-15")
    )
    mqls = {}
    for since in ("2026-08-01", "2026-09-15"):
        simulate(new, old=old, file=records, since=since, as_json=True)
        found = json.loads(capsys.readouterr().out)
        mqls[found["old"]] = found["mqls"]["gained"]
    assert mqls["starter@2"] == 0, "it was in force all the time"
    assert mqls["starter@1 then starter@2"] > 0


def test_only_leads_captured_since_are_tried(
    new: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(new, old=STARTER, file=records, since="2026-09-15", as_json=True)
    found = json.loads(capsys.readouterr().out)
    since = [lead for lead in LEADS if f"{lead.captured_at:%Y-%m-%d}" >= "2026-09-15"]
    assert found["leads"] == len(since) < 300


def test_the_table_is_read_without_a_program(
    new: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(new, old=STARTER, file=records)
    said = capsys.readouterr().out
    assert said.startswith("starter@1 → starter@2 on 300 recorded leads\nMQLs ")
    assert "absences are not replayed: name a roster with --roster" in said
    assert " gained, the first 20 of " in said


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]


def test_the_page_has_pictures_and_fetches_nothing(new: Path, tmp_path: Path) -> None:
    records, file = tmp_path / "leads.ndjson", tmp_path / "page.html"
    hostile = [replace(lead, lead=LeadId("<script>")) for lead in LEADS]
    records.write_bytes(b"\n".join(msgspec.json.encode(lead) for lead in hostile))
    simulate(new, old=STARTER, file=records, html=file)
    page = Tags(file.read_text())
    assert page.tags.count("svg") >= 4
    assert page.tags.count("rect") > 20
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not {"src", "href", "onload"} & set(page.names)


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"file": Path("no.ndjson"), "old": STARTER}, 2, "no.ndjson: No such file or directory; name a file"),
        ({"file": STARTER, "old": STARTER}, 1, "starter.yaml:1: not a recorded lead"),
        ({"file": STARTER}, 2, "name what was in force with --old, a file or a folder"),
        ({"since": "soon", "old": STARTER}, 2, "--since soon: write a duration such as 90d, or a day"),
        ({"old": STARTER, "data": Path("nowhere")}, 3, "nothing runs in nowhere"),
    ],
)
def test_what_can_not_be_done_is_said(new: Path, asked: dict[str, Any], code: int, said: str) -> None:
    with pytest.raises(Failed) as failed:
        simulate(new, **asked)
    assert (failed.value.code, said in str(failed.value)) == (code, True), str(failed.value)


# ---- with a roster: who would have had them


TEAM = "person,teams\n" + "".join(f"rep{n}@acme.example,inside\n" for n in range(4))


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    file = tmp_path / "roster.csv"
    file.write_text(TEAM)
    return file


def routed(new: Path, records: Path, roster: Path, capsys: pytest.CaptureFixture[str], **more: Any) -> Any:
    simulate(new, old=STARTER, file=records, roster=roster, as_json=True, **more)
    return json.loads(capsys.readouterr().out)


def test_with_a_roster_every_lead_of_the_rules_is_given_fairly_under_both_versions(
    new: Path, records: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = routed(new, records, roster, capsys)
    for side in ("old", "new"):
        figures, places = found["routing"][side], found["places"]["totals"]
        assert figures["given"] == figures["teams"]["inside"] == places["team inside"][side]
        assert figures["owed_at_most"].keys() >= figures["teams"].keys()
        assert max(figures["owed_at_most"].values()) < 1, "nobody is a whole lead off their share"
        shares = [one["given"] for one in figures["people"].values()]
        assert max(shares) - min(shares) <= 1
    assert found["routing"]["new"]["given"] > found["routing"]["old"]["given"]


def test_a_rep_who_is_slow_with_each_lead_lets_clocks_run_out_and_has_many_at_once(
    new: Path, records: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fast = routed(new, records, roster, capsys, each="1m")["routing"]["new"]
    slow = routed(new, records, roster, capsys, each="3d")["routing"]["new"]
    assert sum(fast["breached"].values()) < sum(slow["breached"].values())
    most = [max(one["open_at_most"] for one in side["people"].values()) for side in (fast, slow)]
    assert most[0] < most[1]


def test_a_cap_makes_leads_wait_and_the_replay_says_for_how_long(
    new: Path, records: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = new.read_text()
    assert "at_most: {open: 40}" in text
    new.write_text(text.replace("at_most: {open: 40}", "at_most: {open: 1}"))
    found = routed(new, records, roster, capsys, each="4d")["routing"]
    assert found["new"]["queued"] > found["old"]["queued"]
    assert found["new"]["queued_p90_s"] > 0
    assert max(one["open_at_most"] for one in found["new"]["people"].values()) == 1


def test_a_roster_that_does_not_fit_is_said_and_the_rest_is_compared(
    new: Path, records: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster.write_text("person,teams\nrui@acme.example,insde\n")
    found = routed(new, records, roster, capsys)
    assert found["routing"] == {
        "why_not": f"the roster does not fit: {roster}:2: " + found["routing"]["why_not"].split(":2: ")[1]
    }
    assert "did you mean 'inside'" in found["routing"]["why_not"]
    assert found["mqls"]["gained"] > 0
