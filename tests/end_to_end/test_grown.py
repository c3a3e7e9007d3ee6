"""A grown Baton, whole: Kafka, PostgreSQL, and each service in a process of its own."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.kafka.broker import BrokerUnavailable
from deploy.processes import SERVICES
from shared.terms import Role
from tests.processes import Grown, grown
from tests.running import baton
from tests.servers.databases import PostgresDatabases
from tests.servers.kafka import kafka_broker

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

REP = "rita@acme.example"
CROWD = 60


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgres_pool: PostgresDatabases) -> Iterator[Grown]:
    """All services with one rep, on a broker of their own: its topics have the names that services use."""
    place, name = tmp_path_factory.mktemp("grown"), postgres_pool.borrow()
    try:
        with kafka_broker(place) as broker:
            bus = f"kafka://{broker.address}"
            with grown(place / "files", bus, postgres_pool.address(name)) as made:
                made.start()
                roster = f"person,name,teams\n{REP},Rita,inside\n"
                sent = made.call(
                    "routing", "POST", "/v1/roster", content=roster, headers={"content-type": "text/csv"}
                )
                assert sent.is_success, sent.text
                yield made
    except BrokerUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI does not do without Kafka. {reason}", pytrace=False)
        pytest.skip(f"no Kafka: {reason}")
    finally:
        postgres_pool.give_back(name)


def post(running: Grown, number: int) -> str:
    """A signed webhook of somebody who asks for a demo; the id of the lead that it became."""
    said = {
        "email": f"person{number}@northwind.example",
        "title": "Head of Operations",
        "employees": 450,
        "industry": "manufacturing",
        "consent": "granted",
    }
    body = json.dumps({"type": "demo_requested", "data": said}).encode()
    headers = running.signed(f"msg_{number}", body)
    answer = running.call("ingest", "POST", "/hooks/website", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    lead: str = answer.json()["lead"]
    return lead


def has_a_rep(owner: Any) -> bool:
    return bool(owner["holder"] and owner["holder"]["kind"] == "rep")


def is_routed(owner: Any) -> bool:
    """With the rep, or in the queue once the rep has enough."""
    return bool(owner["holder"] and owner["holder"]["kind"] in ("rep", "queue"))


def test_a_webhook_becomes_a_lead_that_a_rep_accepts_and_the_story_says_so(running: Grown) -> None:
    lead = post(running, 0)
    owner = running.wait_until("recycle", f"/v1/leads/{lead}/owner", has_a_rep)
    assert owner["holder"]["answers"] == REP
    key = running.ring.add("Rita", Role.REP, REP)
    accepted = running.call("routing", "POST", f"/v1/leads/{lead}/accept", key=key)
    assert accepted.is_success, accepted.text
    running.wait_until(
        "recycle",
        f"/v1/leads/{lead}/story",
        lambda story: any(line["type"] == "lead.accepted.v1" for line in story["lines"]),
    )
    told = baton("lead", "person0@northwind.example", "--url", running.urls, "--key", running.key)
    assert told.returncode == 0, told.stderr
    assert f"Lead {lead}" in told.stdout
    assert REP in told.stdout


def test_the_status_is_put_together_from_every_process(running: Grown) -> None:
    said = baton("status", "--url", running.urls, "--key", running.key, "--json")
    status = json.loads(said.stdout)
    assert {one["service"] for one in status["services"]} == {"ingest", "scoring", "routing", "recycle"}
    assert status["owners"]["leads_without_owner"] == 0
    parked = baton("parked", "list", "--url", running.urls, "--key", running.key)
    assert parked.stdout == "Nothing is parked.\n"


def test_a_second_process_of_each_service_joins_and_leaves_and_nothing_is_lost(running: Grown) -> None:
    leads = [post(running, number) for number in range(1, CROWD)]
    seconds = [running.another(service) for service in SERVICES]
    for second in seconds:
        second.start()
    leads += [post(running, number) for number in range(CROWD, 2 * CROWD)]
    for second in seconds:
        second.wait_ready()
    leads += [post(running, number) for number in range(2 * CROWD, 3 * CROWD)]
    for second in seconds:
        assert second.stop() < 10
    running.others.clear()
    leads += [post(running, number) for number in range(3 * CROWD, 4 * CROWD)]
    for lead in leads:
        running.wait_until("recycle", f"/v1/leads/{lead}/owner", is_routed)
    summary = running.call("recycle", "GET", "/v1/owners/summary").json()
    assert (summary["leads_without_owner"], summary["owner_gap_seconds"]) == (0, 0)
