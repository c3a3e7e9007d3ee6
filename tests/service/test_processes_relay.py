"""Two processes of one service share its relay: when the one that has it is killed, the other publishes."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from multiprocessing.connection import Connection as Line

import psycopg
import pytest

from shared.bus.port import Record, Refusal
from shared.bus.sqlite import SqliteBus
from shared.effects import Say
from shared.runtime.clock import StillClock
from shared.runtime.loops import RunningService
from shared.runtime.relay import LEASE
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from tests.service.processes import PATIENCE_S, children, go, wait_to_go
from tests.service.processes_toy import toy as toy
from tests.service.processes_toy import toy_on, until_empty
from tests.service.toy import ANA, Counted, Toy, start_toy, states

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
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
    """One process says events of a lead that both know and of its own, and publishes, until it is told."""
    with toy_on(url) as toy:
        toy.service.bus = bus = Log(url, name)
        asyncio.run(_talk(line, toy, name))
        asyncio.run(bus.close())


async def _talk(line: Line, toy: Toy, name: str) -> None:
    running = RunningService(toy.service, name)
    await asyncio.to_thread(wait_to_go, line)
    await running.start()
    while not line.poll():
        for lead in (SHARED, LeadId(name)):
            await toy.service.tx(lambda tx, lead=lead: count(tx, lead, name))
        await asyncio.sleep(0.01)
    line.send(line.recv())
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
        took_s = await _published_by(survivor, database_url, killed) - killed
        other.tell("quiet")
        assert other.told() == "quiet"
        await until_empty(toy, "outbox")
        other.tell("stop")
    print(f"\n{survivor} publishes {took_s:.2f} s after {holder} was killed")
    assert took_s < LEASE.total_seconds() + 5
    said = await toy.service.read(lambda tx: states.read(tx.conn, [SHARED, LeadId("one"), LeadId("two")]))
    firsts: dict[str, list[int]] = defaultdict(list)
    for _, lead, number, _ in published(database_url):
        if number not in firsts[lead]:
            firsts[lead].append(number)
    assert firsts == {lead: list(range(len(tally.story))) for lead, tally in said.items()}


async def test_a_holder_whose_clock_was_fast_is_followed_as_soon_as_any(toy: Toy, database_url: str) -> None:
    fast = start_toy(database_url, SqliteBus(), StillClock(toy.clock.now() + timedelta(seconds=9)))
    await toy.do(ANA, Say(Counted(n=1)), cause="1")
    assert await fast.relay("fast").relay_once() == 1
    fast.database.close()  # It is gone, and has not given the lease back.
    await toy.do(ANA, Say(Counted(n=2)), cause="2")
    began, relay = time.monotonic(), toy.relay("right")
    while not await relay.relay_once():  # noqa: ASYNC110  # it asks a database
        await asyncio.sleep(0.05)
    assert time.monotonic() - began < LEASE.total_seconds() + 1
    await fast.bus.close()


async def _holder(toy: Toy) -> str:
    """Who has the relay's lease, once something was published."""
    async with asyncio.timeout(PATIENCE_S):
        while not (leases := await toy.rows("leases")):  # noqa: ASYNC110  # it asks a database
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    return str(leases[0].holder)


async def _published_by(name: str, url: str, after: float) -> float:
    """When this process published something for the first time after that."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := [at for by, _, _, at in published(url) if by == name and at > after]):  # noqa: ASYNC110  # a table
            await asyncio.sleep(0.05)
    return min(found)
