"""Opens the bus that a setting names."""

from pathlib import Path

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_access import OPEN, Access
from shared.bus.kafka_cluster import KAFKA, Cluster, servers_of
from shared.bus.port import PARTITIONS, Bus
from shared.bus.sqlite import SqliteBus

SQLITE = "sqlite:///"


class UnknownBus(ValueError):
    """The setting names a kind of bus that this version does not have, or not where it is."""


def create_bus(
    url: str,
    *,
    partitions: int = PARTITIONS,
    member: str | None = None,
    cluster_id: str | None = None,
    access: Access = OPEN,
) -> Bus:
    """The bus at `url`: `sqlite:///bus.sqlite` in this folder, or `kafka://one:9092,two:9092`.

    Only for Kafka: `member` is this process's lasting name in its group, so that a restart after a crash
    moves no partitions; two processes of one service must not share one. `cluster_id` is what it must be.
    `access`: what its brokers ask for.
    Raises UnknownBus for any other scheme. SQLite: PartitionsDiffer if the file was made with another number
    of partitions, BusUnavailable if it can not be opened or another process has it. Kafka is reached when it
    is first used, so nothing of it is checked here.
    """
    if url.startswith(KAFKA):
        try:
            servers = servers_of(url)
        except ValueError as wrong:
            raise UnknownBus(str(wrong)) from wrong
        return KafkaBus(Cluster(servers, partitions, cluster_id, access), member=member)
    path = url.removeprefix(SQLITE)
    if path == url or not path:
        scheme = url.partition(":")[0] if ":" in url else ""
        raise UnknownBus(
            f"There is no bus for the scheme {scheme!r}: write sqlite:///path/to/bus.sqlite or kafka://host:9092."
        )
    if path == ":memory:":
        return SqliteBus(path, partitions=partitions)
    return SqliteBus(str(Path(path)), partitions=partitions)
