"""The two ways to run Baton, each with the benchmark's agreement, source and reps, ready for webhooks."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench import leads
from bench.postgres import compose_postgres
from bench.watch import Watch, watch_kafka, watch_sqlite
from deploy.folder import Folder
from deploy.kafka.broker import Broker
from tests import running
from tests.processes import Grown, grown
from tests.servers.postgres import Cluster
from tests.starting import anew

AGREEMENT: Final = leads.HERE / "agreement.yaml"
DATABASE: Final = "PostgreSQL"
BUS: Final = "Kafka"


@dataclass(frozen=True, slots=True)
class Place:
    """A Baton that runs. `processes`: what it costs is what these cost; their children count with them."""

    port: int
    processes: Mapping[str, int]
    watch: Callable[[], AbstractAsyncContextManager[Watch]]
    new_database: Callable[[str], str]
    """The URL of another database on the same server or disk."""


@contextmanager
def grown_place() -> Iterator[Place]:
    """Four processes, a broker and PostgreSQL, started for this and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name, compose_postgres() as postgres:
        folder, broker = Path(name), Broker(Path(name) / "kafka")
        broker.start()
        try:
            with _grown(folder / "baton", broker, postgres) as baton:
                pids = {service: process.pid for service, process in baton.processes.items()}
                servers = {DATABASE: postgres.pid, BUS: broker.pid}
                watch = partial(watch_kafka, broker.address)
                yield Place(baton.processes["ingest"].port, pids | servers, watch, lambda _: postgres.url)
        finally:
            broker.kill()


@contextmanager
def _grown(path: Path, broker: Broker, postgres: Cluster) -> Iterator[Grown]:
    _fill(path)
    with grown(path, f"kafka://{broker.address}", postgres.url, agreement=AGREEMENT) as baton:
        with anew():
            baton.start()
        body, kind = Folder(path).roster.read_bytes(), {"content-type": "text/csv"}
        baton.call("routing", "POST", "/v1/roster", content=body, headers=kind).raise_for_status()
        yield baton


@contextmanager
def embedded_place() -> Iterator[Place]:
    """`baton run`: one process, SQLite files."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name) / "baton"
        _fill(folder)
        with anew():
            baton = running.start(folder, "--agreement", str(AGREEMENT))
        try:
            port = int(baton.instance.url.rpartition(":")[2])
            watch = partial(watch_sqlite, folder / "bus.db")
            yield Place(port, {"baton run": baton.process.pid}, watch, lambda n: f"sqlite:///{name}/{n}.db")
        finally:
            baton.stop()


def _fill(folder: Path) -> None:
    """The files that differ from those of a new folder."""
    files = Folder(folder)
    folder.mkdir(mode=0o700)
    files.sources.write_text(json.dumps(leads.SOURCES))
    rows = [",".join(str(row.fields[name]) for name in ("person", "name", "teams")) for row in leads.roster()]
    files.roster.write_text("\n".join(["person,name,teams", *rows, ""]))
