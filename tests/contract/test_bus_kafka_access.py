"""A Kafka that asks who comes: with a certificate and a password one is let in, and else is told why not."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.command.main import app
from deploy.configuration import read_settings
from deploy.parts import open_bus
from deploy.settings import Settings
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_access import Access
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_topics import Topics, create_topics
from shared.bus.port import BusUnavailable
from shared.contracts import TOPICS
from tests.contract.bus_suite import letters, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS
from tests.servers.secured import Secured, secured_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def secured(kafka_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """`kafka_server` says whether there can be one at all."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as place:
        yield place


def cluster(secured: Secured, **different: Any) -> Cluster:
    return Cluster((secured.address,), access=replace(secured.access, **different))


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_who_shows_what_is_asked_for_writes_reads_and_makes_topics(
    secured: Secured, mechanism: str
) -> None:
    ours, topic = cluster(secured, mechanism=mechanism), f"leads-{mechanism}"
    await create_topics(ours, [topic], SETTINGS)
    bus = KafkaBus(ours, drain_s=DRAIN_S)
    assert await bus.publish(letters("ab", topic=topic)) == []
    consumer = await bus.subscribe([topic], "scoring")
    assert values(await take(consumer, 2)) == ["a", "b"]
    await consumer.commit()
    await bus.close()
    topics = Topics(ours, SETTINGS, {topic: ["scoring"]})
    await topics.check_drained(await topics.find(), all_stopped=True)


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"password": "wrong"}, "Authentication failed"),
        ({"user": "nobody"}, "Authentication failed"),
        ({"cert_file": None}, "it closes the connection; look whether BATON_BUS_TLS"),
        ({"user": "", "password": ""}, "it closes the connection; look whether BATON_BUS_TLS"),
        ({"tls": False}, "it closes the connection; look whether BATON_BUS_TLS"),
        ({"ca_file": None}, "certificate verify failed"),
    ],
)
async def test_who_does_not_is_told_why(secured: Secured, different: dict[str, Any], why: str) -> None:
    bus = KafkaBus(cluster(secured, **different))
    for attempt in (bus.publish(letters("a")), bus.subscribe(["leads"], "scoring")):
        with pytest.raises(BusUnavailable, match=why):
            await attempt
    await bus.close()


async def test_a_broker_that_only_a_stranger_vouches_for_gets_no_password(secured: Secured) -> None:
    bus = KafkaBus(cluster(secured, ca_file=secured.stranger))
    with pytest.raises(BusUnavailable, match="certificate verify failed"):
        await bus.publish(letters("a"))
    await bus.close()


async def test_what_speaks_no_tls_is_told_from_what_is_gone(kafka_server: str) -> None:
    plain = KafkaBus(Cluster((kafka_server,), access=Access(tls=True)))
    with pytest.raises(BusUnavailable, match="it closes the connection; look whether BATON_BUS_TLS"):
        await plain.publish(letters("a"))
    await plain.close()


@pytest.fixture
def told(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was told all of it, the certificate and its key in one file."""
    access = secured.access
    monkeypatch.setenv("BATON_BUS_URL", f"kafka://{secured.address}")
    monkeypatch.setenv("BATON_BUS_TLS", "true")
    monkeypatch.setenv("BATON_BUS_CA_FILE", str(access.ca_file))
    monkeypatch.setenv("BATON_BUS_CERT_FILE", str(access.cert_file))
    monkeypatch.setenv("BATON_BUS_USER", access.user)
    monkeypatch.setenv("BATON_BUS_PASSWORD", access.password)


@pytest.mark.usefixtures("told")
async def test_settings_let_processes_and_their_topics_in() -> None:
    made = await asyncio.to_thread(CliRunner().invoke, app, ["topics"])
    assert made.exit_code == 0, made.stderr
    bus = open_bus(read_settings(Settings))
    assert await bus.publish(letters("a", topic=next(iter(TOPICS)))) == []
    await bus.close()
