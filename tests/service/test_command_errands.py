"""`baton errands`: what was given up is listed, tried once more, or dropped."""

from collections.abc import Iterator

import pytest

from tests.running import Running, said_by, start
from tests.service.test_command_answers import ANA

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

ROSTER = "person,name,teams,notify\nrita@acme.example,Rita,inside,http://127.0.0.1:9/rita\n"
"""Nobody may be called on this machine: every message to her is given up at once."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("errands") / "data")
    (one.data / "people.csv").write_text(ROSTER)
    assert one.command("roster", "import", str(one.data / "people.csv")).returncode == 0
    yield one
    one.stop()


@pytest.fixture
def errand(running: Running) -> str:
    """A message that was given up."""
    assert running.command("errands", "list").stdout == "Nothing was given up.\n"
    running.call("POST", "/v1/leads", json=ANA)
    [one] = running.wait_until("/v1/errands", bool)
    return f"{one['service']}/{one['id']}"


def test_what_was_given_up_is_listed_tried_again_and_dropped(running: Running, errand: str) -> None:
    first, second = running.command("errands", "list").stdout.splitlines()
    assert first.startswith(f"{errand}  ")
    assert " to rep, of " in first
    assert second.startswith("  tried 1 times: ")
    assert running.command("errands", "retry", errand).stdout.startswith("1 tried again")
    again = running.wait_until("/v1/errands", lambda found: [one["attempts"] for one in found] == [2])
    assert said_by(running, "errands", "list") == again
    assert running.command("errands", "retry", "--to", "crm").stdout.startswith("0 tried again")
    assert running.command("errands", "drop", errand).returncode == 2, "it needs a reason"
    assert running.command("errands", "drop", "--because", "both", errand, "--to", "rep").returncode == 2
    dropped = running.command("errands", "drop", "--to", "rep", "--because", "she was told by phone")
    assert dropped.stdout == "1 dropped, and the log keeps why.\n"
    assert running.call("GET", "/v1/errands").json() == []
    assert "she was told by phone" in (running.data / "log").read_text()
    for what in ("retry", "drop"):
        body = {"because": "once more"} if what == "drop" else None
        assert running.call("POST", f"/v1/errands/{errand}/{what}", json=body).status_code == 404


def test_only_an_operator_decides(running: Running) -> None:
    manager = said_by(running, "keys", "add", "Mona", "--role", "manager")["key"]
    for method, path in (("GET", ""), ("POST", "/routing/1/retry"), ("POST", "/routing/1/drop")):
        headers = {"Authorization": f"Bearer {manager}"}
        assert running.call(method, f"/v1/errands{path}", headers=headers).status_code == 403
