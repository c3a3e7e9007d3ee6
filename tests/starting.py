"""Starts the command `baton` in a process of its own, in a tenth of the time that its imports take.

Such a process is forked from one that has imported everything and done nothing. It has its own id, folder,
environment and output, and ends by itself or by a signal; what is to be done at an interpreter's exit is not
done. Whoever tests the start itself, or measures, starts it `anew`.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Protocol

import httpcore

import deploy.grown
import deploy.run
import deploy.unsourced
from deploy.command import main

ROOT: Final = Path(__file__).parents[1]
WARM: Final = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(
    [module.__name__ for module in (main, deploy.grown, deploy.run, deploy.unsourced, httpcore)]
)
"""Starts processes by forking the one that has imported all this."""


class Process(Protocol):
    """What can be done with a process; `subprocess.Popen` has it too."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


def environment(**settings: str) -> dict[str, str]:
    """The environment without anybody's own settings of Baton."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    return {**clean, "COLUMNS": "200", **settings}


def command(arguments: tuple[str, ...]) -> list[str]:
    """The command, by this Python."""
    return [sys.executable, "-m", main.__name__, *arguments]


@contextmanager
def anew() -> Iterator[None]:
    """What begins in here is not forked: it imports everything itself."""
    before = _starts_anew.set(True)
    try:
        yield
    finally:
        _starts_anew.reset(before)


_starts_anew: Final = ContextVar("starts anew", default=False)


def begin(arguments: tuple[str, ...], settings: Mapping[str, str], out: Path, err: Path) -> Process:
    """Run `baton` with these arguments; what it prints is added to two files, or to one."""
    if _starts_anew.get():
        return _start(arguments, settings, out, err)
    out.touch()
    err.touch()
    forked = WARM.Process(target=_run, args=(arguments, environment(**settings), out, err), daemon=True)
    forked.start()
    return _Forked(forked)


def _start(arguments: tuple[str, ...], settings: Mapping[str, str], out: Path, err: Path) -> Process:
    with out.open("ab") as out_file, err.open("ab") as err_file:
        return subprocess.Popen(
            command(arguments),
            cwd=ROOT,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=err_file,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it.
        )


def _run(arguments: tuple[str, ...], settings: dict[str, str], out: Path, err: Path) -> None:
    os.setsid()
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _ADD), (2, err, _ADD)):
        os.dup2(os.open(path, flags, 0o600), number)
    os.environ.clear()
    os.environ.update(settings)
    time.tzset()
    os.chdir(ROOT)
    sys.argv = [str(main.__file__), *arguments]
    main.app()


_ADD: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class _Forked:
    """A forked process, with the interface of one that was started anew."""

    def __init__(self, process: multiprocessing.context.ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self._process.kill()
