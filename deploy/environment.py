"""Settings in the environment: one that nobody reads is refused, with the nearest word."""

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic_settings import BaseSettings

from deploy.configuration import KINDS, Given
from deploy.problems import CannotStart
from shared.unknown import nearest

PREFIX: Final = "BATON_"
OF_THE_COMMAND: Final = frozenset({"BATON_DATA", "BATON_URL", "BATON_KEY"})
OF_THE_TESTS: Final = "BATON_TEST_"


def refuse_unknown_settings(environment: Mapping[str, str]) -> None:
    """Raises CannotStart for each variable that is nearly a setting. Others may be somebody else's."""
    known = OF_THE_COMMAND | {name for settings in KINDS.values() for name in _variables(settings)}
    problems = [
        f"{name}: there is no such setting; did you mean '{near}'?"
        for name in sorted(environment)
        if _is_ours(name) and name not in known and (near := nearest(name, known))
    ]
    if problems:
        raise CannotStart(problems)


def overruled(given: Given, environment: Mapping[str, str]) -> list[str]:
    """The variables that are set for nothing, because what is `given` comes first."""
    names = {
        f"{KINDS[kind].model_config.get('env_prefix', '')}{name}".upper()
        for kind, values in given.items()
        for name in values
    }
    return sorted(names & environment.keys())


def _variables(settings: type[BaseSettings]) -> Iterable[str]:
    prefix = str(settings.model_config.get("env_prefix", ""))
    return (f"{prefix}{name}".upper() for name in settings.model_fields)


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) and not name.startswith(OF_THE_TESTS)
