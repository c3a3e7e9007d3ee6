"""A real Kafka on loopback for the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.kafka.broker import Broker

QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # A test's broker lives too short for more to pay.


def start(folder: Path) -> Broker:
    """An empty broker in `folder`, running. Raises BrokerUnavailable, which says what to install."""
    broker = Broker(folder / "kafka", java=QUICK)
    broker.start()
    return broker


@contextmanager
def kafka_broker(folder: Path) -> Iterator[Broker]:
    """A broker of the caller's own, to stop, kill, pause and start again; it keeps data and address."""
    broker = start(folder)
    try:
        yield broker
    finally:
        broker.kill()
