"""Bus to handler: claim in the inbox, handle, say, in one transaction a batch. What can not be handled is parked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.bus.port import Consumer, Delivery
from shared.contracts import BY_NAME
from shared.contracts.envelope import Envelope, Event, Heard, Unreadable, decode, decode_envelope
from shared.db.dialect import insert_or_skip
from shared.runtime.parking import is_policy_error, leads_with_parked, park
from shared.runtime.service import Service
from shared.runtime.tx import Tx

BATCH_MAX: Final = 500
_TYPE_HEADER: Final = "ce_type"


@dataclass(frozen=True, slots=True)
class _Item:
    """A delivery on its way to the handler: read, or with the reason why it can not be."""

    delivery: Delivery
    event_id: str
    type: str
    heard: Heard[Any] | None
    reason: str = ""


async def consume_once(
    service: Service, consumer: Consumer, *, max_records: int = BATCH_MAX, timeout_s: float = 1.0
) -> int:
    """Handle what one poll brings. On any error that may pass, nothing is committed: it comes again."""
    deliveries = await consumer.poll(max_records=max_records, timeout_s=timeout_s)
    if not deliveries:
        return 0
    try:
        await _handle_all(service, [_read(service, d) for d in deliveries if _concerns(service, d)])
    except BaseException:
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


def _read(service: Service, delivery: Delivery) -> _Item:
    record = delivery.record
    place = f"{record.topic}/{delivery.partition}/{delivery.offset}"
    try:
        envelope = decode_envelope(record.value)
    except Unreadable as wrong:
        return _Item(delivery, place, "unreadable", None, str(wrong))
    contract = service.reads.get(envelope.type)
    if contract is None:
        return _Item(delivery, envelope.id, envelope.type, None, f"a contract nobody knows: {envelope.type}")
    return _decoded(delivery, envelope, contract)


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
        reason = f"{type(failed).__name__}: {failed}"
        await service.tx(lambda tx: _park_fresh(tx, item, reason))


def _handle(service: Service, tx: Tx, items: Sequence[_Item]) -> None:
    fresh_ids = claim(tx, [item.event_id for item in items])
    fresh = []
    for item in items:
        if item.event_id in fresh_ids:
            fresh_ids.discard(item.event_id)  # The same event twice in one poll is one event.
            fresh.append(item)
    behind = leads_with_parked(tx, [item.delivery.record.key for item in fresh])
    ready = []
    for item in fresh:
        if item.heard is None:
            park(tx, item.delivery, item.event_id, item.type, item.reason)
        elif item.delivery.record.key in behind and not item.heard.event.TOMBSTONE:
            park(tx, item.delivery, item.event_id, item.type, "behind an event of this lead that is parked")
        else:
            ready.append(item.heard)
    if ready:
        service.on_events(tx, ready)


def _park_fresh(tx: Tx, item: _Item, reason: str) -> None:
    if claim(tx, [item.event_id]):
        park(tx, item.delivery, item.event_id, item.type, reason)


def claim(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Write the ids into the inbox, in order; return those that nobody had written before."""
    inbox = tx.tables.inbox
    rows = [{"event_id": i, "received_at": tx.now} for i in sorted(set(ids))]
    statement = insert_or_skip(tx.conn, inbox).returning(inbox.c.event_id)
    return set(tx.conn.execute(statement, rows).scalars())
