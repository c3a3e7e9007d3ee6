"""Everything that an instance is told by files and environment, read and checked before anything runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from deploy.destinations import Destinations, read_destinations
from deploy.folder import Folder
from deploy.keyfile import OwnKeys, open_ring, own_keys
from deploy.problems import CannotStart, setting_problems, with_lines
from deploy.roster import read_rows
from deploy.settings import Settings
from services.ingest.app import load_sources
from services.ingest.domain.sources import Source, SourcesInvalid
from services.routing.domain.roster import RosterInvalid, Row, read_roster
from shared.agreement import Agreement, AgreementInvalid, load
from shared.runtime.keys import KeyRing

T = TypeVar("T")
S = TypeVar("S", bound=BaseSettings)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A folder's files, checked."""

    folder: Folder
    settings: Settings
    agreement: Agreement
    sources: Mapping[str, Source]
    destinations: Destinations
    roster: list[Row]
    ring: KeyRing
    own: OwnKeys


def read_settings(settings: type[S], **given: object) -> S:
    """Settings from the environment; what is `given` comes first. Raises CannotStart."""
    try:
        return settings(**given)  # type: ignore[arg-type]  # pydantic checks what each field is given
    except ValidationError as invalid:
        raise CannotStart(setting_problems(settings, invalid)) from invalid


def read_configuration(folder: Folder, settings: Settings) -> Configuration:
    """Read every file of the folder. Raises CannotStart with all that is wrong in them."""
    problems: list[str] = []
    agreement = _part(problems, lambda: read_agreement(folder.agreement))
    sources = _part(problems, lambda: _sources(folder.sources))
    destinations = _part(problems, lambda: read_destinations(folder.destinations))
    ring = _part(problems, lambda: open_ring(folder.keys))
    roster = _part(problems, lambda: _roster(folder.roster, agreement)) if agreement else []
    if agreement is None or sources is None or destinations is None or ring is None or roster is None:
        raise CannotStart(problems)
    own = own_keys(folder.own_keys, ring)
    return Configuration(folder, settings, agreement, sources, destinations, roster, ring, own)


def _part(problems: list[str], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except CannotStart as wrong:
        problems += wrong.problems
        return None


def read_agreement(path: Path) -> Agreement:
    """The agreement in a file. Raises CannotStart with every problem."""
    try:
        return load(path)
    except AgreementInvalid as wrong:
        raise CannotStart(str(problem) for problem in wrong.problems) from wrong


def _sources(path: Path) -> dict[str, Source]:
    try:
        return load_sources(path)
    except SourcesInvalid as wrong:
        raise CannotStart(with_lines(path, wrong.problems) if path.exists() else wrong.problems) from wrong


def _roster(path: Path, agreement: Agreement) -> list[Row]:
    rows = read_rows(path)
    try:
        if rows:
            read_roster(rows, agreement.teams)
    except RosterInvalid as wrong:
        raise CannotStart(wrong.errors) from wrong
    return rows
