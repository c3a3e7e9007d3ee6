"""Real processes for a test: each runs one function, and may be killed."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Line
from typing import Any, Final

from tests.starting import WARM

PATIENCE_S: Final = 60.0
"""Far longer than anything here may take."""

Job = Callable[..., None]
"""What a process does: it is given its line to the test, then its arguments."""


class Child:
    """One process, and the line to it."""

    def __init__(self, job: Job, *arguments: Any) -> None:
        self._line, theirs = WARM.Pipe()
        self._process = WARM.Process(target=job, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    def tell(self, what: Any = None) -> None:
        """Say something to it; it waits for that with `line.recv()`."""
        self._line.send(what)

    def told(self) -> Any:
        """The next thing it says. Fails if it ends without a word."""
        assert self._line.poll(PATIENCE_S), "the process says nothing"
        return self._line.recv()

    def kill(self) -> None:
        """SIGKILL: no handler of its own runs, no connection is closed in order."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(PATIENCE_S)

    def end(self) -> None:
        """Wait for its end, which must be a good one unless it was killed."""
        self._process.join(PATIENCE_S)
        assert self._process.exitcode in (0, -signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process.is_alive():
            self.kill()
        self._line.close()


@contextmanager
def children(job: Job, *arguments: tuple[Any, ...]) -> Iterator[list[Child]]:
    """A process for each tuple of arguments; all are up when the block begins, and wait to be told to go."""
    made = [Child(job, *each) for each in arguments]
    try:
        for child in made:
            assert child.told() == "up"
        yield made
        for child in made:
            child.end()
    finally:
        for child in made:
            child.close()


def go(children: list[Child]) -> None:
    """Let all of them begin at once."""
    for child in children:
        child.tell("go")


def wait_to_go(line: Line) -> None:
    """Say that this process is up, and wait until all are."""
    line.send("up")
    line.recv()
