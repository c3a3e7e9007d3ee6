"""What the command says when there is nothing to ask, and what needs no instance."""

import json
import sqlite3
from pathlib import Path

import pytest

from deploy.processes import SERVICES
from tests.running import baton
from tests.starting import ROOT

pytestmark = pytest.mark.slow


def test_nothing_runs_here(tmp_path: Path) -> None:
    answer = baton("status", "--data", str(tmp_path))
    assert answer.returncode == 3
    assert answer.stderr.startswith(f"baton: nothing runs in {tmp_path}; start it with `baton run")


def test_nothing_answers_there() -> None:
    answer = baton("status", "--url", "http://127.0.0.1:9", "--key", "baton_a_b")
    assert answer.returncode == 3
    assert "nothing answers at http://127.0.0.1:9" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ftp://127.0.0.1", "http://127.0.0.1:x"])
def test_what_is_no_address_is_named(address: str) -> None:
    answer = baton("status", "--url", address, "--key", "baton_a_b")
    assert answer.returncode == 2
    assert f"{address} is no address: write it as http://" in answer.stderr


@pytest.mark.parametrize("keyless", [(), ("--key", "")], ids=["none", "an empty one"])
def test_an_address_needs_a_key(keyless: tuple[str, ...]) -> None:
    answer = baton("status", "--url", "http://127.0.0.1:9", *keyless)
    assert answer.returncode == 2
    assert "--key" in answer.stderr


def test_the_data_folder_may_be_named_by_the_environment(tmp_path: Path) -> None:
    assert str(tmp_path) in baton("status", BATON_DATA=str(tmp_path)).stderr


def test_an_unknown_option_is_wrong_use() -> None:
    answer = baton("run", "--dta", "x")
    assert answer.returncode == 2
    assert "--data" in answer.stderr


def test_the_help_names_every_command() -> None:
    said = baton("--help").stdout
    for name in (
        "run",
        "demo",
        "import",
        "lead",
        "status",
        "parked",
        "roster",
        "keys",
        "agreement",
        "migrate",
        "serve",
    ):
        assert f" {name} " in said


def test_the_shipped_agreements_are_valid() -> None:
    answer = baton(
        "agreement", "check", *(str(file) for file in sorted((ROOT / "agreements").rglob("*.yaml")))
    )
    assert answer.returncode == 0, answer.stdout
    assert "is valid: starter@1" in answer.stdout


def test_an_agreement_is_checked_to_its_last_problem(tmp_path: Path) -> None:
    text = (ROOT / "agreements" / "starter.yaml").read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace("half_life", "half_live").replace("returns: never", "returns: nevr"))
    answer = baton("agreement", "check", str(bad))
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    assert len(lines) >= 3
    assert all(line.startswith(f"{bad}:") and line.split(":")[1].isdecimal() for line in lines[:-1])
    checked = json.loads(baton("agreement", "check", "--json", str(bad)).stdout)[0]
    assert checked["valid"] is False
    assert {"file", "line", "column", "message"} == set(checked["problems"][0])


def test_what_an_agreement_asks_and_nobody_enforces_is_listed(tmp_path: Path) -> None:
    text = (ROOT / "agreements" / "starter.yaml").read_text()
    more = tmp_path / "more.yaml"
    more.write_text(f"{text}\nduties: {{sales: {{accepted_on_time: 90%}}}}\n")
    answer = baton("agreement", "check", str(more))
    assert answer.returncode == 0
    assert "not enforced yet: duties" in answer.stdout


def test_an_agreement_that_is_not_there(tmp_path: Path) -> None:
    answer = baton("agreement", "check", str(tmp_path / "none.yaml"))
    assert answer.returncode == 1
    assert "can not be read" in answer.stdout


def test_only_a_folder_that_is_there_is_migrated(tmp_path: Path) -> None:
    answer = baton("migrate", "--data", str(tmp_path / "nowhere"))
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "there is no folder" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["garbage", "postgresql+psycopg://u:geheim@h:port/x", "postgresql://u:geheim@h/x", "mysql://h/x"]
)
def test_an_address_of_no_database_is_refused_without_repeating_it(url: str) -> None:
    answer = baton("migrate", BATON_ROUTING_DATABASE_URL=url)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "BATON_ROUTING_DATABASE_URL: expected postgresql+psycopg://USER" in answer.stderr
    assert "geheim" not in answer.stderr


def test_a_database_of_a_misspelt_service_is_refused(tmp_path: Path) -> None:
    misspelt = {"BATON_SCORNG_DATABASE_URL": f"sqlite:///{tmp_path}/scoring.db"}
    answer = baton("migrate", BATON_ROUTING_DATABASE_URL=f"sqlite:///{tmp_path}/routing.db", **misspelt)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "did you mean 'BATON_SCORING_DATABASE_URL'?" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_databases_are_migrated_without_running(tmp_path: Path) -> None:
    for said in ("migrated from nothing to 0", "up to date at 0"):
        answer = baton("migrate", "--data", str(tmp_path))
        assert answer.returncode == 0, answer.stderr
        lines = zip(answer.stdout.splitlines(), SERVICES, strict=True)
        assert all(line.startswith(f"{service}: {said}") for line, service in lines), answer.stdout
    with sqlite3.connect(tmp_path / "routing.db") as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert "routing_leads" in tables
