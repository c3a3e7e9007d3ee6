"""`baton run` begins with what it needs, and ends in order when it is told to."""

import json
import re
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Running, baton, start
from tests.starting import ROOT, command, environment

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture(scope="module")
def goes_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all tests that do not end it."""
    one = start(tmp_path_factory.mktemp("run") / "data")
    yield one
    one.stop(signal.SIGKILL)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = start(tmp_path / "data")
    yield one
    one.stop(signal.SIGKILL)


def test_it_says_how_to_send_a_first_lead_and_that_works(goes_on: Running) -> None:
    said = goes_on.said()
    curl = said[said.index("curl") : said.index("baton lead")]
    url = re.search(r"(http://\S+)", curl)
    key = re.search(r"Bearer (\S+)'", curl)
    body = re.search(r"-d '(.*)'", curl)
    assert url is not None
    assert key is not None
    assert body is not None
    headers = {"Authorization": f"Bearer {key[1]}"}
    answer = httpx.post(url[1], headers=headers, json=json.loads(body[1]))
    assert answer.status_code == 202
    lead = answer.json()["lead"]
    goes_on.wait_until(f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["kind"] != "intake")


def test_what_it_writes_is_for_its_owner_only(goes_on: Running) -> None:
    for name in (
        "sources.yaml",
        "destinations.yaml",
        "keys.json",
        "own-keys.json",
        "link-secrets",
        "instance.json",
    ):
        assert stat.S_IMODE((goes_on.data / name).stat().st_mode) == 0o600, name


def test_a_second_one_in_the_same_folder_is_refused(goes_on: Running) -> None:
    second = baton("run", "--data", str(goes_on.data), "--port", "0")
    assert second.returncode == 2
    assert "is in use by a running instance" in second.stderr
    assert goes_on.call("GET", "/healthz").is_success


def test_a_port_that_is_taken_is_named(goes_on: Running, tmp_path: Path) -> None:
    port = goes_on.instance.url.rpartition(":")[2]
    other = baton("run", "--data", str(tmp_path / "other"), "--port", port)
    assert other.returncode == 2
    assert f":{port}" in other.stderr
    assert "--port" in other.stderr


def test_its_keys_stay_the_same_over_a_restart(running: Running) -> None:
    before = running.instance.key
    running.stop()
    again = start(running.data)
    try:
        assert again.instance.key == before
    finally:
        again.stop()


def test_the_first_signal_ends_it_in_order_and_loses_nothing(running: Running) -> None:
    acknowledged: list[str] = []
    told = threading.Event()

    def post() -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {running.instance.key}"}) as client:
            for number in range(5_000):
                try:
                    url = f"{running.instance.url}/v1/leads"
                    answer = client.post(url, json={"email": f"p{number}@northwind.example"})
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    acknowledged.append(answer.json()["lead"])
                if len(acknowledged) > 150:
                    told.set()

    poster = threading.Thread(target=post)
    poster.start()
    assert told.wait(60)
    took_s = running.stop(signal.SIGTERM)
    poster.join()
    assert took_s < 10
    assert running.process.returncode == 0
    again = start(running.data)
    try:
        count = len(acknowledged)
        assert count < 5_000
        again.wait_until("/v1/counts", lambda counts: counts["scored"] >= count, timeout_s=60)
        for lead in acknowledged:
            assert again.call("GET", f"/v1/leads/{lead}/story").is_success
    finally:
        again.stop()


def half_a_request(running: Running) -> socket.socket:
    """A sender who never comes to an end."""
    host, _, port = running.instance.url.removeprefix("http://").partition(":")
    sender = socket.create_connection((host, int(port)))
    sender.sendall(b"POST /hooks/website HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    return sender


def test_a_sender_who_never_ends_does_not_keep_it_and_is_told_to_send_again(running: Running) -> None:
    with half_a_request(running) as sender:
        running.call("GET", "/healthz")
        assert running.stop(signal.SIGTERM) < 10
        answer = sender.recv(10_000).decode().lower()
    assert running.process.returncode == 0
    assert answer.startswith("http/1.1 503")
    assert "retry-after: " in answer
    assert "application/problem+json" in answer
    assert "traceback" not in running.said().lower()


def test_it_ends_even_if_nobody_reads_its_log_any_more(tmp_path: Path) -> None:
    run = command(("run", "--data", str(tmp_path), "--port", "0"))
    process = subprocess.Popen(
        run, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    while not (tmp_path / "instance.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    assert process.stderr is not None
    process.stderr.close()
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(12) == 0
    finally:
        process.kill()


def test_the_second_signal_ends_it_at_once(running: Running) -> None:
    with half_a_request(running):
        running.call("GET", "/healthz")
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None
        assert running.stop(signal.SIGINT) < 2
    assert running.process.returncode == 128 + signal.SIGINT


def test_it_says_that_nobody_is_in_the_roster_only_while_nobody_is(running: Running) -> None:
    roster = "person,name,teams\nana@acme.example,Ana,inside\n"
    answer = running.call("POST", "/v1/roster", content=roster, headers={"Content-Type": "text/csv"})
    assert answer.is_success
    running.stop()
    assert "nobody is in the roster yet" in running.said()
    again = start(running.data)
    again.stop()
    assert "Ctrl-C ends it" in again.said()
    assert "nobody is in the roster" not in again.said()


def test_who_left_over_http_does_not_come_back_by_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    roster = data / "roster.csv"
    roster.write_text("person,name,teams\nana@acme.example,Ana,inside\nbo@acme.example,Bo,inside\n")
    first = start(data)
    assert first.call("POST", "/v1/roster/bo@acme.example/leave").is_success
    first.stop()
    second = start(data)
    active = {one["person"]: one["active"] for one in second.call("GET", "/v1/roster").json()}
    second.stop()
    assert active == {"ana@acme.example": True, "bo@acme.example": False}
    roster.write_text(roster.read_text() + "cy@acme.example,Cy,inside\n")
    third = start(data)
    active = {one["person"]: one["active"] for one in third.call("GET", "/v1/roster").json()}
    third.stop()
    assert active == {"ana@acme.example": True, "bo@acme.example": True, "cy@acme.example": True}
