"""A small disk of a test's own, which it may fill: a mount in memory, where this machine permits one."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


class MountForbidden(Exception):
    """Nobody may mount here; the message says why."""


class Disk:
    """`fill` leaves not a byte; `make_room` gives all of it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Write until there is no room for a single byte more."""
        with self._filler.open("ab", buffering=0) as filler:
            for chunk in (1 << 20, 1 << 12, 1):
                while _fits(filler.fileno(), chunk):
                    pass

    def make_room(self) -> None:
        self._filler.unlink()


@cache
def may_mount() -> bool:
    """Whether this machine permits it: containers often do not."""
    try:
        with small_disk(megabytes=1):
            return True
    except MountForbidden:
        return False


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Mounted for as long as the block lasts. Raises MountForbidden."""
    with tempfile.TemporaryDirectory(prefix="baton-disk-") as folder:
        options = f"size={megabytes}m,mode=0711"
        done = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
        if done.returncode:
            raise MountForbidden(done.stderr.strip())
        try:
            yield Disk(Path(folder))
        finally:
            _run("umount", folder)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as missing:
        return subprocess.CompletedProcess(command, 1, "", str(missing))


def _fits(handle: int, size: int) -> bool:
    try:
        return os.write(handle, bytes(size)) == size
    except OSError:
        return False
