"""One service in this process, on PostgreSQL and a bus that processes share: what `baton serve` runs."""

import asyncio
import os
from collections.abc import Sequence
from typing import Final

from deploy.assembly import Part
from deploy.configuration import AllSettings, lacking, read_all_settings, read_configuration
from deploy.contradictions import contradictions, lacks
from deploy.environment import refuse_unknown_settings
from deploy.operator import create_operator_router
from deploy.parts import create_process
from deploy.problems import CannotStart
from deploy.processes import ServiceName, database_variable
from deploy.serving import address_of, listen, serve
from deploy.tracing import traced
from deploy.versions import adopt
from shared.bus.port import BusUnavailable
from shared.db.database import Database, DatabaseUnavailable
from shared.db.engines import is_address
from shared.db.migrate import Revisions, revisions
from shared.runtime.log import configure_logs, logger

POSTGRES: Final = "postgresql+psycopg://"
TRIES: Final = 30
"""How often a database is asked at the start, once a second, before the process gives up."""


def serve_service(service: ServiceName) -> None:
    """Serve until told to stop. Raises CannotStart."""
    refuse_unknown_settings(os.environ)
    settings = read_all_settings()
    configure_logs(settings.process.log_level)
    refuse_unshared(settings, service)
    if missing := list(lacking(settings, [service])):
        raise CannotStart(missing)
    configuration = read_configuration(settings, [service])
    for sentence in contradictions(settings, service):
        logger(service).warning("settings contradict each other", why=sentence)
    for sentence in lacks(configuration, service):
        logger(service).warning("something is not set", why=sentence)
    try:
        process = create_process(configuration, _prepare, [service])
        router = create_operator_router(
            [part.service for part in process.parts], process.gate, configuration.ring, process.shelf
        )
        listening = listen(settings.process.host, settings.process.port)
        started = {"url": address_of(listening), "agreement": configuration.agreement.ref}
        with traced(process, process.create_app(router)) as app:
            serve(process, app, listening, lambda: logger(service).info("listening", **started))
    except (BusUnavailable, DatabaseUnavailable, OSError) as wrong:
        raise CannotStart([str(wrong)]) from wrong


def refuse_unshared(settings: AllSettings, service: ServiceName) -> None:
    """Raise CannotStart for a database that only one process can have, and for a bus that nobody named."""
    problems = []
    url = settings.database_url(service)
    if not url.startswith(POSTGRES) or not is_address(url):
        problems.append(
            f"{database_variable(service)}: expected {POSTGRES}USER:PASSWORD@HOST/DATABASE, which "
            "processes can share; without PostgreSQL, `baton run` has every service in one process"
        )
    if "bus_url" not in settings.process.model_fields_set:
        problems.append(
            "BATON_BUS_URL: it is not set; expected kafka://HOST:PORT, where the other services hear what "
            "this one says; without Kafka, `baton run` has every service in one process"
        )
    if problems:
        raise CannotStart(problems)


async def _prepare(parts: Sequence[Part]) -> None:
    await refuse_old_tables(parts)
    await adopt(parts)


async def refuse_old_tables(parts: Sequence[Part]) -> None:
    """Raise CannotStart unless the tables are those that this program knows; it never changes them itself."""
    for part in parts:
        name = part.service.name
        tables = await _revisions(part.service.database, name)
        if not tables.is_current:
            at = f"at migration {tables.found or 'none'}, and this program knows {tables.wanted}"
            mend = "run `baton migrate` of this version"
            if not tables.is_known:
                mend = "a newer version has made them, so run that one"
            raise CannotStart([f"the tables of {name} are {at}: {mend}"])


async def _revisions(database: Database, service: str) -> Revisions:
    for left in reversed(range(TRIES)):
        try:
            return await database.read(lambda conn: revisions(conn, service))
        except DatabaseUnavailable as gone:
            if not left:
                raise
            logger(service).warning("waiting for the database", error=str(gone))
            await asyncio.sleep(1)
    raise AssertionError("the last failure is raised")
