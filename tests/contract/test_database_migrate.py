"""Migrations: they make what the tables declare, on both databases, and the next one writes itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Column, Connection, Integer, MetaData, Table, inspect, text

from shared.db import migrate
from shared.db.database import Database
from shared.db.migrate import CanNotMigrate, check, main, revisions, upgrade, write_next
from tests.tidy import tree

pytestmark = pytest.mark.slow

SERVICES = sorted(path.parent.parent.name for path in migrate.SERVICES.glob("*/migrations/env.py"))
ENVIRONMENT = '''"""The tables of a service that a test made up."""

from alembic import context
from sqlalchemy import Column, Integer, MetaData, String, Table

from shared.db.messaging import messaging_tables
from shared.db.migrate import run_env

metadata = MetaData()
messaging_tables("made_up", metadata)
Table("made_up_things", metadata, Column("id", Integer, primary_key=True), {columns})
run_env(context, metadata, service="made_up")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of services with one in it; its path is an unkind one."""
    folder = tmp_path / "100% made up"
    (folder / "made_up" / "migrations" / "versions").mkdir(parents=True)
    template = (migrate.SERVICES / "scoring" / "migrations" / "script.py.mako").read_text()
    (folder / "made_up" / "migrations" / "script.py.mako").write_text(template)
    declare(folder, 'Column("name", String(40))')
    return folder


def declare(folder: Path, columns: str) -> None:
    (folder / "made_up" / "migrations" / "env.py").write_text(ENVIRONMENT.format(columns=columns))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_of_every_service_make_what_its_tables_declare(
    service: str, database_url: str
) -> None:
    database = Database(database_url, inline=True)
    for _ in range(2):
        await database.tx(lambda conn: upgrade(conn, service))
    await database.tx(lambda conn: check(conn, service))
    tables = await database.tx(lambda conn: inspect(conn).get_table_names())
    assert {name.split("_")[0] for name in tables} == {service}
    database.close()


async def test_all_services_can_live_in_one_database(database_url: str) -> None:
    database = Database(database_url, inline=True)
    for service in SERVICES:
        await database.tx(lambda conn, service=service: upgrade(conn, service))  # type: ignore[misc]
    for service in SERVICES:
        await database.tx(lambda conn, service=service: check(conn, service))  # type: ignore[misc]
    database.close()


async def test_a_table_that_differs_from_its_migrations_is_found(database_url: str) -> None:
    database = Database(database_url, inline=True)
    await database.tx(lambda conn: upgrade(conn, "scoring"))
    await database.tx(lambda conn: conn.execute(text("ALTER TABLE scoring_leads ADD COLUMN more INTEGER")))
    with pytest.raises(CommandError, match="more"):
        await database.tx(lambda conn: check(conn, "scoring"))
    database.close()


async def test_a_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    database = Database(database_url, inline=True)
    blocking = Table("scoring_parked", MetaData(), Column("id", Integer))
    await database.tx(blocking.create)
    with pytest.raises(Exception, match="scoring_parked"):
        await database.tx(lambda conn: upgrade(conn, "scoring"))
    assert await database.tx(lambda conn: inspect(conn).get_table_names()) == ["scoring_parked"]
    database.close()


async def test_where_the_tables_are_is_known_before_and_after(database_url: str) -> None:
    database = Database(database_url, inline=True)
    before = await database.read(lambda conn: revisions(conn, "scoring"))
    assert (before.found, before.is_current) == (None, False)
    assert await database.tx(lambda conn: upgrade(conn, "scoring")) == before
    after = await database.read(lambda conn: revisions(conn, "scoring"))
    assert (after.found, after.is_current) == (before.wanted, True)
    database.close()


async def test_tables_of_a_newer_version_are_left_alone_and_named(database_url: str) -> None:
    database = Database(database_url, inline=True)
    await database.tx(lambda conn: upgrade(conn, "scoring"))
    newer = text("UPDATE scoring_alembic_version SET version_num = '9999'")
    await database.tx(lambda conn: conn.execute(newer))
    assert not (await database.read(lambda conn: revisions(conn, "scoring"))).is_current
    with pytest.raises(CanNotMigrate, match="at migration 9999, which this version does not know"):
        await database.tx(lambda conn: upgrade(conn, "scoring"))
    database.close()


# ---- the next one


async def test_the_first_and_the_next_migration_are_written_and_work(folder: Path, database_url: str) -> None:
    first = write_next("made_up", "things and messaging", folder)
    declare(folder, 'Column("name", String(40)), Column("size", Integer)')
    second = write_next("made_up", "Add size to things!", folder)
    assert [first.name, second.name] == ["0001_things_and_messaging.py", "0002_add_size_to_things.py"]
    assert "UtcDateTime" not in first.read_text(), "history names plain types"

    def work(conn: Connection) -> set[str]:
        command.upgrade(migrate.config_for("made_up", conn, folder), "head")
        command.check(migrate.config_for("made_up", conn, folder))
        return {column["name"] for column in inspect(conn).get_columns("made_up_things")}

    database = Database(database_url, inline=True)
    assert await database.tx(work) == {"id", "name", "size"}
    database.close()


def test_nothing_changed_is_nothing_written(folder: Path) -> None:
    write_next("made_up", "things", folder)
    with pytest.raises(CanNotMigrate, match="nothing to write"):
        write_next("made_up", "things again", folder)
    assert len(list(folder.glob("*/migrations/versions/*.py"))) == 1


def test_an_unknown_service_and_an_empty_message_are_named(folder: Path) -> None:
    with pytest.raises(CanNotMigrate, match="no service 'nobody' has migrations; there are: made_up"):
        write_next("nobody", "x", folder)
    with pytest.raises(CanNotMigrate, match="say what changes"):
        write_next("made_up", " ", folder)


def test_the_command_says_in_a_sentence_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nobody", "x"]) == 2
    assert capsys.readouterr().err.startswith("no service 'nobody' has migrations; there are: ")


def test_the_command_runs_as_make_migration_runs_it() -> None:
    make = [sys.executable, "-m", "shared.db.migrate", "scoring", "nothing at all"]
    done = subprocess.run(make, cwd=tree.ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "the tables of scoring are what its migrations make: nothing to write\n",
    )
