"""The contracts: every event that services say to each other, one class each."""

from typing import Final

from shared.contracts import ingest, recycle, routing, scoring
from shared.contracts.envelope import Event

ALL: Final[tuple[type[Event], ...]] = (*ingest.EVENTS, *scoring.EVENTS, *routing.EVENTS, *recycle.EVENTS)
BY_NAME: Final[dict[str, type[Event]]] = {contract.name(): contract for contract in ALL}
TOPICS: Final[tuple[str, ...]] = (ingest.TOPIC, scoring.TOPIC, routing.TOPIC, recycle.TOPIC)


def topic_of(service: str) -> str:
    """The one topic on which a service speaks."""
    return f"baton.{service}"
