"""`baton migrate`: brings databases up to date without running anything on them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.command.asking import DEFAULT_DATA
from deploy.command.failing import Failed, can_not_start
from deploy.processes import SERVICES, database_variable

if TYPE_CHECKING:
    from shared.db.migrate import Revisions


def migrate(
    data: Annotated[
        Path | None,
        typer.Option("--data", envvar="BATON_DATA", help="The data folder of an instance."),
    ] = None,
) -> None:
    """Bring databases up to date: those in --data, or else those that BATON_…_DATABASE_URL name.

    `baton run` does so by itself at its start; `baton serve` never does. Several at once take turns.
    """
    from deploy.environment import refuse_unknown_settings
    from deploy.folder import Folder, FolderInUse
    from deploy.problems import CannotStart

    named = [service for service in SERVICES if os.environ.get(database_variable(service))]
    try:
        refuse_unknown_settings(os.environ)
        if data is None and named:
            _migrate_named(named)
            return
        path = data or DEFAULT_DATA
        if not path.is_dir():
            raise Failed(f"there is no folder {path}; name it with --data, or make one with `baton run`")
        folder = Folder(path)
        with folder.lock():
            _migrate({service: folder.database_url(service) for service in SERVICES})
    except FolderInUse as taken:
        raise Failed(f"{taken} (a running instance is up to date already)") from taken
    except CannotStart as wrong:
        raise can_not_start(wrong.problems) from wrong
    except OSError as wrong:
        raise Failed(str(wrong)) from wrong


def _migrate_named(named: Sequence[str]) -> None:
    from deploy.configuration import read_all_settings
    from deploy.problems import CannotStart
    from shared.db.engines import is_address

    settings = read_all_settings()
    urls = {service: settings.database_url(service) for service in named}
    problems = [  # Not with the address: it may hold a password.
        f"{database_variable(service)}: expected postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE or "
        "sqlite:///FILE, and what it says can not be read as either"
        for service, url in urls.items()
        if not is_address(url)
    ]
    if problems:
        raise CannotStart(problems)
    _migrate(urls)
    for service in SERVICES:
        if service not in named:
            print(f"{service}: left alone, {database_variable(service)} is not set")


def _migrate(urls: Mapping[str, str]) -> None:
    from shared.db.database import Database, DatabaseUnavailable
    from shared.db.migrate import CanNotMigrate, upgrade

    for service, url in urls.items():
        try:
            database = Database(url, inline=True)
            try:
                done = database.tx_inline(lambda conn, name=service: upgrade(conn, name))  # type: ignore[misc]  # bound early
            finally:
                database.close()
        except (DatabaseUnavailable, OSError) as wrong:
            raise Failed(
                f"{service}: {wrong}; nothing was changed in that database, so run it again"
            ) from wrong
        except CanNotMigrate as newer:
            raise Failed(str(newer)) from newer
        print(f"{service}: {_said(done)}")


def _said(done: "Revisions") -> str:
    if done.is_current:
        return f"up to date at {done.wanted}"
    return f"migrated from {done.found or 'nothing'} to {done.wanted}"
