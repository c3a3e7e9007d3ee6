"""`baton topics`: makes what is missing, once, and moves no key that somebody has yet to read."""

import asyncio
from pathlib import Path

import pytest
from aiokafka.admin import NewPartitions
from click.testing import Result
from typer.testing import CliRunner

from deploy.command.main import app
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_cluster import Cluster
from shared.bus.port import Record
from shared.contracts import TOPICS
from tests.servers.kafka import kafka_broker


def baton_topics(*options: str, **environment: str | None) -> Result:
    return CliRunner().invoke(app, ["topics", *options], env=environment)


def said(done: Result) -> set[str]:
    """What it said of the topics, which is the same of each."""
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == list(TOPICS)
    return {line.partition(": ")[2] for line in done.stdout.splitlines()}


def test_the_embedded_bus_needs_no_topics_made() -> None:
    done = baton_topics(BATON_BUS_URL="sqlite:///bus.db")
    assert done.stdout == "The embedded bus makes its topics by itself: nothing is to be done.\n"
    assert done.exit_code == 0


@pytest.mark.parametrize("url", [None, "127.0.0.1:9092", "nats://127.0.0.1:4222"])
def test_a_bus_that_nobody_named_gets_no_topics(url: str | None) -> None:
    done = baton_topics(BATON_BUS_URL=url)
    assert done.exit_code == 2
    assert "BATON_BUS_URL: expected kafka://HOST:PORT" in done.stderr


@pytest.mark.parametrize("port", ["99999", "0", "-1", "http"])
def test_a_port_that_is_none_is_one_sentence(port: str) -> None:
    done = baton_topics(BATON_BUS_URL=f"kafka://127.0.0.1:{port}")
    assert done.exit_code == 2
    assert done.stderr == "baton: Where Kafka is can not be understood: write kafka://host:9092,other:9092.\n"


def test_a_setting_that_nobody_reads_is_refused() -> None:
    done = baton_topics(BATON_BUS_URL="kafka://127.0.0.1:9", BATON_TOPIC_COPYS="3")
    assert done.exit_code == 2
    assert "there is no such setting; did you mean 'BATON_TOPIC_COPIES'?" in done.stderr


def test_what_contradicts_each_other_is_said() -> None:
    done = baton_topics(
        BATON_BUS_URL="kafka://127.0.0.1:9", BATON_TOPIC_COPIES="3", BATON_TOPIC_KEPT_DAYS="30"
    )
    assert "baton: BATON_TOPIC_COPIES_IN_SYNC is 1: a broker that dies takes with it" in done.stderr
    assert "baton: BATON_TOPIC_KEPT_DAYS (30) is not less than BATON_INBOX_KEEP_DAYS (14)" in done.stderr


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_topics_that_could_not_be_written_to_are_not_made(options: tuple[str, ...]) -> None:
    done = baton_topics(*options, BATON_BUS_URL="kafka://127.0.0.1:9", BATON_TOPIC_COPIES_IN_SYNC="2")
    assert done.exit_code == 2
    assert "BATON_TOPIC_COPIES_IN_SYNC (2) is more than BATON_TOPIC_COPIES (1)" in done.stderr
    assert "set BATON_TOPIC_COPIES to at least 2" in done.stderr
    assert "could not describe its topics" not in done.stderr, "Kafka is not asked"


def test_a_kafka_that_is_not_there_is_one_sentence() -> None:
    done = baton_topics(BATON_BUS_URL="kafka://127.0.0.1:9")
    assert done.exit_code == 2
    assert "baton: Kafka at 127.0.0.1:9 could not describe its topics" in done.stderr


async def publish(address: str, topic: str, count: int) -> None:
    bus = KafkaBus(Cluster((address,)))
    await bus.publish([Record(topic, f"lead-{n}", b"x") for n in range(count)])
    await bus.close()


async def read(address: str, topic: str, group: str, count: int) -> None:
    bus = KafkaBus(Cluster((address,)))
    consumer = await bus.subscribe([topic], group)
    while count:
        count -= len(await consumer.poll(max_records=count, timeout_s=1))
    await consumer.commit()
    await bus.close()


async def grow(address: str, topic: str) -> None:
    async with Cluster((address,)).admin() as admin:
        await admin.create_partitions({topic: NewPartitions(6)})


@pytest.mark.kafka
@pytest.mark.slow
def test_topics_are_made_once_kept_in_shape_and_repartitioned_only_when_drained(
    kafka_server: str, tmp_path: Path
) -> None:
    assert kafka_server  # Or a reason to skip: the names of these topics are given, so the broker is our own.
    with kafka_broker(tmp_path) as broker:
        here = {"BATON_BUS_URL": f"kafka://{broker.address}"}
        assert said(done := baton_topics("--check", **here)) == {"is missing"}
        assert done.exit_code == 1
        assert said(baton_topics(**here)) == {"made with 4 partitions"}
        assert (
            said(done := baton_topics(**here)) == {"as it should be"} == said(baton_topics("--check", **here))
        )
        assert done.exit_code == 0
        longer = {**here, "BATON_TOPIC_KEPT_DAYS": "9"}
        assert said(baton_topics("--check", **longer)) == {"retention.ms is not 777600000"}
        assert said(baton_topics(**longer)) == {"retention.ms is now 777600000"}

        scoring, more = TOPICS[1], {**longer, "BATON_BUS_PARTITIONS": "6"}
        asyncio.run(publish(broker.address, scoring, 20))
        asyncio.run(read(broker.address, scoring, "routing", 20))
        asyncio.run(read(broker.address, scoring, "recycle", 15))
        done = baton_topics("--all-stopped", **more)
        assert f"nothing was changed: {scoring} can not get 6 partitions while recycle has 5 " in done.stderr
        asyncio.run(read(broker.address, scoring, "recycle", 5))
        assert "whether somebody still speaks on it can not be seen from here" in baton_topics(**more).stderr
        asyncio.run(grow(broker.address, TOPICS[0]))
        grown = {"as it should be", "4 partitions became 6"}  # One by hand, the others here.
        assert said(baton_topics("--all-stopped", **more)) == grown
        fewer = baton_topics("--all-stopped", **longer)
        assert "has 6 partitions, and Kafka can not take any away" in fewer.stderr
        assert fewer.exit_code == 1


@pytest.mark.kafka
@pytest.mark.slow
def test_topics_on_too_few_brokers_are_named_and_left_as_they_are(kafka_server: str, tmp_path: Path) -> None:
    assert kafka_server
    with kafka_broker(tmp_path) as broker:
        here = {"BATON_BUS_URL": f"kafka://{broker.address}"}
        baton_topics(**here)
        safer = {**here, "BATON_TOPIC_COPIES": "3", "BATON_TOPIC_COPIES_IN_SYNC": "2"}
        few = "is on 1 of 3 brokers: give it the others with Kafka's own kafka-reassign-partitions.sh"
        done = baton_topics("--check", **safer)
        assert all(few in one for one in said(done))
        assert done.exit_code == 1
        done = baton_topics(**safer)
        assert f"nothing was changed: {TOPICS[0]} {few}" in done.stderr
        assert done.exit_code == 1
        # Asked to have each event twice in sync, a topic on one broker would take none.
        assert said(baton_topics("--check", **here)) == {"as it should be"}
