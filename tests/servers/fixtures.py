"""Fixtures that give a test what Baton promises to run on: SQLite, PostgreSQL, Kafka, all of them real.

A test that takes `database_url` runs twice. `new_database` makes as many databases as the test asks for.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers import keeper
from tests.servers.databases import PostgresDatabases, postgres_databases
from tests.servers.keeper import ServerUnavailable
from tests.servers.postgres import Cluster, PostgresUnavailable, postgres_cluster

EXISTING = "BATON_TEST_POSTGRES"  # The address of a server to use instead of starting one.
EXISTING_KAFKA = "BATON_TEST_KAFKA"
KINDS = [
    pytest.param("sqlite", marks=pytest.mark.sqlite),
    pytest.param("postgresql", marks=pytest.mark.postgres),
]

NewDatabase = Callable[[str], str]

_run_folder = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_run_folder] = keeper.open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_run_folder, None)
    if folder is not None:
        keeper.close_run(folder)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of a PostgreSQL in which a test may create databases: postgresql://user@host:port/postgres.

    Without one the test is skipped with the reason; where CI is set, it fails.
    """
    existing = os.environ.get(EXISTING)
    if existing:
        return existing.replace("postgresql+psycopg://", "postgresql://")
    try:
        return keeper.postgres_address()
    except ServerUnavailable as reason:
        _do_without("PostgreSQL", reason)


def _do_without(server: str, reason: Exception) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI does not do without {server}. {reason}", pytrace=False)
    pytest.skip(f"no {server}: {reason}")


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Cluster]:
    """A server that the tests of one module may stop, kill and pause."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(postgres_cluster())
        except PostgresUnavailable as reason:
            _do_without("PostgreSQL", reason)
        yield cluster


@pytest.fixture(scope="session")
def kafka_server() -> str:
    """Where Kafka listens, host:port; tests make topics of their own on it.

    Without one the test is skipped with the reason; where CI is set, it fails.
    """
    existing = os.environ.get(EXISTING_KAFKA)
    if existing:
        return existing.removeprefix("kafka://")
    try:
        return keeper.kafka_address()
    except ServerUnavailable as reason:
        _do_without("Kafka", reason)


@pytest.fixture(scope="session")
def postgres_pool(postgres_server: str, worker_id: str) -> Iterator[PostgresDatabases]:
    """The databases that this worker lends to its tests."""
    existing = EXISTING in os.environ
    owner = f"{os.getpid()}_{worker_id}" if existing else worker_id
    with postgres_databases(postgres_server, owner, keep=not existing) as pool:
        yield pool


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: whatever takes it runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def new_database(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[NewDatabase]:
    """Call it with a name for the URL of an empty database; the same name again is the same database."""
    made: dict[str, str] = {}
    if database_kind == "sqlite":
        yield lambda name: f"sqlite:///{tmp_path / name}.db"
        return
    pool: PostgresDatabases = request.getfixturevalue("postgres_pool")

    def borrow(name: str) -> str:
        if name not in made:
            made[name] = pool.borrow()
        return pool.address(made[name])

    yield borrow
    for database in made.values():
        pool.give_back(database)


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """One fresh, empty database on SQLite, and again on PostgreSQL: sqlite:///... or postgresql+psycopg://..."""
    return new_database("baton")
