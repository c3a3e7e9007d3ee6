"""Runs all of Baton in one process from a data folder: makes what is missing, checks the rest, serves."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.configuration import read_settings
from deploy.embedded import Embedded, preparing, read_folder
from deploy.environment import refuse_unknown_settings
from deploy.folder import Folder, FolderInUse, Instance
from deploy.operator import create_operator_router
from deploy.parts import create_process
from deploy.problems import CannotStart
from deploy.serving import address_of, listen, serve
from deploy.settings import Settings
from deploy.tracing import traced
from deploy.versions import change_to
from shared.bus.port import BusUnavailable
from shared.db.database import DatabaseUnavailable
from shared.db.engines import old_sqlite
from shared.db.migrate import CanNotMigrate
from shared.runtime.log import configure_logs, logger


@dataclass(frozen=True, slots=True)
class Ready:
    """A running instance, for whoever wants to tell people of it."""

    url: str
    embedded: Embedded


def run(
    data: Path,
    tell: Callable[[Ready], None],
    *,
    agreement: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    pretty: bool = False,
) -> None:
    """Serve until told to stop. `tell` is called once it answers. Raises CannotStart."""
    refuse_unknown_settings(os.environ)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    configure_logs(read_settings(Settings, **given).log_level, pretty=pretty)
    folder = Folder(data)
    try:
        with folder.lock():
            if agreement is not None:
                change_to(folder, agreement)
            folder.prepare(agreement)
            _run(read_folder(folder, given), tell)
    except (FolderInUse, BusUnavailable, CanNotMigrate, DatabaseUnavailable) as wrong:
        raise CannotStart([str(wrong)]) from wrong
    except OSError as wrong:
        raise CannotStart([_in_the_way(wrong)]) from wrong


def _in_the_way(wrong: OSError) -> str:
    if wrong.filename is None:
        return str(wrong)
    return f"{wrong.filename}: {wrong.strerror}; put it right, or name another folder with --data"


def _run(embedded: Embedded, tell: Callable[[Ready], None]) -> None:
    folder, configuration = embedded.folder, embedded.configuration
    process = create_process(configuration, preparing(embedded))
    services = [part.service for part in process.parts]
    operator = create_operator_router(services, process.gate, configuration.ring, process.shelf)
    app = process.create_app(operator)
    listening = listen(configuration.settings.process.host, configuration.settings.process.port)
    url = address_of(listening)
    _note_sqlite()

    def ready() -> None:
        folder.announce(Instance(url, embedded.own.operator))
        logger("baton").info("listening", url=url, agreement=configuration.agreement.ref)
        tell(Ready(url, embedded))

    try:
        with traced(process, app) as app:
            serve(process, app, listening, ready)
    finally:
        folder.retire()


def _note_sqlite() -> None:
    version = old_sqlite()
    if version is not None:
        logger("baton").info(
            "an SQLite before 3.51.3: safe here, where one connection writes and checkpoints each file",
            version=version,
        )
