"""A Kafka that asks who comes, lets each do only what is allowed, and says why not."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.configuration import read_settings
from deploy.parts import open_bus
from deploy.settings import Settings
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_access import Access
from shared.bus.kafka_cluster import Cluster
from shared.bus.kafka_topics import Topics, TopicSettings, create_topics
from shared.bus.port import BusUnavailable
from shared.contracts import TOPICS
from tests.contract.bus_suite import letters, take, values
from tests.contract.kafka_place import DRAIN_S, SETTINGS
from tests.running import baton
from tests.servers.secured import GUEST, Secured, secured_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

TOPIC, GROUP = 2, 3
WHATEVER_BEGINS_SO, ALLOWED = 4, 3
READ, WRITE, CREATE, ALTER, DESCRIBE_CONFIGS, ALTER_CONFIGS = 3, 4, 5, 7, 10, 11
"""Numbers of Kafka's protocol."""
SERVICE: Final = ((TOPIC, READ), (TOPIC, WRITE), (GROUP, READ))
"""What docs/operations.md says that a service needs, and below, `baton topics` beside it."""
MAKING: Final = ((TOPIC, CREATE), (TOPIC, ALTER), (TOPIC, DESCRIBE_CONFIGS), (TOPIC, ALTER_CONFIGS))
LONGER: Final = TopicSettings(copies=1, copies_in_sync=1, kept=SETTINGS.kept * 2)


@pytest.fixture(scope="module")
def secured(kafka_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """`kafka_server` says whether there can be one at all."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as place:
        yield place


@pytest.fixture(autouse=True)
async def goodbyes() -> AsyncIterator[None]:
    """A connection over TLS ends with the broker's answer to a close, for which its client does not wait."""
    yield
    connections: Any = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while len(connections.get_map()) > 1:  # noqa: ASYNC110  # The loop's own is always there.
            await asyncio.sleep(0.01)


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


async def test_what_a_broker_says_is_not_hidden_by_one_that_is_gone(secured: Secured) -> None:
    told = cluster(secured, password="wrong")
    bus = KafkaBus(replace(told, servers=("127.0.0.1:1", *told.servers)))
    with pytest.raises(BusUnavailable, match="Authentication failed"):
        await bus.publish(letters("a"))
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


async def test_settings_let_processes_and_their_topics_in(secured: Secured) -> None:
    access = secured.access
    told = {
        "BATON_BUS_URL": f"kafka://{secured.address}",
        "BATON_BUS_TLS": "true",
        "BATON_BUS_CA_FILE": str(access.ca_file),
        "BATON_BUS_CERT_FILE": str(access.cert_file),
        "BATON_BUS_USER": access.user,
        "BATON_BUS_PASSWORD": access.password,
    }
    made = await asyncio.to_thread(baton, "topics", **told)
    assert made.returncode == 0, made.stderr
    settings = {name.removeprefix("BATON_").lower(): value for name, value in told.items()}
    bus = open_bus(read_settings(Settings, **settings))
    assert await bus.publish(letters("a", topic=next(iter(TOPICS)))) == []
    await bus.close()


def guest(secured: Secured, partitions: int = 4) -> Cluster:
    return Cluster(
        (secured.address,), partitions, access=replace(secured.access, user=GUEST, mechanism="PLAIN")
    )


async def allow(secured: Secured, prefix: str, rights: Sequence[tuple[int, int]]) -> None:
    """Let the guest do this with whatever has a name that begins so."""
    async with Cluster((secured.address,), access=secured.access).admin() as admin:
        for kind, right in rights:
            whom = (kind, prefix, WHATEVER_BEGINS_SO, f"User:{GUEST}", "*", right, ALLOWED)
            answer = await admin._send_request(CreateAclsRequest(*whom))
            assert [code for code, _ in answer.creation_responses] == [0]


async def test_a_service_gets_along_with_what_the_documents_say(secured: Secured) -> None:
    await create_topics(Cluster((secured.address,), access=secured.access), ["baton.one.leads"], SETTINGS)
    await allow(secured, "baton.one.", SERVICE)
    bus = KafkaBus(guest(secured), drain_s=DRAIN_S)
    assert await bus.publish(letters("ab", topic="baton.one.leads")) == []
    consumer = await bus.subscribe(["baton.one.leads"], "one.scoring")
    assert values(await take(consumer, 2)) == ["a", "b"]
    await consumer.commit()
    assert await consumer.lag() == {"baton.one.leads": 0}
    await bus.close()


async def test_topics_are_made_and_mended_with_what_the_documents_say(secured: Secured) -> None:
    await allow(secured, "baton.two.", [*SERVICE, *MAKING])
    readers = {"baton.two.leads": ["two.scoring"]}
    for settings, partitions, done in (
        (SETTINGS, 4, "made with 4 partitions"),
        (LONGER, 4, "retention.ms is now 172800000"),
        (LONGER, 6, "4 partitions became 6"),
    ):
        topics = Topics(guest(secured, partitions), settings, readers)
        await topics.check_drained([*await topics.find()], all_stopped=True)
        [finding] = await topics.find()
        assert await topics.mend(finding) == [done]
        [finding] = await topics.find()
        assert topics.lacks(finding) == []


async def test_a_topic_that_one_may_not_see_is_not_missing(secured: Secured) -> None:
    await create_topics(Cluster((secured.address,), access=secured.access), ["baton.three.leads"], SETTINGS)
    topics = Topics(guest(secured), SETTINGS, {"baton.three.leads": ["three.scoring"]})
    with pytest.raises(
        BusUnavailable, match=r"could not describe a topic \(baton.three.leads\): TopicAuthorization"
    ):
        await topics.find()


async def test_settings_that_one_may_not_see_are_not_taken_for_none(secured: Secured) -> None:
    """All that others had set for the topic would be lost with the first that is set anew."""
    await create_topics(Cluster((secured.address,), access=secured.access), ["baton.four.leads"], SETTINGS)
    await allow(secured, "baton.four.", SERVICE)
    topics = Topics(guest(secured), SETTINGS, {"baton.four.leads": ["four.scoring"]})
    with pytest.raises(
        BusUnavailable, match=r"say how a topic is kept \(baton.four.leads\): Topic authorization f"
    ):
        await topics.find()
