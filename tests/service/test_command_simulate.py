"""A new agreement is tried on what a running instance has recorded."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running, start
from tests.starting import ROOT

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

STARTER = ROOT / "agreements" / "starter.yaml"
CUSTOMERS = "  set_aside: [{name: customer, when: {account.relation: customer}, to: {team: inside}}]\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    instance = start(tmp_path / "data")
    yield instance
    instance.stop()


def test_recorded_leads_are_tried_with_what_the_crm_says(running: Running, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(STARTER.read_text().replace("definitions:\n", f"{CUSTOMERS}\ndefinitions:\n"))
    for name in ("ana", "bea"):
        body = {"email": f"{name}@{name}.example", "activity": {"type": "demo_requested"}}
        assert running.call("POST", "/v1/leads", json=body).status_code == 202
    assert running.call("PUT", "/v1/accounts/ana.example", json={"relation": "customer"}).is_success
    running.wait_until("/v1/accounts", lambda found: found["accounts"])
    before = running.call("GET", "/v1/history").json()
    found = json.loads(running.command("agreement", "simulate", str(new), "--json").stdout)
    assert (found["leads"], found["mqls"]) == (2, {"old": 2, "new": 1, "gained": 0, "lost": 1})
    assert found["lost"][0]["why"].startswith("set aside by the rule 'customer': account.relation is")
    assert found["complete_from"] == before["complete_from"].replace("Z", "+00:00")
    assert running.call("GET", "/v1/history").json() == before, "it only looks"
