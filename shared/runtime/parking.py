"""Parked events: what could not be handled, in order, with a reason, an owner and a clock, until replayed."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, Select, Table, delete, func, select, update

from shared.bus.port import Delivery
from shared.contracts import ALL, BY_NAME, TOPICS, topic_of
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.db.bulk import insert_or_skip
from shared.db.dialect import among, locked
from shared.db.messaging import EVENT_ID_MAX, KEY_MAX, NAME_MAX, WHY_MAX
from shared.db.prepared import fetch
from shared.effects import CommandRefused, FiredTimer, PolicyError
from shared.runtime import metrics
from shared.runtime.errors import is_policy_error, reason_of
from shared.runtime.log import logger
from shared.runtime.service import ParkedDelivery, Service
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.texts import clean

Because = Literal["not understood", "not possible", "behind another", "refused by the bus", "too old"]
"""Why something is parked, in few words: a label of a metric, so there are few of them."""

TIMER_TOPIC: Final = "timer"
OUTBOX_TOPIC: Final = "outbox"
"""Where it came from, if not from a topic of the bus: our own clock, or our own outbox."""
BEHIND: Final = "behind an event of this lead that is parked"
"""The reason of an event that only waits its turn."""
LISTED_MAX: Final = 200
_ID_MAX: Final = 2**63 - 1
_TOMBSTONES: Final = tuple(event.name() for event in ALL if event.TOMBSTONE)
_DUTIES: Final = {
    TIMER_TOPIC: "a clock that is due",
    OUTBOX_TOPIC: "an event that others have not heard yet",
}
CLOCK: Final = timedelta(hours=4)
"""How long a parked item may lie before it counts as late, and its owner is shown as failing."""


def park(
    tx: Tx,
    delivery: Delivery,
    event_id: str,
    event_type: str,
    reason: str,
    because: Because = "not understood",
) -> None:
    """Keep one delivery. Its owner is the intake desk's: a lead that nobody understands is still a lead."""
    row = {
        "event_id": clean(event_id, EVENT_ID_MAX),
        "topic": clean(delivery.record.topic, NAME_MAX),
        "lead_id": queue_of(delivery),
        "type": clean(event_type, NAME_MAX),
        "value": delivery.record.value,
        "reason": clean(reason, WHY_MAX),
        "owner": tx.agreement.intake.owner,
        "parked_at": tx.now,
        "due_at": tx.now + CLOCK,
    }
    insert_or_skip(tx.conn, tx.tables.parked, [row])
    tx.afterwards.append(partial(metrics.parked.labels(tx.service, because).inc))


def leads_with_parked(tx: Tx, leads: Iterable[str]) -> set[str]:
    """Those of the leads that have something parked: what comes later must queue behind it.

    Waits for a replay that is under way, so that nothing queues behind what is just gone. What the bus
    refused holds nobody up: we had handled it.
    """
    found = fetch(tx.conn, queues(tx.tables.parked), {"leads": sorted(set(leads))})
    return {lead for (lead,) in found}


@cache
def queues(parked: Table) -> Select[Any]:
    """What `leads_with_parked` asks."""
    theirs = among(parked.c.lead_id, "leads")
    query = select(parked.c.lead_id).where(theirs, parked.c.topic != OUTBOX_TOPIC).order_by(parked.c.id)
    return locked(query)


def forget_parked(tx: Tx, leads: Iterable[str]) -> None:
    """Delete what is parked of erased leads.

    A parked tombstone stays: it says nothing of the person, and without it another service would go on with
    the lead.
    """
    parked, ids = tx.tables.parked, sorted(leads)
    if ids:
        tx.conn.execute(delete(parked).where(parked.c.lead_id.in_(ids), parked.c.type.not_in(_TOMBSTONES)))


def list_parked(tx: Tx, *, after: int = 0, limit: int = LISTED_MAX) -> Sequence[Row[Any]]:
    """The oldest first, without their bytes; those that came later than the one with the id `after`."""
    parked = tx.tables.parked
    columns = [c for c in parked.c if c.name != "value"]
    query = select(*columns).where(parked.c.id > as_id(after)).order_by(parked.c.id)
    return tx.conn.execute(query.limit(limit)).all()


