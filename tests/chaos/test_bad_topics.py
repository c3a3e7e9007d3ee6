"""Anybody may write to a topic, and a setting may be wrong: it is named, and the rest goes on."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import islice
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer

from deploy.kafka.broker import BrokerUnavailable
from shared.bus.port import RECORD_BYTES_MAX
from shared.contracts import TOPICS
from tests.chaos.crowd import webhooks
from tests.chaos.place import Place, place
from tests.chaos.sender import Sender
from tests.processes import ServiceProcess
from tests.servers.postgres import PostgresUnavailable

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]

UNKNOWN: Final = (
    b'{"specversion":"1.0","id":"11111111-1111-5111-8111-111111111111","source":"elsewhere",'
    b'"type":"lead.teleported.v1","subject":"somebody","time":"2026-01-01T00:00:00Z","data":{}}'
)
BAD: Final[dict[str, tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]] = {
    "a contract nobody knows": (b"a", UNKNOWN, [("ce_type", b"lead.teleported.v1")]),
    "bytes that are no event": (b"b", b"\xff\xfe\x00 no event", []),
    "an event of 1 MiB": (b"c", b"x" * (RECORD_BYTES_MAX - 1), []),
    "a key that is no text": (b"\xff\xfe\x00", b"{}", []),
    "a header that is no text": (b"d", b"{}", [("ce_type", b"\xff\xfe")]),
    "no key": (None, b"{}", []),
    "no value": (b"e", None, []),
}
READERS: Final = ("scoring", "routing", "recycle")
"""Who hears what ingest says."""


@pytest.fixture
async def baton() -> AsyncIterator[Place]:
    try:
        async with place() as made:
            yield made
    except (BrokerUnavailable, PostgresUnavailable) as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI does not do without servers. {reason}", pytrace=False)
        pytest.skip(str(reason))


async def test_what_is_no_event_and_what_is_set_wrong_is_named_and_the_rest_goes_on(baton: Place) -> None:
    sender = Sender(baton.baton.processes["ingest"].port, baton.baton.signed)
    sending = asyncio.create_task(sender.send(islice(webhooks(6.0, "bad topics"), 60)))
    await _write_bad_things(baton)
    wrong = [
        _started_with(baton, BATON_BUS_CLUSTER_ID="another"),
        _started_with(baton, BATON_BUS_PARTITIONS="8"),
    ]
    await sending
    await _until(lambda: _say(wrong, "WrongCluster", "PartitionsDiffer"))
    assert not any(process.is_ready() for process in wrong)
    assert all(process.is_alive() for process in baton.baton.everyone)
    await _until(baton.is_quiet)
    people = len({sent.webhook.person for sent in sender.sent.values()})
    owned = baton.baton.call("recycle", "GET", "/v1/owners/summary").json()
    assert (owned["captured"], owned["held"] + owned["closed"]) == (people, people)
    for service in READERS:
        parked = _parked(baton, service)
        kinds = Counter(one["type"] for one in parked)
        assert kinds == {"lead.teleported.v1": 1, "unreadable": len(BAD) - 1}, parked
        assert "a contract nobody knows: lead.teleported.v1" in {one["reason"] for one in parked}
        assert all(one["owner"] == "maya@acme.example" for one in parked)


async def _write_bad_things(baton: Place) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=baton.broker.address, max_request_size=2 * RECORD_BYTES_MAX)
    await producer.start()
    try:
        for key, value, headers in BAD.values():
            await producer.send_and_wait(TOPICS[0], value, key=key, headers=headers)
    finally:
        await producer.stop()


def _started_with(baton: Place, **settings: str) -> ServiceProcess:
    process = baton.baton.another("scoring")
    process.settings = {**process.settings, "BATON_MEMBER": "", **settings}
    process.start()
    return process


def _parked(baton: Place, service: Any) -> Any:
    return baton.baton.call(service, "GET", "/v1/parked").json()


async def _say(processes: Sequence[ServiceProcess], *words: str) -> bool:
    return all(word in one.said() for one, word in zip(processes, words, strict=True))


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    ends_at = time.monotonic() + 120
    while not await holds():
        assert time.monotonic() < ends_at
        await asyncio.sleep(0.2)
