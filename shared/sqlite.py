"""How a file of SQLite keeps what was committed: the same for the tables of a service and for the bus."""

import sqlite3
from typing import Final

_WAL_BYTES_MAX: Final = 64 * 1024 * 1024
"""A long read lets the write-ahead log grow; afterwards it is cut back to this."""


def make_durable(connection: sqlite3.Connection) -> None:
    """Every commit is on the disk before it returns. For the one connection that writes and checkpoints."""
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",  # Who is erased is gone from the file too, however SQLite was built.
        f"journal_size_limit={_WAL_BYTES_MAX}",
    ):
        connection.execute(f"PRAGMA {setting}")
