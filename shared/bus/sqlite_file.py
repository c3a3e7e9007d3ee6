"""Opens the bus's file: one connection that writes, one that only reads, a lock against a second process."""

import fcntl
import os
import sqlite3
from pathlib import Path

from shared.bus.port import BusUnavailable
from shared.sqlite import make_durable

MEMORY = ":memory:"


def open_writer(path: str, *, busy_timeout_s: float) -> sqlite3.Connection:
    """The one connection that writes and checkpoints: every commit is on the disk before it returns.

    Raises BusUnavailable if the file can not be opened for writing.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        mode = _durable(connection)
    except sqlite3.Error as error:
        raise BusUnavailable(f"The bus file {path} can not be opened: {error}. Check the path.") from error
    if path != MEMORY and mode != "wal":
        connection.close()
        raise BusUnavailable(
            f"The bus file {path} is on a disk that can not keep a WAL; choose a local disk."
        )
    return connection


def _durable(connection: sqlite3.Connection) -> str:
    """Its journal mode. A connection that can not be made durable is closed."""
    try:
        make_durable(connection)
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except sqlite3.Error:
        connection.close()
        raise


def open_reader(path: str) -> sqlite3.Connection:
    """A connection that can neither write nor checkpoint. The writer must be open."""
    url = f"{Path(path).absolute().as_uri()}?mode=ro"
    return sqlite3.connect(url, uri=True, isolation_level=None, check_same_thread=False)


def lock_file(path: str) -> int:
    """Keep other processes from the bus file at `path`; give the result to `os.close` to let them in.

    Two processes that write and checkpoint can corrupt a file on SQLite before 3.51.3, and would not wake
    each other's readers. The lock is a file beside: closing any handle of the bus file drops SQLite's locks.
    Raises BusUnavailable if another process, or another bus in this one, has it.
    """
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BusUnavailable(
            f"The bus file {path} can not be opened: {error.strerror}. Check the path."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise BusUnavailable(f"The bus file {path} is in use; stop the process that has it.") from error
    return handle
