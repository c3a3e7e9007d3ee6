"""The command asks why a lead went where it went, pauses people, and routes again what went wrong."""

from collections.abc import Iterator

import pytest

from tests.running import Running, start
from tests.service.test_command_answers import ANA, ROSTER, said_by

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

RITA = "rita@acme.example"
SINCE = ("--since", "2026-01-01", "--because", "a try")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("decisions") / "data")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def ana(running: Running) -> str:
    """A lead that has a rep."""
    people = running.data / "people.csv"
    people.write_text(ROSTER)
    assert running.command("roster", "import", str(people)).returncode == 0
    lead: str = running.call("POST", "/v1/leads", json=ANA).json()["lead"]
    running.wait_until(f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["name"] == RITA)
    return lead


def test_a_decision_is_listed_shown_and_made_again(running: Running, ana: str) -> None:
    receipt = said_by(running, "decision", "list", ana)[-1]["receipt"]
    assert receipt in running.command("decision", "list", ana).stdout
    assert f"  {RITA}: has it" in running.command("decision", "show", receipt).stdout
    same = running.command("decision", "replay", receipt)
    assert (same.returncode, same.stdout) == (0, f"The same: {RITA} has it.\n")


def test_with_an_input_altered_the_lines_that_differ_are_told(running: Running, ana: str) -> None:
    receipt = said_by(running, "decision", "list", ana)[-1]["receipt"]
    other = running.command("decision", "replay", receipt, "--with", f"declined.{RITA}=rejected it")
    assert other.returncode == 1
    assert f"the candidate '{RITA}' was has it; it is rejected it" in other.stdout


def test_a_pause_is_said_and_ended(running: Running, ana: str) -> None:
    begun = running.command("pause", "rep", RITA, "--because", "a fair")
    assert begun.stdout.startswith(f"{RITA} is paused because a fair, by ")
    assert f"rep {RITA}: since" in running.command("pause", "list").stdout
    assert running.command("resume", "rep", RITA).stdout == f"{RITA} is resumed.\n"
    assert running.command("pause", "list").stdout == "Nobody is paused.\n"
    assert "resumed by" in running.command("pause", "list", "--past").stdout


def test_what_is_where_it_belongs_stays_when_it_is_routed_again(running: Running, ana: str) -> None:
    tried = running.command("reroute", *SINCE, "--where", "{company.employees: {at_least: 50}}", "--dry-run")
    assert tried.stdout.splitlines() == [f"{ana}: {RITA} keeps it", "0 of 1 would move."]
    for wrong in ("nonsense", "foo: ["):
        refused = running.command("reroute", *SINCE, "--where", wrong)
        assert (refused.returncode != 0, "expects a condition such as" in refused.stderr) == (True, True)
