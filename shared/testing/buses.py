"""Say and hear events on a bus, as another service would."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.bus.port import Bus, Record
from shared.contracts import BY_NAME, TOPICS
from shared.contracts.envelope import Event, Heard, decode, decode_envelope, encode


async def say(bus: Bus, event: Event, key: str, *, id: str, at: datetime, topic: str | None = None) -> None:
    """Publish one event as if its service had said it."""
    spoken_on = topic or event.TOPICS[0]
    source = spoken_on.removeprefix("baton.")
    value = encode(id, event, source=source, subject=key, time=at)
    headers = (("ce_id", id.encode()), ("ce_type", event.name().encode()))
    await bus.publish([Record(spoken_on, key, value, headers)])


async def everything_said(
    bus: Bus, group: str = "test", *, topics: Sequence[str] = TOPICS, kinds: Sequence[type[Event]] = ()
) -> list[Heard[Any]]:
    """Every event on these topics that this group has not heard yet, decoded, in the order of its topic.

    `kinds`: contracts that are a test's own.
    """
    known = {**BY_NAME, **{kind.name(): kind for kind in kinds}}
    consumer = await bus.subscribe(topics, group)
    events: list[Heard[Any]] = []
    while deliveries := await consumer.poll(max_records=1000, timeout_s=0):
        for delivery in deliveries:
            envelope = decode_envelope(delivery.record.value)
            events.append(decode(envelope, known[envelope.type]))
    await consumer.commit()
    await consumer.close()
    return events
