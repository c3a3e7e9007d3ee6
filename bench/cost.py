"""CPU seconds of this process and of PostgreSQL's, read from /proc to the nanosecond."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Cost:
    """What one kind of work has cost so far: CPU seconds here, by batch, and in the database; statements."""

    client_s: list[float] = field(default_factory=list)
    server_s: float = 0.0
    statements: int = 0

    @property
    def quiet_s(self) -> float:
        """What the client would have cost on a quiet machine: as in the cheaper quarter of the batches.

        Neighbours on the same core make the same instructions cost up to twice as much.
        """
        cheaper = sorted(self.client_s)[: max(1, len(self.client_s) // 4)]
        return sum(cheaper) / len(cheaper) * len(self.client_s)


def cpu_seconds(process: int) -> float:
    """Of a process, its children that live, and those that are gone. 0 if it is gone itself."""
    try:
        return _own(process) + _buried(process) + sum(cpu_seconds(child) for child in _children(process))
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _own(process: int) -> float:
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _buried(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICK


def _children(process: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{process}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


class Meter:
    """Adds up what each kind of work costs. `server`: the database's first process, None on SQLite."""

    def __init__(self, server: int | None) -> None:
        self.costs: dict[str, Cost] = {}
        self.batches = 0
        self.statements = 0
        self._server = server

    @contextmanager
    def count(self, kind: str) -> Iterator[None]:
        """Everything that runs inside is of this kind."""
        cost = self.costs.setdefault(kind, Cost())
        statements, server, client = self.statements, self._server_s(), process_time()
        yield
        cost.client_s += [0.0] * (self.batches + 1 - len(cost.client_s))
        cost.client_s[self.batches] += process_time() - client
        cost.server_s += self._server_s() - server
        cost.statements += self.statements - statements

    def next_batch(self) -> None:
        """What is counted from now on belongs to another batch."""
        self.batches += 1

    def forget(self) -> None:
        """Begin anew."""
        self.costs, self.batches = {}, 0

    def _server_s(self) -> float:
        return cpu_seconds(self._server) if self._server is not None else 0.0
