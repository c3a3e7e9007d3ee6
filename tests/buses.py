"""The bus of one test: in memory, in the thread of whoever calls it, closed when the test is done with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.virtual.drive import drive
from shared.bus.sqlite import SqliteBus


@contextmanager
def inline_bus() -> Iterator[SqliteBus]:
    """Also for tests that await nothing: closing it needs no event loop."""
    bus = SqliteBus(inline=True)
    try:
        yield bus
    finally:
        drive(bus.close())
