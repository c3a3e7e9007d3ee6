"""The demo, whole: exit code 0 only if every lead was captured and had an owner throughout."""

import json
from random import Random

import pytest

from deploy.demo.script import POSTING_S, write_script
from tests.running import baton
from tests.starting import anew

pytestmark = pytest.mark.slow


@pytest.mark.sqlite
def test_sixty_leads_go_all_the_ways_there_are() -> None:
    with anew():
        answer = baton("demo", "--json", "--leads", "60", "--seed", "3")
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr
    last = json.loads(answer.stdout.strip().splitlines()[-1])
    assert last["captured"] >= 60
    assert last["leads_without_owner"] == 0
    assert last["owner_gap_seconds"] == 0
    assert last["parked"] == 1
    for name in (
        "scored",
        "qualified",
        "assigned",
        "accepted",
        "reminded",
        "breached",
        "recycled",
        "returned",
    ):
        assert last[name] > 0, name
    assert 0 < last["capture_to_assigned_ms"]["p50"] <= last["capture_to_assigned_ms"]["p99"]
    assert "leads without an owner: 0" in answer.stdout
    assert "The story of one lead" in answer.stdout


def test_the_same_seed_writes_the_same_script() -> None:
    one, same, other = (write_script(320, Random(seed)) for seed in ("1", "1", "2"))
    assert one == same
    assert one != other


def test_the_script_has_everything_in_it() -> None:
    script = write_script(320, Random("1"))
    assert script.newcomers == sum(deed.newcomer for deed in script.deeds) == 320
    assert {deed.how for deed in script.deeds} == {"honest", "again", "puzzling", "forged"}
    assert {deed.source for deed in script.deeds} == {"website", "webinar", "typeform"}
    assert {deed.person.consent for deed in script.deeds} == {"granted", "", "denied"}
    assert any(deed.id.endswith("/both") for deed in script.deeds)
    assert len(script.forgotten) == 1
    assert all(0 <= deed.at_s <= POSTING_S for deed in script.deeds)
