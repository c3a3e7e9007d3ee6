"""What one runs when Baton has grown: steps, then a process for each service; with what each must be told.

`docker-compose.yml` and the tests that start processes are held to this page.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

ServiceName = Literal["ingest", "scoring", "routing", "recycle"]
SERVICES: Final[tuple[ServiceName, ...]] = get_args(ServiceName)
READY: Final = "/readyz"
"""Where a service says whether it may have traffic."""
HEALTHCHECK: Final = ("python", "-m", "deploy.ready")
"""Asks that, where a service runs: exit code 0 if it is ready."""


def address(host: str, port: int | str) -> str:
    """Where those on this machine find who listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def database_variable(service: str) -> str:
    """The setting that says where a service keeps its tables."""
    return f"BATON_{service.upper()}_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Runnable:
    """Something that is run: the arguments of `baton`, and the settings without which it does not do."""

    name: str
    arguments: tuple[str, ...]
    needs: tuple[str, ...]


def _service(name: ServiceName, *more: str) -> Runnable:
    common = ("BATON_AGREEMENT", "BATON_BUS_URL", "BATON_KEYS", "BATON_HOST", "BATON_PORT")
    return Runnable(name, ("serve", name), (*common, database_variable(name), *more))


MIGRATE: Final = Runnable("migrate", ("migrate",), tuple(database_variable(name) for name in SERVICES))
TOPICS: Final = Runnable("topics", ("topics",), ("BATON_BUS_URL",))
STEPS: Final = (MIGRATE, TOPICS)
"""Run to their end before any service starts; once, by one."""
PROCESSES: Final[dict[ServiceName, Runnable]] = {
    "ingest": _service("ingest", "BATON_INGEST_SOURCES"),
    "scoring": _service("scoring"),
    "routing": _service("routing"),
    "recycle": _service("recycle"),
}
"""Run for as long as there is Baton; any number of each."""
