"""A PostgreSQL for the time of a benchmark, set as docker-compose.yml sets it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Final

from ruamel.yaml import YAML

from tests.servers.postgres import Cluster, postgres_cluster
from tests.starting import ROOT

COMPOSE: Final = ROOT / "docker-compose.yml"


@contextmanager
def compose_postgres() -> Iterator[Cluster]:
    """A running server, and its end."""
    with postgres_cluster(settings=settings()) as cluster:
        yield cluster


def settings() -> Mapping[str, str]:
    """What compose tells its PostgreSQL: `-c name=value` of its command."""
    command: list[str] = YAML(typ="safe").load(COMPOSE.read_text())["services"]["postgres"]["command"]
    return dict(one.split("=", 1) for flag, one in pairwise(command) if flag == "-c")
