"""`baton parked`: what can not be handled is listed, shown, handled again, or discarded."""

import time
from collections.abc import Iterator

import httpx
import pytest

from deploy.command.asking import Instance
from deploy.command.failing import Failed
from deploy.command.parked import PARKED
from shared.runtime.parking import LISTED_MAX
from shared.signing import sign_standard_webhook
from tests.running import Running, said_by, start

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("parked") / "data")
    yield one
    one.stop()


def send_of_nobody(running: Running, client: httpx.Client, delivery: str) -> None:
    """A webhook that is taken and can not be understood."""
    secret = (running.data / "sources.yaml").read_text().partition("secrets: [")[2].partition("]")[0]
    body = b'{"type": "form_submitted", "data": {"title": "nobody in particular"}}'
    headers = sign_standard_webhook(delivery, int(time.time()), body, secret)
    answer = client.post(f"{running.instance.url}/hooks/website", content=body, headers=headers)
    assert answer.status_code == 202, answer.text


def test_what_is_parked_is_listed_shown_and_replayed(running: Running) -> None:
    with httpx.Client(trust_env=False) as client:
        send_of_nobody(running, client, "puzzle")
    [item] = said_by(running, "parked", "list")
    which = f"{item['service']}/{item['id']}"
    lines = running.command("parked", "list").stdout.splitlines()
    assert lines[0].startswith(f"{which}  ")
    assert lines[0].endswith("  webhook")
    assert lines[1].startswith("  email: is missing")
    assert lines[2] == "  maya@acme.example answers for it"
    shown = running.command("parked", "show", which)
    assert "nobody in particular" in shown.stdout
    replayed = running.command("parked", "replay", which)
    assert replayed.returncode == 1
    assert "still can not be handled: email: is missing" in replayed.stderr
    assert running.command("parked", "show", "ingest/9999").returncode == 1
    assert running.command("parked", "show", "ingest").returncode == 2
    for which in (2**63, 10**30, -(10**30)):
        assert running.call("GET", f"/v1/parked/ingest/{which}").status_code == 404
        assert running.call("POST", f"/v1/parked/ingest/{which}/replay").status_code == 404


def test_more_than_a_page_is_listed_replayed_and_discarded(running: Running) -> None:
    with httpx.Client(trust_env=False) as client:
        for number in range(LISTED_MAX + 1):
            send_of_nobody(running, client, f"puzzle_{number}")
    parked = sum(service["parked"] for service in said_by(running, "status")["services"])
    listed = running.command("parked", "list").stdout.splitlines()
    assert len(listed) == 3 * LISTED_MAX + 1
    more = listed[-1].removeprefix("ingest has more, which came later: baton ").split()
    rest = said_by(running, *more)
    assert len(rest) == parked - LISTED_MAX
    every = said_by(running, "parked", "replay", "--all", code=1)
    assert (len(every), {one["handled"] for one in every}) == (parked, {0})
    last = f"ingest/{rest[-1]['id']}"
    with Instance.reach(running.data, None, None) as instance:
        gone = {"service": "ingest", "id": 9999}
        assert PARKED.each([gone, rest[-1]], instance.get) == [instance.get(PARKED.at(last))]
    stranger = Instance.reach(running.data, running.instance.url, "baton_no_key")
    with stranger, pytest.raises(Failed, match="Send `Authorization"):
        PARKED.each([rest[-1]], stranger.get)
    assert running.command("parked", "discard", last, "--because", "asked to forget it").returncode == 0
    assert running.command("parked", "show", last).returncode == 1
    assert running.command("parked", "discard", last, "--because", "once more").returncode == 1
    assert running.command("parked", "replay").returncode == 2