def show_parked(tx: Tx, parked_id: int) -> Row[Any] | None:
    """One item with its bytes."""
    parked = tx.tables.parked
    return tx.conn.execute(select(parked).where(parked.c.id == as_id(parked_id))).one_or_none()


def as_id(asked: int) -> int:
    """A number that somebody asks for, as a column of ids can hold it; what it can not, no row has."""
    return max(0, min(asked, _ID_MAX))


async def replay(service: Service, lead: LeadId) -> tuple[int, str | None]:
    """Handle a lead's parked events again, in order. Returns how many went, and what stopped the next."""
    done = 0
    try:
        while await service.tx(lambda tx: _replay_next(service, tx, lead)):
            done += 1
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        reason = reason_of(failed)
        await service.tx(lambda tx: _new_reason(tx, lead, reason))
        return done, reason
    return done, None


def discard(tx: Tx, parked_id: int, *, by: str, because: str) -> bool:
    """Never handle this one; what waits behind it can be replayed then. False: nothing is parked there.

    The log keeps who said so and why. Raises CommandRefused for what is our own duty, a timer, or an event
    that we have said and that the bus refuses; for a tombstone, which ends a lead for every service; and for
    what only waits behind another: nobody has found anything wrong with it.
    """
    row = show_parked(tx, parked_id)
    if row is None:
        return False
    duty = _DUTIES.get(row.topic) or ("the end of a lead" if row.type in _TOMBSTONES else None)
    if duty is not None:
        raise CommandRefused("wrong stage", f"it is {duty}: mend what stopped it, and replay it")
    if row.reason == BEHIND:
        raise CommandRefused("wrong stage", f"it only waits {BEHIND}: replay or discard that, then replay it")
    if not tx.conn.execute(delete(tx.tables.parked).where(tx.tables.parked.c.id == parked_id)).rowcount:
        return False
    said = {"parked_event": row.event_id, "type": row.type, "lead": row.lead_id, "by": by, "because": because}
    tx.afterwards.append(lambda: logger(tx.service).warning("parked event discarded", **said))
    return True


def queue_of(delivery: Delivery) -> str:
    """The lead that a delivery is parked under, and queues behind."""
    return clean(delivery.record.key, KEY_MAX)


def _replay_next(service: Service, tx: Tx, lead: LeadId) -> bool:
    parked = tx.tables.parked
    query = select(parked).where(parked.c.lead_id == lead).order_by(parked.c.id).limit(1)
    row = tx.conn.execute(locked(query)).one_or_none()
    if row is None:
        return False
    if row.topic == TIMER_TOPIC:
        service.on_timers(tx, [msgspec.json.decode(row.value, type=FiredTimer)])
    elif row.topic == OUTBOX_TOPIC:
        tx.outgoing.append(_said_again(tx, row))
    elif service.on_replay is not None and row.topic not in TOPICS:
        service.on_replay(tx, ParkedDelivery(row.event_id, row.topic, row.value, row.parked_at))
    elif (heard := _heard(service, row)) is not None:
        service.on_events(tx, [heard])
    tx.conn.execute(delete(parked).where(parked.c.id == row.id))
    return True


def _heard(service: Service, row: Row[Any]) -> Heard[Any] | None:
    envelope = decode_envelope(row.value)
    contract = service.reads.get(envelope.type)
    if contract is None and envelope.type in BY_NAME:
        return None  # Nobody knew it when it came; now we know that it is for others.
    if contract is None:
        raise PolicyError(f"{service.name} knows no contract {envelope.type}; it may need a newer version")
    return decode(envelope, contract)


def _said_again(tx: Tx, row: Row[Any]) -> dict[str, Any]:
    return {
        "event_id": row.event_id,
        "topic": topic_of(tx.service),
        "key": row.lead_id,
        "type": row.type,
        "value": row.value,
        "traceparent": decode_envelope(row.value).traceparent,
        "said_at": tx.now,
    }


def _new_reason(tx: Tx, lead: LeadId, reason: str) -> None:
    parked = tx.tables.parked
    first = select(func.min(parked.c.id)).where(parked.c.lead_id == lead).scalar_subquery()
    tx.conn.execute(update(parked).where(parked.c.id == first).values(reason=clean(reason, WHY_MAX)))
