"""Two processes of one service share its timers, its errands and its relay, also when one of them dies."""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Line
from typing import Any

import httpx
import psycopg
import pytest

from shared.bus.port import Record, Refusal
from shared.bus.sqlite import SqliteBus
from shared.effects import Errand, Say, SetTimer
from shared.runtime import errands
from shared.runtime.clock import SystemClock
from shared.runtime.loops import RunningService
from shared.runtime.relay import LEASE
from shared.runtime.service import Answer, DueErrand
from shared.runtime.timers import fire_once
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from tests.service.processes import PATIENCE_S, children, go, wait_to_go
from tests.service.toy import Counted, Toy, metadata, start_toy, states

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@contextmanager
def toy_on(url: str) -> Iterator[Toy]:
    """One process's own toy, with threads and a real clock."""
    toy = start_toy(url, SqliteBus(":memory:"), SystemClock(), inline=False)
    toy.service.hears = ()
    yield toy
    toy.database.close()
    asyncio.run(toy.bus.close())


@pytest.fixture
def toy(database_url: str) -> Iterator[Toy]:
    with toy_on(database_url) as toy:
        toy.database.tx_inline(metadata.create_all)
        yield toy


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
SHORT = timedelta(seconds=3)


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
    errands.LEASE = SHORT  # A test does not wait for half a minute.
    with toy_on(url) as toy:
        asyncio.run(_call(line, toy, tool, name))


async def _call(line: Line, toy: Toy, tool: str, name: str) -> None:
    async with httpx.AsyncClient(timeout=2.0) as client:

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
        await _until_empty(toy, "errands")
        stays.tell("stop")
    counted = Counter(key for key, _ in receiver.got)
    assert counted.keys() == keys
    twice = {key for key, n in counted.items() if n > 1}
    assert all(counted[key] == 2 for key in twice)
    by = {key: [name for at, name in receiver.got if at == key] for key in twice}
    assert all(names == ["dies", "stays"] for names in by.values())
    story = await toy.story(ALARMS[0])
    assert sorted(story) == sorted(f"answered {key}" for key in keys), "each answer is heard once"


async def _until_empty(toy: Toy, table: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await toy.rows(table):  # noqa: ASYNC110  # it asks a database, which tells nobody
            await asyncio.sleep(0.02)


# ---- the relay

SHARED = LeadId("shared")
LOG = """
CREATE TABLE log (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), by text, value bytea)
"""


class Log:
    """A bus of which only the order matters, for processes that are killed: a table."""

    def __init__(self, url: str, name: str) -> None:
        self._connection = psycopg.connect(plain(url), autocommit=True)
        self._name = name

    async def publish(self, records: Sequence[Record]) -> list[Refusal]:
        with self._connection.cursor() as cursor:
            rows = [(self._name, record.value) for record in records]
            cursor.executemany("INSERT INTO log (by, value) VALUES (%s, %s)", rows)
        return []

    async def close(self) -> None:
        self._connection.close()


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def talk(line: Line, url: str, name: str) -> None:
    """One process says events about a lead that both know and about one of its own, and publishes them."""
    with toy_on(url) as toy:
        toy.service.bus = bus = Log(url, name)
        asyncio.run(_talk(line, toy, name))
        asyncio.run(bus.close())


async def _talk(line: Line, toy: Toy, name: str) -> None:
    running = RunningService(toy.service, name)
    await asyncio.to_thread(wait_to_go, line)
    await running.start()
    for _ in range(50):
        for lead in (SHARED, LeadId(name)):
            await toy.service.tx(lambda tx, lead=lead: count(tx, lead, name))
        await asyncio.sleep(0.01)
    line.send("said")
    await asyncio.to_thread(line.recv)
    await running.stop()


def count(tx: Tx, lead: LeadId, name: str) -> None:
    """Say the next number of this lead."""
    tally = states.lock(tx.conn, [lead])[lead]
    number = len(tally.story)
    states.save(tx.conn, {lead: type(tally)(story=(*tally.story, name))})
    tx.carry_out(lead, [Say(Counted(n=number))], Cause(f"{lead}/{number}"))


def published(url: str) -> list[tuple[str, str, int, float]]:
    """Who published which lead's number, and when; repeats and all."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        rows = connection.execute("SELECT by, value, extract(epoch FROM at) FROM log ORDER BY id").fetchall()
    return [(by, *_content(value), float(at)) for by, value, at in rows]


def _content(value: bytes) -> tuple[str, int]:
    lead = value.split(b'"subject":"')[1].split(b'"')[0].decode()
    return lead, int(value.split(b'"n":')[1].split(b"}")[0])


async def test_when_the_relays_holder_is_killed_the_other_publishes_all_and_in_order(
    toy: Toy, database_url: str
) -> None:
    with psycopg.connect(plain(database_url), autocommit=True) as connection:
        connection.execute(LOG)
    with children(talk, (database_url, "one"), (database_url, "two")) as both:
        go(both)
        holder = await _holder(toy)
        named = dict(zip(("one", "two"), both, strict=True))
        named.pop(holder).kill()
        killed = time.time()
        [(survivor, other)] = named.items()
        assert other.told() == "said"
        await _until_empty(toy, "outbox")
        other.tell("stop")
    log = published(database_url)
    took_s = min(at for by, _, _, at in log if by == survivor and at > killed) - killed
    print(f"\n{survivor} publishes {took_s:.2f} s after {holder} was killed")
    assert took_s < LEASE.total_seconds() + 5
    said = await toy.service.read(lambda tx: states.read(tx.conn, [SHARED, LeadId("one"), LeadId("two")]))
    firsts: dict[str, list[int]] = defaultdict(list)
    for _, lead, number, _ in log:
        if number not in firsts[lead]:
            firsts[lead].append(number)
    assert firsts == {lead: list(range(len(tally.story))) for lead, tally in said.items()}


async def _holder(toy: Toy) -> str:
    """Who has the relay's lease, once something was published."""
    async with asyncio.timeout(PATIENCE_S):
        while not (leases := await toy.rows("leases")):  # noqa: ASYNC110  # it asks a database
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    return str(leases[0].holder)
