"""The command beside several processes: an error comes from the one whose matter it is, and names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import CompletedProcess

import psycopg
import pytest

from deploy.processes import ServiceName
from tests.processes import Grown, free_port, grown
from tests.running import baton
from tests.servers.databases import PostgresDatabases

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SERVICES: tuple[ServiceName, ...] = ("ingest", "routing", "recycle")
MAIL = "ana@northwind.example"


@dataclass(frozen=True)
class Apart:
    """Three processes, of which none hears the other: each has a bus of its own."""

    made: Grown
    database: str

    def url(self, service: ServiceName) -> str:
        return self.made.processes[service].url

    def asked(self, *arguments: str, at: tuple[str, ...] = SERVICES) -> CompletedProcess[str]:
        """The command at the addresses of these services, or at others."""
        processes = self.made.processes
        urls = [process.url if (process := processes.get(one)) else one for one in at]  # type: ignore[call-overload]
        return baton(*arguments, "--url", ",".join(urls), "--key", self.made.key)

    @contextmanager
    def without_database(self) -> Iterator[None]:
        with psycopg.connect(self.database.replace("+psycopg", ""), autocommit=True) as connection:
            name = connection.info.dbname
        with psycopg.connect(
            self.database.replace("+psycopg", ""), dbname="postgres", autocommit=True
        ) as server:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            server.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )
            try:
                yield
            finally:
                server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
                for process in self.made.everyone:
                    process.wait_ready()


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, postgres_pool: PostgresDatabases) -> Iterator[Apart]:
    path, name = tmp_path_factory.mktemp("apart"), postgres_pool.borrow()
    database = postgres_pool.address(name)
    with grown(path, f"sqlite:///{path}/bus.db", database) as made:
        for service in SERVICES:
            process = made.another(service)
            process.settings = {**process.settings, "BATON_BUS_URL": f"sqlite:///{path}/{service}-bus.db"}
            made.processes[service] = process
            process.start()
        for process in made.everyone:
            process.wait_ready()
        yield Apart(made, database)
    postgres_pool.give_back(name)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("team nope", "the agreement knows no team 'nope'"),
        ("pause rep nope@acme.example --because x", "nope@acme.example"),
        ("decision replay nope.1", "nope.1"),
        ("parked replay routing/999", "routing has nothing parked under 999"),
    ],
)
def test_an_error_is_that_of_the_process_that_knows_the_path(apart: Apart, command: str, said: str) -> None:
    for order in (SERVICES, (*SERVICES[::-1], "http://127.0.0.1:9")):
        answer = apart.asked(*command.split(), at=order)
        assert answer.returncode == 1, answer.stderr
        assert said in answer.stderr
        assert f"from {apart.url('routing')})" in answer.stderr


def test_a_lead_of_which_recycle_has_not_heard_yet(apart: Apart) -> None:
    assert apart.made.call("ingest", "POST", "/v1/leads", json={"email": MAIL}).status_code == 202
    answer = apart.asked("lead", MAIL)
    assert answer.returncode == 1
    assert "recycle knows no lead" in answer.stderr


def test_what_no_address_has_is_named_with_all_that_were_asked(apart: Apart) -> None:
    answer = apart.asked("status", at=("ingest", "routing"))
    assert answer.returncode == 1
    assert "has /v1/counts" in answer.stderr
    assert f"{apart.url('ingest')}, {apart.url('routing')}" in answer.stderr
    assert "BATON_URL" in answer.stderr


def test_an_address_that_does_not_answer_is_named_and_whether_others_were_asked(apart: Apart) -> None:
    silent = f"http://127.0.0.1:{free_port()}"
    answer = apart.asked("status", at=("ingest", silent, "routing"))
    assert answer.returncode == 3
    assert f"nothing answers at {silent}" in answer.stderr
    assert "the others were asked, and have no /v1/counts" in answer.stderr
    listed = apart.asked("parked", "list", at=("ingest", silent, "routing"))
    assert listed.returncode == 3
    assert f"nothing answers at {silent}" in listed.stderr
    assert f"{apart.url('routing')} was not asked" in listed.stderr


def test_all_that_do_not_answer_are_named_and_said_to_lack_nothing(apart: Apart) -> None:
    one, other = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    some = apart.asked("status", at=(one, "ingest", other))
    assert some.returncode == 3
    assert f"nothing answers at {one}" in some.stderr
    assert f"nor at {other}; the others were asked, and have no /v1/counts" in some.stderr
    none = apart.asked("status", at=(one, other))
    assert none.returncode == 3
    assert f"nothing answers at {one}" in none.stderr
    assert f"nor at {other}" in none.stderr
    assert "have no" not in none.stderr


def test_whose_database_is_gone_is_said_also_to_who_only_reads(apart: Apart) -> None:
    with apart.without_database():
        answer = apart.asked("status")
    assert answer.returncode == 3
    assert "commit" not in answer.stderr
    assert "The database can not be used now" in answer.stderr
    assert f"(HTTP 503 from {apart.url('recycle')})" in answer.stderr
