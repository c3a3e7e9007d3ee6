"""Two processes of one service share its timers and its errands, also when one of them dies."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Line
from typing import Any

import httpx
import pytest

from shared.effects import Errand, SetTimer
from shared.runtime import errands
from shared.runtime.loops import RunningService
from shared.runtime.service import Answer, DueErrand
from shared.runtime.timers import fire_once
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from tests.service.processes import PATIENCE_S, children, go, wait_to_go
from tests.service.processes_toy import toy as toy
from tests.service.processes_toy import toy_on, until_empty
from tests.service.toy import Toy, states

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


# ---- timers

ALARMS = [LeadId(f"alarm-{n:03}") for n in range(500)]
HOURS = ("first", "second", "third", "fourth")


def fire(line: Line, url: str) -> None:
    """One process fires what is due, until nothing is."""
    with toy_on(url) as toy:
        wait_to_go(line)
        line.send(asyncio.run(_fire_all(toy)))


async def _fire_all(toy: Toy) -> int:
    fired = 0
    while await toy.rows("timers"):
        fired += await fire_once(toy.service, limit=20)
    return fired


async def test_two_processes_fire_two_thousand_timers_each_once_and_in_order(
    toy: Toy, database_url: str
) -> None:
    due = [toy.clock.now() - timedelta(hours=4 - n) for n in range(len(HOURS))]
    clocks = [SetTimer(name, at) for name, at in zip(HOURS, due, strict=True)]

    def set_all(tx: Tx) -> None:
        for lead in ALARMS:
            tx.carry_out(lead, clocks, Cause("morning"))

    await toy.service.tx(set_all)
    with children(fire, (database_url,), (database_url,)) as both:
        go(both)
        shares = [child.told() for child in both]
    assert sum(shares) == len(ALARMS) * len(HOURS)
    assert min(shares) > 0
    stories = await toy.service.read(lambda tx: states.read(tx.conn, ALARMS))
    assert {lead: tally.story for lead, tally in stories.items()} == dict.fromkeys(ALARMS, HOURS)


# ---- errands

ERRANDS = 240
KILL_AFTER = 60
SHORT = timedelta(seconds=8)
"""Longer than any call takes on a busy machine, shorter than half a minute."""


class Receiver(ThreadingHTTPServer):
    """A tool on loopback that takes its time. `got`: which process called with which key."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.got: list[tuple[str, str]] = []
        self.enough = threading.Event()


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.got.append((self.headers["Idempotency-Key"], self.headers["X-Process"]))
        if len(self.server.got) == KILL_AFTER:
            self.server.enough.set()
        time.sleep(0.05)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: a test's output is for what goes wrong."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def call(line: Line, url: str, tool: str, name: str) -> None:
    """One process carries out errands, until it is killed or told to stop."""
    errands.LEASE = SHORT
    with toy_on(url) as toy:
        asyncio.run(_call(line, toy, tool, name))


async def _call(line: Line, toy: Toy, tool: str, name: str) -> None:
    async with httpx.AsyncClient(timeout=6.0) as client:

        async def run(errand: DueErrand) -> Answer:
            headers = {"Idempotency-Key": errand.key, "X-Process": name}
            answer = await client.post(tool, json=errand.body, headers=headers)
            return Answer(answer.status_code == 204, f"{answer.status_code}")

        toy.service.run_errand = run
        await serve(line, toy, name)


async def serve(line: Line, toy: Toy, name: str) -> None:
    """Run the service's loops from when it is told to go until it is told to stop."""
    running = RunningService(toy.service, name)
    await asyncio.to_thread(wait_to_go, line)
    await running.start()
    await asyncio.to_thread(line.recv)
    await running.stop()


async def test_an_errand_is_delivered_once_but_for_what_a_killed_process_had_in_its_hands(
    toy: Toy, database_url: str, receiver: Receiver
) -> None:
    tool = f"http://127.0.0.1:{receiver.server_port}/"
    keys = {f"key-{n}" for n in range(ERRANDS)}
    calls = [Errand("tool", "start", key, {}) for key in sorted(keys)]
    await toy.service.tx(lambda tx: tx.carry_out(ALARMS[0], calls, Cause("morning")))
    with children(call, (database_url, tool, "stays"), (database_url, tool, "dies")) as (stays, dies):
        go([stays, dies])
        assert await asyncio.to_thread(receiver.enough.wait, PATIENCE_S)
        dies.kill()
        await until_empty(toy, "errands")
        stays.tell("stop")
    counted = Counter(key for key, _ in receiver.got)
    assert counted.keys() == keys
    twice = {key for key, n in counted.items() if n > 1}
    assert all(counted[key] == 2 for key in twice)
    by = {key: [name for at, name in receiver.got if at == key] for key in twice}
    assert all(names == ["dies", "stays"] for names in by.values())
    story = await toy.story(ALARMS[0])
    assert sorted(story) == sorted(f"answered {key}" for key in keys), "each answer is heard once"
