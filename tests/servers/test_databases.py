"""The databases that tests are given: empty, separate, and of both kinds."""

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.servers.fixtures import NewDatabase


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (turn INTEGER)"))
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
