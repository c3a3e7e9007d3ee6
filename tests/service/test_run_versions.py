"""`baton run` changes to another version while it runs, undoes it, and keeps to what was agreed."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.command.main import app
from deploy.demo.instance import AGREEMENT as DEMO
from deploy.folder import Folder
from deploy.problems import CannotStart
from deploy.versions import change_to
from tests.running import Running, baton, start
from tests.service.versions_place import STARTER, version_text

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = start(tmp_path / "data")
    yield one
    one.stop(signal.SIGKILL)


def write(running: Running, version: int, **changes: str) -> Path:
    """A version that is meant from a minute ago on."""
    file = running.data / f"agreement-{version}.yaml"
    file.write_text(version_text(version, datetime.now(UTC) - timedelta(minutes=1), **changes))
    return file


def with_outside(file: Path) -> None:
    """One more team in this version, to which all leads go."""
    team = "    - {name: outside, lead: ola@acme.example, deputy: ola@acme.example}\n  reassign_at_most"
    text = file.read_text().replace("  reassign_at_most", team, 1)
    file.write_text(text.replace("everything, to: {team: inside}", "everything, to: {team: outside}"))


def all_decide_by(ref: str) -> Any:
    return lambda found: {one["in_force"] for one in found} == {ref} and len(found) == 4


def test_a_new_version_takes_over_in_every_service_and_is_undone_by_a_command(running: Running) -> None:
    sent = {"email": "ana@northwind.example", "consent": "granted", "activity": {"type": "form_submitted"}}
    lead = running.call("POST", "/v1/leads", json=sent).json()["lead"]
    scored = running.wait_until(f"/v1/leads/{lead}/score", lambda found: found["agreement"] == "starter@1")
    write(running, 2, half_life="15d")
    answer = running.call("POST", "/v1/agreement/reload")
    assert answer.status_code == 200, answer.text
    assert [one["coming"][0]["agreement"] for one in answer.json()] == ["starter@2"] * 4
    running.wait_until("/v1/agreement", all_decide_by("starter@2"))
    replayed = running.call("GET", f"/v1/scores/{scored['receipt']}/replay")
    assert replayed.json()["same"], "by the version that made it"
    planned = running.data / "agreement-4.yaml"
    planned.write_text(version_text(4, datetime.now(UTC) + timedelta(days=9)))
    undone = running.command("agreement", "undo")
    assert undone.returncode == 0, undone.stderr
    assert "is starter@5, with the content of starter@1; it undoes starter@2" in undone.stdout
    assert "routing: starter@5 takes over at 20" in undone.stdout
    assert "; starter@4 still does, at 20" in undone.stdout
    # In this process, because it must be said within five seconds.
    again = CliRunner().invoke(app, ["agreement", "undo", "--data", str(running.data)])
    assert (again.exit_code, "starter@5 is about to take over" in str(again.output)) == (1, True)
    assert not (running.data / "agreement-6.yaml").exists()
    found = running.wait_until("/v1/agreement", all_decide_by("starter@5"))
    assert all(one["is_here"] and len(one["coming"]) == 1 for one in found)
    assert {one["former"] for one in found} == {"starter@2"}
    assert "half_life: 14d" in (running.data / "agreement-5.yaml").read_text()


def test_an_undo_that_is_refused_leaves_no_file_and_the_next_one_undoes_what_is_in_force(
    running: Running,
) -> None:
    with_outside(write(running, 2))
    never = running.data / "agreement-9.yaml"
    never.write_text(version_text(9, datetime.now(UTC) + timedelta(days=9)))
    assert running.call("POST", "/v1/agreement/reload").status_code == 200
    running.wait_until("/v1/agreement", all_decide_by("starter@2"))
    sent = {"email": "ana@northwind.example", "activity": {"type": "demo_requested"}}
    lead = running.call("POST", "/v1/leads", json=sent).json()["lead"]
    running.wait_until(f"/v1/leads/{lead}/assignment", lambda found: "outside" in json.dumps(found))
    refused = running.command("agreement", "undo")
    assert refused.returncode == 1
    assert "drops the team 'outside'" in refused.stderr
    assert "Nothing is undone" in refused.stderr
    assert not refused.stdout
    assert not (running.data / "agreement-10.yaml").exists()
    with_outside(write(running, 3))  # By its file its time has come, and it is in force nowhere.
    assert running.command("agreement", "undo").stderr == refused.stderr


def test_a_broken_version_never_replaces_a_good_one(running: Running) -> None:
    write(running, 2, half_life="fortnight")
    answer = running.call("POST", "/v1/agreement/reload")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert (error["file"], error["line"] > 1) == (str(running.data / "agreement-2.yaml"), True)
    running.process.send_signal(signal.SIGHUP)
    running.wait_until("/v1/agreement", lambda _: "agreement refused" in (running.data / "log").read_text())
    assert 'baton_agreements_refused_total{service="routing"} 2.0' in running.call("GET", "/metrics").text
    assert all_decide_by("starter@1")(running.call("GET", "/v1/agreement").json())
    write(running, 2)
    running.process.send_signal(signal.SIGHUP)
    running.wait_until("/v1/agreement", all_decide_by("starter@2"))


def test_what_was_in_force_and_is_another_now_is_refused(running: Running, tmp_path: Path) -> None:
    running.stop()
    file = running.data / "agreement.yaml"
    agreed = file.read_text()
    file.write_text(agreed.replace("half_life: 14d", "half_life: 15d"))
    refused = baton("run", "--data", str(running.data), "--port", "0")
    assert refused.returncode == 2
    assert f"can not start: {file}: starter@1 was agreed and took over on 20" in refused.stderr
    assert "half_life: 15d" in refused.stderr
    other = tmp_path / "other.yaml"
    file.rename(other)
    file.write_text(agreed)
    refused = baton("run", "--data", str(running.data), "--port", "0", "--agreement", str(other))
    assert refused.returncode == 2
    assert "starter@1 lies in" in refused.stderr
    assert file.read_text() == agreed


def test_it_changes_to_another_agreement_at_its_start(running: Running) -> None:
    running.stop()
    again = start(running.data, "--agreement", str(DEMO))
    try:
        assert {one["in_force"] for one in again.call("GET", "/v1/agreement").json()} == {"demo@1"}
        assert json.loads(again.call("GET", "/readyz").text) == {"status": "ready", "failed": {}}
    finally:
        again.stop()


def test_what_todays_checks_refuse_is_never_put_into_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(STARTER.replace("name: demo request", "name: asked for a demo"))
    with pytest.raises(CannotStart, match="names differ"):
        change_to(Folder(tmp_path / "data"), file)


def test_a_first_version_that_todays_checks_refuse_is_not_started_with(tmp_path: Path) -> None:
    (tmp_path / "agreement.yaml").write_text(STARTER.replace("name: demo request", "name: asked for a demo"))
    refused = baton("run", "--data", str(tmp_path), "--port", "0")
    assert refused.returncode == 2
    assert f"can not start: {tmp_path}/agreement.yaml:52:16: 'asked for a demo' is already" in refused.stderr


def test_where_nobody_is_asked_the_files_say_what_is_undone_and_what_is_planned(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for version, days in ((1, -2), (2, -1), (3, 9)):
        (tmp_path / f"agreement-{version}.yaml").write_text(version_text(version, now + timedelta(days=days)))
    done = CliRunner().invoke(app, ["agreement", "undo", str(tmp_path / "agreement*.yaml")])
    assert done.exit_code == 0
    assert "is starter@4, with the content of starter@1; it undoes starter@2." in done.output
    assert "What is planned takes over all the same: starter@3." in done.output
