"""Migrations: one history and one version table a service, the same on both databases.

`python -m shared.db.migrate SERVICE "what changes"` writes the next one from what the tables declare.
"""

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData

from shared.db.database import Database
from shared.db.postgres import without_limits
from shared.db.types import UtcDateTime

SERVICES: Final = Path(__file__).parent.parent.parent / "services"
_UPGRADE_LOCK: Final = 4_242_001


class CanNotMigrate(Exception):
    """No migration can be written, or none leads to here; the text says why and what to do."""


def config_for(service: str, conn: Connection, folder: Path = SERVICES) -> Config:
    """Alembic's settings for one service, on an open connection."""
    config = Config()
    location = str(folder / service / "migrations").replace("%", "%%")
    config.set_main_option("script_location", location)
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("truncate_slug_length", "60")
    config.attributes["connection"] = conn
    return config


@dataclass(frozen=True, slots=True)
class Revisions:
    """Which migration a service's tables are at, None before the first; and which its code wants.

    `is_known`: whether the code has that migration, as it has all but those of a newer version.
    """

    found: str | None
    wanted: str | None
    is_known: bool = True

    @property
    def is_current(self) -> bool:
        return self.found == self.wanted


def revisions(conn: Connection, service: str) -> Revisions:
    """Where the tables of a service are, and where they should be. Only reads."""
    version_table = {"version_table": _version_table(service)}
    found = MigrationContext.configure(conn, opts=version_table).get_current_revision()
    scripts = ScriptDirectory.from_config(config_for(service, conn))
    known = {None, *(script.revision for script in scripts.walk_revisions())}
    return Revisions(found, scripts.get_current_head(), found in known)


def upgrade(conn: Connection, service: str, revision: str = "head") -> Revisions:
    """Bring one service's tables up to date, in the caller's transaction. Returns where they were.

    Processes that start together take turns. Raises CanNotMigrate if a newer version has made them.
    """
    if conn.dialect.name == "postgresql":
        without_limits(conn)
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
    before = revisions(conn, service)
    try:
        command.upgrade(config_for(service, conn), revision)
    except CommandError as unknown:
        raise CanNotMigrate(
            f"the tables of {service} are at migration {before.found}, which this version does not know; "
            "use the version that made them, or a newer one"
        ) from unknown
    return before


def check(conn: Connection, service: str) -> None:
    """Raise if the tables that the code declares differ from what the migrations make."""
    command.check(config_for(service, conn))


def run_env(context: Any, metadata: MetaData, service: str) -> None:
    """The whole body of every services/*/migrations/env.py."""
    conn: Connection = context.config.attributes["connection"]
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL lock_timeout = '5s'")  # Fail fast, never stall live traffic.
    context.configure(
        connection=conn,
        target_metadata=metadata,
        version_table=_version_table(service),
        include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
        compare_type=True,
        render_item=_render_item,
        render_as_batch=conn.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _version_table(service: str) -> str:
    return f"{service}_alembic_version"


def write_next(service: str, message: str, folder: Path = SERVICES) -> Path:
    """Write the next migration of a service: what its tables declare beyond what its migrations make.

    Raises CanNotMigrate if there is no such service, or nothing has changed.
    """
    if not (folder / service / "migrations" / "env.py").exists():
        known = sorted(path.parent.parent.name for path in folder.glob("*/migrations/env.py"))
        raise CanNotMigrate(f"no service {service!r} has migrations; there are: {', '.join(known) or 'none'}")
    if not re.search(r"\w", message):
        raise CanNotMigrate('say what changes, in a few words: "add region to roster"')
    with tempfile.TemporaryDirectory() as empty:
        database = Database(f"sqlite:///{empty}/next.db", inline=True)
        try:
            return database.tx_inline(lambda conn: _write_next(conn, service, message, folder))
        finally:
            database.close()


def _write_next(conn: Connection, service: str, message: str, folder: Path) -> Path:
    config = config_for(service, conn, folder)
    command.upgrade(config, "head")

    def refuse_empty(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:
        if scripts[0].upgrade_ops is None or scripts[0].upgrade_ops.is_empty():
            raise CanNotMigrate(f"the tables of {service} are what its migrations make: nothing to write")

    number = len(list((folder / service / "migrations" / "versions").glob("[0-9]*.py"))) + 1
    written: Any = command.revision(
        config, message, autogenerate=True, rev_id=f"{number:04}", process_revision_directives=refuse_empty
    )
    return Path(written.path)


def _render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    # A migration is history: it names plain SQLAlchemy types, never ours, which may change.
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def main(arguments: list[str]) -> int:
    """The command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.migrate", description="Write a migration.")
    parser.add_argument("service", help="whose tables have changed")
    parser.add_argument("message", help="what changes, in a few words")
    given = parser.parse_args(arguments)
    try:
        path = write_next(given.service, given.message)
    except (CanNotMigrate, CommandError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    sys.stdout.write(f"wrote {path}; read it, then run its service's tests on both databases\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
