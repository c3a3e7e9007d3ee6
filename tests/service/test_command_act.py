"""`baton act` beside a running instance: a rep works a lead from yes to the deal, and its story says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.running import Running, start
from tests.service.test_command_answers import ANA, ROSTER, said_by

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = start(tmp_path / "data")
    yield one
    one.stop()


def test_a_rep_works_a_lead_and_what_they_did_is_told_in_words(running: Running) -> None:
    (running.data / "people.csv").write_text(ROSTER)
    assert running.command("roster", "import", str(running.data / "people.csv")).returncode == 0
    lead: str = running.call("POST", "/v1/leads", json=ANA).json()["lead"]
    running.wait_until(f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["kind"] == "rep")
    made = said_by(running, "keys", "add", "Rita", "--role", "rep", "--person", "rita@acme.example")
    tool = said_by(running, "keys", "add", "dialler", "--role", "source")

    def act(*words: str, key: str = made["key"]) -> tuple[int, str]:
        answer = running.command("act", lead, *words, "--key", key)
        return answer.returncode, answer.stdout + answer.stderr

    assert act("accept")[0] == 0
    assert act("contact", "channel=phone", "outcome=reached", key=tool["key"])[0] == 0
    at = datetime.now(UTC) + timedelta(days=2)
    code, said = act("meeting", f"starts_at={at.isoformat()}")
    assert (code, "sal: rita@acme.example answers; a meeting is at" in said) == (0, True)
    code, said = act("qualify", "answers.need=speed")
    assert (code, "an SQL needs answers to timeline" in said) == (1, True)
    assert act("qualify", "answers.need=speed", "answers.timeline=spring")[0] == 0
    assert act("won", "value=1200", "currency=EUR") == (0, "its journey is over\n")
    running.wait_until(f"/v1/leads/{lead}/story", lambda story: story["ending"] == "won")
    told = running.command("lead", lead).stdout
    assert "rita@acme.example reached out by phone, attempt 1; reached; reported by dialler" in told
    assert f"A meeting with rita@acme.example is booked for {at:%Y-%m-%d %H:%M:%S} UTC" in told
    assert "Won: 1200 EUR (rita@acme.example)" in told
