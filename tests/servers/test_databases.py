"""The databases that tests are given: empty, separate, and of both kinds."""

import pytest
from sqlalchemy import create_engine, func, inspect, select, text

from services.routing.tables import members, messaging, metadata, people
from shared.testing.leads import NOON
from tests.servers.fixtures import NewDatabase
from tests.tables import make_tables


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (turn INTEGER)"))
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_the_tables_of_a_service_hold_nothing_of_the_test_before(database_url: str, turn: int) -> None:
    bob = {"person": "bob", "name": "Bob", "active": True, "languages": [], "version": 1, "changed_at": NOON}
    timer = {"lead_id": "ana", "purpose": "touch", "due_at": NOON, "payload": {}, "hop": 0}
    engine = create_engine(database_url)
    with engine.begin() as connection:
        make_tables(connection, "routing")
        rows = [
            connection.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables
        ]
        assert set(rows) == {0}
        connection.execute(people.insert().values(bob))
        connection.execute(members.insert().values(team="inside", person="bob", weight=1))
        assert connection.execute(messaging.timers.insert().values(timer)).inserted_primary_key == (1,)
    engine.dispose()


def test_two_names_are_two_databases_and_one_name_is_one(new_database: NewDatabase) -> None:
    assert new_database("ingest") == new_database("ingest")
    first, second = create_engine(new_database("ingest")), create_engine(new_database("scoring"))
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (x INTEGER)"))
    with second.begin() as connection:
        assert inspect(connection).get_table_names() == []
    first.dispose()
    second.dispose()


@pytest.mark.postgres
def test_postgresql_writes_to_the_disk_before_it_answers(postgres_server: str) -> None:
    engine = create_engine(postgres_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        settings = {name: connection.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")}
    engine.dispose()
    assert settings == {"fsync": "on", "synchronous_commit": "on"}
