"""`baton retell`: what services have missed of leads is said again; who has handled it does nothing."""

from collections.abc import Iterator

import pytest

from services.ingest.handlers.retelling import PAGE
from tests.running import Running, said_by, start
from tests.service.test_command_answers import ANA

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("retell") / "data")
    yield one
    one.stop()


def test_who_has_handled_it_does_nothing_when_it_is_said_again(running: Running) -> None:
    lead = running.call("POST", "/v1/leads", json=ANA).json()["lead"]
    running.wait_until(f"/v1/leads/{lead}/owners", lambda found: len(found["owners"]) > 1)
    before = said_by(running, "decision", "list", lead), said_by(running, "lead", lead)["owners"]
    again = running.command("retell", lead)
    assert (again.returncode, again.stdout) == (0, "3 events of 1 lead said again.\n")
    [since] = said_by(running, "retell", "--since", "2026-01-01")
    assert since == {"lead": lead, "said": ["lead.captured.v1", "lead.updated.v1", "consent.changed.v1"]}
    running.wait_until(f"/v1/leads/{lead}/story", lambda found: _updates(found["lines"]) == 2)
    assert (said_by(running, "decision", "list", lead), said_by(running, "lead", lead)["owners"]) == before


def _updates(lines: list[dict[str, str]]) -> int:
    return sum("Known better now" in line["sentence"] for line in lines)


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ([], 2, "name leads, by their ids; or say --since"),
        (["a", "--since", "2026-01-01"], 2, "name leads, by their ids; or say --since"),
        (["--since", "yesterday"], 2, "expected an instant"),
        (["nobody"], 1, "there is no lead nobody"),
    ],
)
def test_what_is_not_understood_is_said(running: Running, given: list[str], code: int, says: str) -> None:
    answer = running.command("retell", *given)
    assert (answer.returncode, says in answer.stderr) == (code, True), answer.stderr


def test_more_than_a_page_is_said_again(running: Running) -> None:
    rows = [{"email": f"p{n}@northwind.example"} for n in range(2 * PAGE)]
    taken = running.call("POST", "/v1/imports", json={"rows": rows}).json()["rows"]
    said = [one["lead"] for one in said_by(running, "retell", "--since", "2026-01-01")]
    assert len(said) == len(set(said))
    assert {one["lead"] for one in taken} <= set(said)
