"""A data folder as what `baton run` runs: its files and databases come before the environment."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.assembly import Part, Prepare, migrate
from deploy.configuration import (
    Configuration,
    Given,
    attempt,
    read_agreements,
    read_all_settings,
    read_configuration,
)
from deploy.contradictions import contradictions
from deploy.destinations import Destinations, read_destinations, unknown_destinations
from deploy.environment import overruled
from deploy.folder import Folder
from deploy.keyfile import OwnKeys, own_keys
from deploy.problems import CannotStart
from deploy.processes import SERVICES
from deploy.roster import read_rows
from deploy.versions import adopt, wait_for_force
from services.routing.domain.people.details import Known
from services.routing.domain.people.roster import RosterInvalid, Row, read_roster
from services.routing.handlers.roster import everybody, import_roster
from shared.agreement import Agreement
from shared.agreement.versions import due
from shared.signing import WeakSecret, standard_key


@dataclass(slots=True)
class Embedded:
    """A folder's files, checked.

    `overruled`: variables of the environment that its files come before. `nobody_there`: once prepared,
    whether the roster is without people.
    """

    folder: Folder
    configuration: Configuration
    roster: list[Row]
    own: OwnKeys
    overruled: Sequence[str] = ()
    nobody_there: bool = False

    def warnings(self) -> list[str]:
        """What somebody should know who starts it, a sentence each."""
        found = contradictions(self.configuration.settings)
        for name in self.overruled:
            found.append(f"{name} is set and not read: `baton run` keeps everything in {self.folder.path}")
        if self.nobody_there:
            found.append(
                f"nobody is in the roster yet, so deputies hold every lead: fill {self.folder.roster}, "
                "or run `baton roster import FILE`"
            )
        known = self.configuration.settings.recycle.destinations
        return found + unknown_destinations(self.configuration.agreement, known, self.folder.destinations)


def read_folder(folder: Folder, process: Mapping[str, object] | None = None) -> Embedded:
    """Read every file of the folder. `process`: settings that come before all others. Raises CannotStart."""
    problems: list[str] = []
    destinations = attempt(problems, lambda: read_destinations(folder.destinations))
    link_secrets = attempt(problems, lambda: _link_secrets(folder.link_secrets))
    own = _given(folder, destinations or Destinations({}), link_secrets or "")
    given = {**own, "process": {**own["process"], **(process or {})}}
    configuration = attempt(problems, lambda: read_configuration(read_all_settings(given)))
    agreement = configuration.agreement if configuration is not None else _agreement_alone(folder)
    roster = attempt(problems, lambda: _roster(folder.roster, agreement))
    if problems or configuration is None or roster is None:
        raise CannotStart(problems)
    keys = own_keys(folder.own_keys, configuration.ring)
    return Embedded(folder, configuration, roster, keys, overruled(own, os.environ))


def preparing(embedded: Embedded) -> Prepare:
    """Before anything runs: bring the tables up to date, let the agreement be in force, read the roster."""
    folder, rows = embedded.folder, embedded.roster

    async def prepare(parts: Sequence[Part]) -> None:
        for part in parts:
            await migrate(part.service.database, part.service.name)
        await adopt(parts)
        await wait_for_force(parts)
        # Once for each version of the file: who left over HTTP does not come back by a restart.
        routing = next(part.service for part in parts if part.service.name == "routing")
        if rows and folder.roster_is_new():
            await routing.tx(lambda tx: import_roster(tx, rows))
            folder.roster_was_read()
        # Asked of the service, not of the file: people come over HTTP too.
        embedded.nobody_there = not any(one.active for one in await routing.read(everybody))

    return prepare


def _given(folder: Folder, destinations: Destinations, link_secrets: str) -> Given:
    secret = destinations.notify_secret
    links: dict[str, object] = {"link_secrets": link_secrets} if link_secrets else {}
    own: dict[str, dict[str, object]] = {
        "ingest": {"sources": folder.sources},
        "routing": links | ({} if secret is None else {"notify_secret": secret}),
        "recycle": {"destinations": destinations.tools},
    }
    return {
        "process": {
            "agreement": folder.agreements,
            "bus_url": folder.database_url("bus"),
            "keys": folder.keys,
        },
        **{name: {"database_url": folder.database_url(name), **own.get(name, {})} for name in SERVICES},
    }


def _link_secrets(path: Path) -> str:
    """What signs action links; empty without the file. Raises CannotStart with every weak secret's line."""
    text = path.read_text(errors="replace") if path.exists() else ""
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        for secret in line.split():
            try:
                standard_key(secret)
            except WeakSecret as weak:
                problems.append(f"{path}:{number}: the secret {weak}")
    if problems:
        raise CannotStart(problems)
    return text


def _agreement_alone(folder: Folder) -> Agreement | None:
    versions = attempt([], lambda: read_agreements(folder.agreements))  # What is wrong there is said already.
    return due(versions, datetime.now(UTC)).agreement if versions is not None else None


def _roster(path: Path, agreement: Agreement | None) -> list[Row]:
    rows = read_rows(path)
    try:
        if rows and agreement is not None:  # Without one, nobody knows which teams there are.
            read_roster(rows, Known.by(agreement))
    except RosterInvalid as wrong:
        raise CannotStart(wrong.errors) from wrong
    return rows
