"""Bus to handler: claim, handle, say, in one transaction a batch. What can not be handled is parked."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from shared.bus.port import BusUnavailable, Consumer, Delivery
from shared.contracts import BY_NAME
from shared.contracts.envelope import Envelope, Event, Heard, Unreadable, decode, decode_envelope
from shared.contracts.ingest import LeadErased
from shared.db.messaging import EVENT_ID_MAX
from shared.runtime import metrics
from shared.runtime.errors import is_policy_error, reason_of
from shared.runtime.inbox import YOUNG, claim, claim_and_look, forgotten_before
from shared.runtime.parking import BEHIND, Because, forget_parked, park, queue_of
from shared.runtime.service import Service
from shared.runtime.spans import handling
from shared.runtime.tx import Tx
from shared.texts import fits

_TYPE_HEADER: Final = "ce_type"


class _Item(msgspec.Struct, frozen=True):
    """A delivery on its way to the handler: read, or with the reason why it can not be."""

    delivery: Delivery
    event_id: str
    type: str
    heard: Heard[Any] | None
    reason: str = ""

    @property
    def queue(self) -> str:
        return queue_of(self.delivery)


async def consume_once(
    service: Service, consumer: Consumer, *, max_records: int | None = None, timeout_s: float = 1.0
) -> int:
    """Handle what one poll brings, at most `max_records`, else as many as the service takes at once.

    On any error that may pass, nothing is committed: it comes again.
    """
    try:
        deliveries = await consumer.poll(max_records=max_records or service.batch_max, timeout_s=timeout_s)
        if not deliveries:
            return 0
        items = [_read(service, delivery) for delivery in deliveries if _concerns(service, delivery)]
        await _handle_all(service, [item for item in items if item is not None])
    except BaseException:
        with suppress(BusUnavailable):  # The error that brought us here says more.
            await consumer.rewind()
        raise
    service.seam("handled")
    await consumer.commit()
    return len(deliveries)


def _concerns(service: Service, delivery: Delivery) -> bool:
    # The type is a header too, so that what nobody here reads is skipped without parsing.
    for name, value in delivery.record.headers:
        if name == _TYPE_HEADER:
            known = value.decode("utf-8", "replace")
            return known in service.reads or known not in BY_NAME
    return True


def _read(service: Service, delivery: Delivery) -> _Item | None:
    record = delivery.record
    place = f"{record.topic}/{delivery.partition}/{delivery.offset}"
    try:
        envelope = decode_envelope(record.value)
        _refuse_strange(envelope)
    except Unreadable as wrong:
        return _Item(delivery, place, "unreadable", None, str(wrong))
    contract = service.reads.get(envelope.type)
    if contract is not None:
        return _decoded(delivery, envelope, contract)
    if envelope.type in BY_NAME:
        return None
    return _Item(delivery, envelope.id, envelope.type, None, f"a contract nobody knows: {envelope.type}")


def _refuse_strange(envelope: Envelope) -> None:
    """Raise Unreadable for an id or subject that no table could hold; else it would come again for ever."""
    if not (fits(envelope.id, EVENT_ID_MAX) and fits(envelope.subject)):
        raise Unreadable(f"an id of more than {EVENT_ID_MAX} characters, or a NUL in id or subject")


def _decoded(delivery: Delivery, envelope: Envelope, contract: type[Event]) -> _Item:
    try:
        heard = decode(envelope, contract)
    except Unreadable as wrong:
        return _Item(delivery, envelope.id, envelope.type, None, str(wrong))
    return _Item(delivery, envelope.id, envelope.type, heard)


async def _handle_all(service: Service, items: Sequence[_Item]) -> None:
    if not items:
        return
    try:
        await service.tx(lambda tx: _handle(service, tx, items))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        # One lead must not hold up the others: take them one by one and park the culprit.
        for item in items:
            await _handle_or_park(service, item)


async def _handle_or_park(service: Service, item: _Item) -> None:
    try:
        await service.tx(lambda tx: _handle(service, tx, [item]))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        reason = reason_of(failed)
        await service.tx(lambda tx: _park_fresh(tx, item, reason))


def _handle(service: Service, tx: Tx, items: Sequence[_Item]) -> None:
    unclaimed, behind = claim_and_look(tx, [item.event_id for item in items], [item.queue for item in items])
    ready = _sort_out(tx, _fresh(items, unclaimed), behind)
    if ready:
        service.on_events(tx, handling(service, tx, ready))
        tx.afterwards.append(partial(metrics.handled.labels(service.name).inc, len(ready)))


def _fresh(items: Sequence[_Item], unclaimed: set[str]) -> list[_Item]:
    fresh = []
    for item in items:
        if item.event_id in unclaimed:
            unclaimed.discard(item.event_id)  # The same event twice in one poll is one event.
            fresh.append(item)
    return fresh


def _sort_out(tx: Tx, fresh: Sequence[_Item], behind: set[str]) -> list[Heard[Any]]:
    """Park what can not be handled now; return the rest. Of an erased lead, nothing stays parked."""
    old = any(item.heard is not None and item.heard.at < tx.now - YOUNG for item in fresh)
    forgotten = forgotten_before(tx) if old else None
    ready: list[Heard[Any]] = []
    for item in fresh:
        obstacle = _obstacle(item, item.queue in behind, forgotten)
        if obstacle is not None:
            park(tx, item.delivery, item.event_id, item.type, *obstacle)
            behind.add(item.queue)  # What comes after it in this batch queues behind it too.
        elif item.heard is not None:
            ready.append(item.heard)
    forget_parked(tx, {item.queue for item in fresh if _erases(item)})
    return ready


def _erases(item: _Item) -> bool:
    return item.heard is not None and isinstance(item.heard.event, LeadErased)


def _obstacle(item: _Item, behind: bool, forgotten: datetime | None) -> tuple[str, Because] | None:
    """Why an event must wait, if it must. A tombstone never does: it makes the events before it moot."""
    heard = item.heard
    if heard is None:
        return item.reason, "not understood"
    if heard.event.TOMBSTONE:
        return None
    if behind:
        return BEHIND, "behind another"
    if forgotten is not None and heard.at < forgotten:
        return f"said before {forgotten:%Y-%m-%d}: nobody knows whether it was handled then", "too old"
    return None


def _park_fresh(tx: Tx, item: _Item, reason: str) -> None:
    if claim(tx, [item.event_id]):
        park(tx, item.delivery, item.event_id, item.type, reason, "not possible")
