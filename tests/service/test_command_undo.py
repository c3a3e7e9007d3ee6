"""An undo beside several processes: who could refuse it is asked first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.processes import ServiceName
from tests.processes import Grown, grown
from tests.running import baton
from tests.servers.databases import PostgresDatabases
from tests.service.versions_place import version_text

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SERVICES: tuple[ServiceName, ...] = ("ingest", "routing")
CALENDAR = '  calendars: {berlin: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-18:00"]}}}\n'


@pytest.fixture
def running(tmp_path: Path, postgres_pool: PostgresDatabases) -> Iterator[Grown]:
    name = postgres_pool.borrow()
    place = str(tmp_path / "agreement*.yaml")
    database = postgres_pool.address(name)
    with grown(tmp_path, f"sqlite:///{tmp_path}/bus.db", database, BATON_AGREEMENT=place) as made:
        for service in SERVICES:
            process = made.processes[service] = made.another(service)
            process.settings = {**process.settings, "BATON_BUS_URL": f"sqlite:///{tmp_path}/{service}-bus.db"}
            process.start()
            process.wait_ready()
        yield made
    postgres_pool.give_back(name)


def decides_by(ref: str) -> Any:
    return lambda found: [one["in_force"] for one in found] == [ref]


def test_who_could_refuse_is_asked_first(running: Grown) -> None:
    folder = running.folder.path
    text = version_text(2, datetime.now(UTC) - timedelta(minutes=1))
    (folder / "agreement-2.yaml").write_text(text.replace("follow_up:\n", f"follow_up:\n{CALENDAR}"))
    for service in SERVICES:
        assert running.call(service, "POST", "/v1/agreement/reload").is_success
    for service in SERVICES:
        running.wait_until(service, "/v1/agreement", decides_by("starter@2"))
    roster = folder / "people.csv"
    roster.write_text("person,teams,calendar\nana@acme.example,inside,berlin\n")
    to = ("--url", ",".join(running.processes[one].url for one in SERVICES), "--key", running.key)
    imported = baton("roster", "import", str(roster), *to)
    assert imported.returncode == 0, imported.stderr
    refused = baton("agreement", "undo", str(folder / "agreement*.yaml"), *to)
    assert refused.returncode == 1
    assert "it drops the calendar 'berlin'" in refused.stderr
    assert "Nothing is undone" in refused.stderr
    assert not (folder / "agreement-3.yaml").exists()
    assert [one["coming"] for one in running.call("ingest", "GET", "/v1/agreement").json()] == [[]]
    roster.write_text("person,teams,calendar\nana@acme.example,inside,\n")
    assert baton("roster", "import", str(roster), *to).returncode == 0
    undone = baton("agreement", "undo", str(folder / "agreement*.yaml"), *to)
    assert undone.returncode == 0, undone.stderr
    for service in SERVICES:
        assert f"{service}: starter@3 takes over at" in undone.stdout
