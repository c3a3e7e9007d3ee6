"""The command beside a running instance: one lead's story, the status, what is parked, people and keys."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Running, baton, said_by, start
from tests.starting import ROOT

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

ROSTER = """\
person,name,teams,weight,languages,notify
rita@acme.example,Rita,inside=2,,en;pt,
"""
ANA = {
    "email": "ana@northwind.example",
    "title": "VP Operations",
    "company": {"name": "Northwind", "employees": 450, "industry": "manufacturing"},
    "consent": "granted",
    "activity": {"type": "demo_requested"},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("answers") / "data")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def ana(running: Running) -> str:
    """A lead that has a rep."""
    roster = running.data / "people.csv"
    roster.write_text(ROSTER)
    assert running.command("roster", "import", str(roster)).returncode == 0
    lead: str = running.call("POST", "/v1/leads", json=ANA).json()["lead"]
    running.wait_until(
        f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["name"] == "rita@acme.example"
    )
    return lead


def test_a_leads_story_is_told_with_receipts_and_owners(running: Running, ana: str) -> None:
    answer = running.command("lead", "ana@northwind.example")
    assert answer.returncode == 0
    assert f"Lead {ana}" in answer.stdout
    assert "Captured of Northwind" in answer.stdout
    assert "MQL" in answer.stdout
    assert "rita@acme.example answers now" in answer.stdout
    owners = answer.stdout.partition("Who answered:")[2]
    assert [name in owners for name in ("maya@acme.example (intake", "rita@acme.example (rep")] == [
        True,
        True,
    ]
    assert owners.index("maya@") < owners.index("rita@")
    assert said_by(running, "lead", ana)["owners"][-1]["holder"]["answers"] == "rita@acme.example"


def test_its_score_is_told_as_a_sum_with_a_name_to_replay_it_by(running: Running, ana: str) -> None:
    told = running.command("lead", ana).stdout.partition("\nScore ")[2]
    score = said_by(running, "lead", ana)["score"]
    as_of = f"{datetime.fromisoformat(score['at']).astimezone():%Y-%m-%d %H:%M:%S}"
    assert told.startswith(f"{score['score']} as of {as_of} (an MQL; starter@1):")
    assert all(line in told for line in score["lines"])
    assert f"= {score['score']}" in told
    assert f"receipt {score['receipt']}" in told
    replayed = running.call("GET", f"/v1/scores/{score['receipt']}/replay").json()
    assert replayed == {"receipt": score["receipt"], "same": True, "differs": []}


def test_a_lead_that_nobody_knows_is_said_to_be_none(running: Running) -> None:
    by_mail = running.command("lead", "nobody@northwind.example")
    assert by_mail.returncode == 1
    assert "no lead has the e-mail address" in by_mail.stderr
    by_id = running.command("lead", "00000000-0000-5000-8000-000000000000")
    assert by_id.returncode == 1
    assert running.command("lead", "ana").returncode == 2


def test_the_status_counts_leads_and_those_without_an_owner(running: Running, ana: str) -> None:
    found = said_by(running, "status")
    assert found["counts"]["captured"] >= 1
    assert found["counts"]["assigned"] >= 1
    assert found["owners"]["leads_without_owner"] == 0
    assert {one["service"] for one in found["services"]} == {"ingest", "scoring", "routing", "recycle"}
    shown = running.command("status").stdout
    assert re.search(r"assigned [1-9]", shown)
    assert "without an owner 0" in shown


def test_a_plan_stands_beside_what_really_came(running: Running, ana: str, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    text = (ROOT / "agreements" / "large" / "agreement.yaml").read_text()
    text = text.replace(
        "from: 2026-10-01, to: 2026-12-31", f"from: {today}, to: {today + timedelta(days=80)}"
    )
    shutil.copytree(ROOT / "agreements" / "large" / "lists", tmp_path / "lists")
    (tmp_path / "large.yaml").write_text(text)
    said = running.command("agreement", "plan", str(tmp_path / "large.yaml")).stdout
    yesterday = today - timedelta(days=1)
    assert f"By the end of {yesterday} there came, of what was planned by then: 0 of " in said
    assert f"The pace is 0.0 MQLs a day. It falls short already, on {yesterday}." in said
    progress = said_by(running, "agreement", "plan", str(tmp_path / "large.yaml"))["progress"]
    assert progress["came"] == {"inquiry": 0, "mql": 0, "sal": 0, "sql": 0, "won": 0}
    assert progress["falls_short_on"] == yesterday.isoformat()
    later = text.replace("sales_cycle: 45d", "sales_cycle: 1h")
    (tmp_path / "large.yaml").write_text(later)
    said = running.command("agreement", "plan", str(tmp_path / "large.yaml")).stdout
    assert f"What really came is not shown: its first lead is wanted on {today}." in said


def test_a_roster_with_a_mistake_is_refused_whole(running: Running, ana: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("person,teams\nsol@acme.example,inside\nivo@acme.example,insid\n")
    answer = running.command("roster", "import", str(bad))
    assert answer.returncode == 1
    assert f"{bad}: Nothing was imported:\n  line 3: " in answer.stderr
    assert "did you mean 'inside'?" in answer.stderr
    assert [one["person"] for one in said_by(running, "roster", "show")] == ["rita@acme.example"]
    assert running.command("roster", "import", str(tmp_path / "none.csv")).returncode == 2
    assert running.command("roster", "import", str(tmp_path / "none.txt")).returncode == 2


def test_keys_are_made_listed_and_revoked(running: Running) -> None:
    made = said_by(running, "keys", "add", "the fair", "--role", "source")
    url = running.instance.url
    assert baton("status", "--url", url, "--key", made["key"]).returncode == 2
    assert made["id"] in running.command("keys", "list").stdout
    assert running.command("keys", "revoke", made["id"]).returncode == 0
    answer = baton("status", "--url", url, "--key", made["key"])
    assert answer.returncode == 2
    assert "401" in answer.stderr
    assert running.command("keys", "revoke", made["id"]).returncode == 1


def test_a_reps_key_names_its_person(running: Running) -> None:
    answer = running.command("keys", "add", "Rita", "--role", "rep")
    assert answer.returncode == 1
    assert "person" in answer.stderr
    nobody = running.command("keys", "add", "Rita", "--role", "rep", "--person", "rita")
    assert "person: expected a work e-mail address, found 'rita'" in nobody.stderr
    made = running.command("keys", "add", "Rita", "--role", "rep", "--person", "rita@acme.example")
    assert made.stdout.startswith("baton_")


def test_a_key_is_written_into_a_file_without_an_instance(running: Running) -> None:
    file = str(running.data / "keys.json")
    made = baton("keys", "add", "me", "--role", "operator", "--file", file)
    url, key = running.instance.url, made.stdout.strip()
    assert baton("status", "--url", url, "--key", key).returncode == 0, "the file is read again"
    assert baton("keys", "add", "Rita", "--role", "rep", "--file", file).returncode == 2
    assert "one line" in baton("keys", "add", "a\nb", "--role", "source", "--file", file).stderr
    nowhere = baton(
        "keys", "add", "me", "--role", "operator", "--file", str(running.data / "none" / "keys.json")
    )
    assert nowhere.returncode == 2
    assert "a folder that is there" in nowhere.stderr


def test_where_the_key_file_can_not_be_written_it_says_who_can(running: Running) -> None:
    draft = running.data / "keys.new"
    draft.mkdir()
    answer = running.command("keys", "add", "the fair", "--role", "source")
    draft.rmdir()
    assert answer.returncode == 1
    assert "baton keys add --file" in answer.stderr


def test_of_several_addresses_the_one_that_knows_answers(running: Running, ana: str) -> None:
    url, silent = running.instance.url, "http://127.0.0.1:9"
    key = ("--key", running.instance.key)
    told = baton("lead", ana, "--url", f"{silent},{url}", *key)
    assert f"Lead {ana}" in told.stdout
    status = json.loads(baton("status", "--url", f"{url}, {url}", *key, "--json").stdout)
    assert [one["service"] for one in status["services"]] == ["ingest", "scoring", "routing", "recycle"]
    incomplete = baton("parked", "list", "--url", f"{url},{silent}", *key)
    assert incomplete.returncode == 3, "what one process did not say must not look like nothing"
    assert f"nothing answers at {silent}" in incomplete.stderr


def test_a_running_instance_needs_no_migration(running: Running) -> None:
    answer = running.command("migrate")
    assert answer.returncode == 2
    assert "is in use by a running instance" in answer.stderr


def test_it_is_alive_ready_and_measured(running: Running, ana: str) -> None:
    assert running.call("GET", "/healthz").json() == {"status": "alive"}
    assert running.call("GET", "/readyz").json() == {"status": "ready", "failed": {}}
    metrics = running.call("GET", "/metrics").text
    assert "baton_leads_without_owner 0.0" in metrics
    assert "baton_owner_gap_seconds 0.0" in metrics
    assert 'baton_agreement_info{agreement="starter",service="routing",version="1"} 1.0' in metrics


def test_a_roster_is_exported_changed_by_a_calendar_and_shown_with_who_did_it(
    running: Running, ana: str, tmp_path: Path
) -> None:
    everybody = tmp_path / "everybody.yaml"
    assert running.command("roster", "export", str(everybody)).returncode == 0
    assert "0 changed, 1 as they were" in running.command("roster", "import", str(everybody)).stdout
    everybody.write_text(everybody.read_text().replace("person: rita", "zone: Europe/Lisbon\n  person: rita"))
    assert "1 changed" in running.command("roster", "import", str(everybody)).stdout
    away = tmp_path / "away.ics"
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{}\r\nEND:VEVENT\r\n"
    day = datetime.now(UTC) + timedelta(days=30)
    calendar = f"BEGIN:VCALENDAR\r\n{event.format(f'{day:%Y%m%d}')}END:VCALENDAR\r\n"
    away.write_bytes(calendar.encode())
    person = "rita@acme.example"
    answer = running.command("roster", "absences", str(away), "--person", person)
    assert answer.stdout == f"{person} is away: {day:%Y-%m-%d} pto.\n"
    shown = running.command("roster", "show", person).stdout
    assert (shown.count(f"{day:%Y-%m-%d} pto"), "Europe/Lisbon" in shown) == (1, True)
    assert running.command("roster", "absences", str(away), "--person", "ritta@acme.example").returncode == 1


def test_a_team_s_shares_are_shown_with_what_explains_them(running: Running, ana: str) -> None:
    answer = running.command("team", "inside")
    assert answer.returncode == 0, answer.stderr
    assert "Team inside: members take fair turns by their weights. 1 lead was given" in answer.stdout
    assert f"rita@acme.example: turn, lead {ana}: Rita has the turn in inside" in answer.stdout
    [member] = said_by(running, "team", "inside")["members"]
    assert (member["person"], member["given"], member["share"]) == ("rita@acme.example", 1, 1.0)
    unknown = running.command("team", "insight")
    assert unknown.returncode == 1
    assert "the agreement knows no team 'insight'" in unknown.stderr


def test_a_cover_who_has_left_is_shown_as_one(running: Running, ana: str, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "person,teams,cover\nivo@acme.example,inside,sol@acme.example\nsol@acme.example,inside,\n"
    )
    assert running.command("roster", "import", str(people)).returncode == 0
    assert "cover    sol@acme.example\n" in running.command("roster", "show").stdout
    assert running.call("POST", "/v1/roster/sol@acme.example/leave").status_code == 200
    assert "cover    sol@acme.example, who has left\n" in running.command("roster", "show").stdout
