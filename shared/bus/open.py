"""Opens the bus that a setting names."""

from pathlib import Path

from shared.bus.port import Bus
from shared.bus.sqlite import PARTITIONS, SqliteBus

SQLITE = "sqlite:///"


class UnknownBus(ValueError):
    """The setting names a kind of bus that this version does not have."""


def create_bus(
    url: str, *, partitions: int = PARTITIONS, member: str | None = None, cluster_id: str | None = None
) -> Bus:
    """The bus at `url`: `sqlite:///bus.sqlite` in this folder, or `sqlite:////var/lib/baton/bus.sqlite`.

    Only for Kafka: `member` is this process's lasting name in its group, so that a restart after a crash moves no
    partitions; two processes of one service must not share one. `cluster_id` is the only cluster it may talk to.
    Raises UnknownBus for any other scheme, PartitionsDiffer if the file was made with another number of
    partitions, BusUnavailable if the file can not be opened or another process has it.
    """
    path = url.removeprefix(SQLITE)
    if path == url or not path:
        scheme = url.partition(":")[0] if ":" in url else ""
        raise UnknownBus(f"There is no bus for the scheme {scheme!r}: write sqlite:///path/to/bus.sqlite.")
    if path == ":memory:":
        return SqliteBus(path, partitions=partitions)
    return SqliteBus(str(Path(path)), partitions=partitions)
