"""`baton serve`: one service in a process, told by the environment; what it needs, and what it refuses."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.processes import HEALTHCHECK, MIGRATE, SERVICES, ServiceName
from shared.runtime.keys import KeyRing
from shared.terms import Role
from tests.processes import Grown, ServiceProcess, free_port, grown
from tests.running import baton
from tests.servers.databases import PostgresDatabases
from tests.starting import ROOT, anew, command, environment

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_pool: PostgresDatabases) -> Iterator[str]:
    name = postgres_pool.borrow()
    yield postgres_pool.address(name)
    postgres_pool.give_back(name)


@pytest.fixture(scope="module")
def prepared(
    tmp_path_factory: pytest.TempPathFactory, postgres_pool: PostgresDatabases
) -> Iterator[tuple[Grown, str]]:
    """Everything that services need; the bus is one of a single process, which is enough for one."""
    path, name = tmp_path_factory.mktemp("serve"), postgres_pool.borrow()
    database = postgres_pool.address(name)
    with grown(path, f"sqlite:///{path}/bus.db", database) as made:
        yield made, database
    postgres_pool.give_back(name)


@pytest.fixture
def place(prepared: tuple[Grown, str]) -> Iterator[Grown]:
    """The same for every test here, but nothing runs in it yet."""
    yield prepared[0]
    prepared[0].stop()


def described(page: str) -> set[str]:
    """The paths on a page of docs/openapi."""
    document = json.loads((ROOT / "docs" / "openapi" / f"{page}.json").read_text(encoding="utf-8"))
    return set(document["paths"])


def is_healthy(process: ServiceProcess) -> subprocess.CompletedProcess[str]:
    """What a container's health check says."""
    return subprocess.run(
        [sys.executable, *HEALTHCHECK[1:]],
        cwd=ROOT,
        env=environment(BATON_PORT=str(process.port), BATON_HOST=process.settings["BATON_HOST"]),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_runs_on_what_is_declared_and_ends_in_time(place: Grown, service: ServiceName) -> None:
    with anew():
        place.start((service,))
    process = place.processes[service]
    assert is_healthy(process).returncode == 0
    status = place.call(service, "GET", "/v1/status").json()
    assert [one["service"] for one in status] == [service]
    assert "baton_outbox" in place.call(service, "GET", "/metrics").text
    served = place.call(service, "GET", "/openapi.json").json()["paths"]
    assert served.keys() == described(service) | described("operator"), "docs/openapi says what is served"
    assert process.stop() < 10
    assert process.process is not None
    assert process.process.returncode == 0
    assert is_healthy(process).returncode == 1


def test_the_health_check_asks_where_the_service_listens(place: Grown) -> None:
    process = place.another("scoring")
    process.settings = {**process.settings, "BATON_HOST": "127.0.0.2"}
    process.start()
    while "listening" not in process.said():
        assert process.is_alive(), process.said()
    assert is_healthy(process).returncode == 0


def test_ingest_acknowledges_a_signed_webhook(place: Grown) -> None:
    place.start(("ingest",))
    body = b'{"type": "demo_requested", "data": {"email": "ana@northwind.example"}}'
    answer = place.call("ingest", "POST", "/hooks/website", content=body, headers=place.signed("msg_1", body))
    assert answer.status_code == 202, answer.text
    forged = {**place.signed("msg_2", body), "webhook-signature": "v1,Zm9yZ2Vk"}
    assert place.call("ingest", "POST", "/hooks/website", content=body, headers=forged).status_code == 401


@contextmanager
def tables_of_another_version(database: str, other: str) -> Iterator[None]:
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        version = connection.execute("SELECT version_num FROM scoring_alembic_version").fetchone()
        connection.execute("UPDATE scoring_alembic_version SET version_num = %s", [other])
        try:
            yield
        finally:
            connection.execute("UPDATE scoring_alembic_version SET version_num = %s", version)


@contextmanager
def database_that_takes_nobody(database: str) -> Iterator[None]:
    server, _, name = database.replace("+psycopg", "").rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def wait_until_said(process: ServiceProcess, sentence: str) -> None:
    while sentence not in process.said():
        assert process.is_alive(), process.said()
        time.sleep(0.05)


def test_to_be_told_to_read_again_while_it_starts_ends_nothing_and_is_done_then(
    place: Grown, prepared: tuple[Grown, str]
) -> None:
    process = place.another("scoring")
    with database_that_takes_nobody(prepared[1]):
        process.start()
        wait_until_said(process, "waiting for the database")
        process.signal(signal.SIGHUP)
        assert "agreement read again" not in process.said()
    process.wait_ready()
    wait_until_said(process, "agreement read again")


@pytest.mark.parametrize(
    ("other", "hint"), [("0001", "run `baton migrate` of this"), ("9999", "a newer version has made them")]
)
def test_tables_of_another_version_are_refused(
    place: Grown, prepared: tuple[Grown, str], other: str, hint: str
) -> None:
    with tables_of_another_version(prepared[1], other):
        refused = baton("serve", "scoring", **place.settings)
    assert refused.returncode == 2
    assert f"the tables of scoring are at migration {other}" in refused.stderr
    assert hint in refused.stderr


def test_a_port_that_is_taken_is_chosen_by_the_environment(place: Grown) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = baton("serve", "scoring", **place.settings, BATON_PORT=str(taken.getsockname()[1]))
    assert refused.returncode == 2
    assert "set BATON_PORT" in refused.stderr


def test_files_that_are_not_there_are_named_with_their_settings(place: Grown) -> None:
    none = {"BATON_AGREEMENT": "none.yaml", "BATON_INGEST_SOURCES": "none.yaml"}
    refused = baton("serve", "ingest", **{**place.settings, **none})
    assert refused.returncode == 2
    assert "BATON_AGREEMENT: none.yaml is not there" in refused.stderr
    assert "BATON_INGEST_SOURCES: none.yaml is not there" in refused.stderr


def test_a_password_is_not_taken_for_a_host(place: Grown) -> None:
    url = "postgresql+psycopg://u:p@ss@w@127.0.0.1/x"
    refused = baton("serve", "scoring", **{**place.settings, "BATON_SCORING_DATABASE_URL": url})
    assert refused.returncode == 2
    assert (
        "BATON_SCORING_DATABASE_URL: it has more than one @ after the user's name; write one"
        in refused.stderr
    )
    assert "ss@" not in refused.stderr


def test_what_nobody_has_set_or_made_is_said_at_the_start(place: Grown) -> None:
    process = place.another("recycle")
    nowhere = str(place.folder.path / "nope.json")
    process.settings = {**process.settings, "BATON_KEYS": nowhere}
    process.start()
    while "listening" not in process.said():
        assert process.is_alive(), process.said()
    assert f"nobody has a key in {nowhere}" in process.said()
    assert "'nurture', to which the agreement delivers (new, keep-warm" in process.said()
    assert not process.is_ready()
    KeyRing(Path(nowhere)).add("somebody", Role.OPERATOR)
    assert process.is_ready()


def test_a_database_that_processes_can_not_share_is_refused(place: Grown) -> None:
    for url in (
        "sqlite:///data/scoring.db",
        "postgresql://nobody@127.0.0.1/nothing",
        "postgresql+psycopg://nobody@127.0.0.1:port/nothing",
    ):
        refused = baton("serve", "scoring", **{**place.settings, "BATON_SCORING_DATABASE_URL": url})
        assert refused.returncode == 2
        assert "BATON_SCORING_DATABASE_URL: expected postgresql+psycopg://" in refused.stderr


def test_a_bus_that_nobody_knows_is_refused(place: Grown) -> None:
    refused = baton("serve", "scoring", **{**place.settings, "BATON_BUS_URL": "nats://127.0.0.1:4222"})
    assert refused.returncode == 2
    assert "BATON_BUS_URL: There is no bus for the scheme 'nats'" in refused.stderr


def test_a_bus_that_nobody_named_is_refused(place: Grown) -> None:
    unset = {name: value for name, value in place.settings.items() if name != "BATON_BUS_URL"}
    refused = baton("serve", "ingest", **unset)
    assert refused.returncode == 2
    assert "BATON_BUS_URL: it is not set; expected kafka://HOST:PORT" in refused.stderr


def test_a_database_that_comes_late_is_waited_for(place: Grown) -> None:
    settings = {
        **place.settings,
        "BATON_SCORING_DATABASE_URL": f"postgresql+psycopg://x@127.0.0.1:{free_port()}/x",
    }
    late = ServiceProcess(
        place.another("scoring").runnable, settings, place.folder.path / "late", free_port()
    )
    late.start()
    try:
        while "waiting for the database" not in late.said():
            assert late.is_alive(), late.said()
        assert not late.is_ready()
    finally:
        late.kill()


def test_migrations_that_run_at_once_take_turns(database: str) -> None:
    settings = environment(**dict.fromkeys(MIGRATE.needs, database))
    running = [
        subprocess.Popen(
            command(MIGRATE.arguments), cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    for service in SERVICES:
        assert sum(f"{service}: migrated from nothing to 0" in one for one in said) == 1, said
        assert sum(f"{service}: up to date at 0" in one for one in said) == 2, said


def test_only_what_the_environment_names_is_migrated(database: str) -> None:
    done = baton("migrate", BATON_ROUTING_DATABASE_URL=database)
    assert "routing: migrated from nothing to" in done.stdout
    assert "ingest: left alone, BATON_INGEST_DATABASE_URL is not set" in done.stdout
    assert "ingest: migrated" not in done.stdout
