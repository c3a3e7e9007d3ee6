"""Everything that a process is told, by files and environment, read and checked before anything runs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from deploy.keyfile import open_ring
from deploy.problems import CannotStart, setting_problems, with_lines
from deploy.processes import SERVICES, database_variable
from deploy.settings import Settings
from services.ingest.app import load_sources
from services.ingest.domain.sources import Source, SourcesInvalid
from services.ingest.settings import Settings as IngestSettings
from services.recycle.settings import Settings as RecycleSettings
from services.routing.settings import Settings as RoutingSettings
from services.scoring.settings import Settings as ScoringSettings
from shared.agreement import Agreement, AgreementInvalid
from shared.agreement.versions import Version, due, read_versions
from shared.runtime.keys import KeyRing
from shared.runtime.settings import Settings as RuntimeSettings

T = TypeVar("T")
S = TypeVar("S", bound=BaseSettings)
Given = Mapping[str, Mapping[str, object]]
"""Values that come before those of the environment: by service, or `process` for what all have in common."""
_QUERY: Final = re.compile(r"\?\w+=")
"""Where an address's query begins."""


@dataclass(frozen=True, slots=True)
class AllSettings:
    """Every knob: of the process, of the runtime, and of each service by its name."""

    process: Settings
    runtime: RuntimeSettings
    ingest: IngestSettings
    scoring: ScoringSettings
    routing: RoutingSettings
    recycle: RecycleSettings

    def database_url(self, service: str) -> str:
        """Where a service keeps its tables."""
        url: str = getattr(self, service).database_url
        return url


KINDS: Final[Mapping[str, type[BaseSettings]]] = {
    "process": Settings,
    "runtime": RuntimeSettings,
    "ingest": IngestSettings,
    "scoring": ScoringSettings,
    "routing": RoutingSettings,
    "recycle": RecycleSettings,
}
"""Who reads which part of the environment."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the services of one process need, checked. `sources`: empty where ingest is not among them."""

    settings: AllSettings
    versions: Sequence[Version]
    sources: Mapping[str, Source]
    ring: KeyRing

    @property
    def agreement(self) -> Agreement:
        """The version that is meant to be in force now; the services' databases know which one is."""
        return due(self.versions, datetime.now(UTC)).agreement


def read_settings(settings: type[S], **given: object) -> S:
    """Settings from the environment; what is `given` comes first. Raises CannotStart."""
    try:
        return settings(**given)  # type: ignore[arg-type]  # pydantic checks what each field is given
    except ValidationError as invalid:
        raise CannotStart(setting_problems(settings, invalid)) from invalid


def read_all_settings(given: Given | None = None) -> AllSettings:
    """Every setting from the environment; what is `given` comes first. Raises CannotStart."""
    problems: list[str] = []
    read: dict[str, Any] = {}
    for name, kind in KINDS.items():
        read[name] = attempt(problems, partial(read_settings, kind, **(given or {}).get(name, {})))
    if problems:
        raise CannotStart(problems)
    found = AllSettings(**read)
    problems += [unclear for service in SERVICES for unclear in _unclear_address(service, found)]
    if problems:
        raise CannotStart(problems)
    return found


def _unclear_address(service: str, settings: AllSettings) -> Iterator[str]:
    # Where the password ends would be guessed, and the rest of it printed with the name of the host.
    url = settings.database_url(service)
    _, _, after_user = _QUERY.split(url)[0].partition("://")[2].partition(":")
    if not url.startswith("sqlite:") and after_user.count("@") > 1:
        yield (
            f"{database_variable(service)}: it has more than one @ after the user's name; "
            "write one in a password as %40"
        )


def read_configuration(settings: AllSettings, services: Sequence[str] = SERVICES) -> Configuration:
    """Read every file that the settings name. Raises CannotStart with all that is wrong in them."""
    problems: list[str] = []
    versions = attempt(problems, lambda: read_agreements(settings.process.agreement))
    ring = attempt(problems, lambda: open_ring(settings.process.keys))
    wanted = "ingest" in services
    sources = attempt(problems, lambda: _sources(settings.ingest.sources)) if wanted else {}
    if versions is None or ring is None or sources is None:
        raise CannotStart(problems)
    return Configuration(settings, versions, sources, ring)


def lacking(settings: AllSettings, services: Sequence[str]) -> Iterator[str]:
    """Each file that a setting of the environment names and that is not there."""
    agreement = settings.process.agreement
    is_pattern = any(sign in str(agreement) for sign in "*?[")
    if not is_pattern and not agreement.exists():
        yield f"BATON_AGREEMENT: {agreement} is not there; it names an agreement, or a folder of its versions"
    if "ingest" in services and not settings.ingest.sources.exists():
        yield (
            f"BATON_INGEST_SOURCES: {settings.ingest.sources} is not there; it names the file of the tools "
            "that post webhooks"
        )


def attempt(problems: list[str], read: Callable[[], T]) -> T | None:
    """What `read` gives; None if it can not, with what is wrong added to `problems`."""
    try:
        return read()
    except CannotStart as wrong:
        problems += wrong.problems
        return None


def read_agreements(place: Path) -> list[Version]:
    """Every version of the agreement at a place. Raises CannotStart with every problem."""
    try:
        return read_versions(place)
    except AgreementInvalid as wrong:
        raise CannotStart(str(problem) for problem in wrong.problems) from wrong


def _sources(path: Path) -> dict[str, Source]:
    try:
        return load_sources(path)
    except SourcesInvalid as wrong:
        raise CannotStart(with_lines(path, wrong.problems) if path.is_file() else wrong.problems) from wrong
