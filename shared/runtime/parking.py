"""Parked events: what could not be handled, kept in order with its reason, an owner and a clock, until replayed."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from shared.bus.port import BusUnavailable, Delivery
from shared.contracts import TOPICS
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.db.database import DatabaseUnavailable
from shared.db.dialect import insert_or_skip, locked
from shared.effects import FiredTimer, PolicyError
from shared.runtime.service import ParkedDelivery, Service
from shared.runtime.tx import Tx
from shared.terms import LeadId

TIMER_TOPIC: Final = "timer"
CLOCK: Final = timedelta(hours=4)
"""How long a parked item may lie before it counts as late, and its owner is shown as failing."""


def park(tx: Tx, delivery: Delivery, event_id: str, event_type: str, reason: str) -> None:
    """Keep one delivery. Its owner is the intake desk's: a lead that nobody understands is still a lead."""
    row = {
        "event_id": event_id,
        "topic": delivery.record.topic,
        "lead_id": delivery.record.key[:200],
        "type": event_type[:64],
        "value": delivery.record.value,
        "reason": reason[:2000],
        "owner": tx.agreement.intake.owner,
        "parked_at": tx.now,
        "due_at": tx.now + CLOCK,
    }
    tx.conn.execute(insert_or_skip(tx.conn, tx.tables.parked), [row])


def leads_with_parked(tx: Tx, leads: Iterable[str]) -> set[str]:
    """Those of the leads that have something parked: what comes later must queue behind it."""
    parked = tx.tables.parked
    query = select(parked.c.lead_id).where(parked.c.lead_id.in_(sorted(set(leads)))).distinct()
    return set(tx.conn.execute(query).scalars())


def count_parked(tx: Tx) -> int:
    """How many events lie parked."""
    return tx.conn.execute(select(func.count()).select_from(tx.tables.parked)).scalar_one()


def list_parked(tx: Tx, *, limit: int = 200) -> Sequence[Row[Any]]:
    """The oldest first, without their bytes."""
    parked = tx.tables.parked
    columns = [c for c in parked.c if c.name != "value"]
    return tx.conn.execute(select(*columns).order_by(parked.c.id).limit(limit)).all()


def show_parked(tx: Tx, parked_id: int) -> Row[Any] | None:
    """One item with its bytes."""
    parked = tx.tables.parked
    return tx.conn.execute(select(parked).where(parked.c.id == parked_id)).one_or_none()


async def replay(service: Service, lead: LeadId) -> tuple[int, str | None]:
    """Handle a lead's parked events again, in order. Returns how many went through, and what stopped the next."""
    done = 0
    while True:
        try:
            if not await service.tx(lambda tx: _replay_next(service, tx, lead)):
                return done, None
            done += 1
        except Exception as failed:
            if not is_policy_error(failed):
                raise
            reason = str(failed)
            await service.tx(lambda tx: _new_reason(tx, lead, reason))
            return done, reason


def is_policy_error(failed: Exception) -> bool:
    """Whether doing it again would fail again. Errors of database and network pass; what remains is in the event."""
    return not isinstance(failed, (SQLAlchemyError, DatabaseUnavailable, BusUnavailable, OSError))


def _replay_next(service: Service, tx: Tx, lead: LeadId) -> bool:
    parked = tx.tables.parked
    query = select(parked).where(parked.c.lead_id == lead).order_by(parked.c.id).limit(1)
    row = tx.conn.execute(locked(query)).one_or_none()
    if row is None:
        return False
    if row.topic == TIMER_TOPIC:
        service.on_timers(tx, [msgspec.json.decode(row.value, type=FiredTimer)])
    elif service.on_replay is not None and row.topic not in TOPICS:
        service.on_replay(tx, ParkedDelivery(row.event_id, row.topic, row.value, row.parked_at))
    else:
        service.on_events(tx, [_heard(service, row)])
    tx.conn.execute(delete(parked).where(parked.c.id == row.id))
    return True


def _heard(service: Service, row: Row[Any]) -> Heard[Any]:
    envelope = decode_envelope(row.value)
    contract = service.reads.get(envelope.type)
    if contract is None:
        raise PolicyError(f"{service.name} knows no contract {envelope.type}")
    return decode(envelope, contract)


def _new_reason(tx: Tx, lead: LeadId, reason: str) -> None:
    parked = tx.tables.parked
    first = select(func.min(parked.c.id)).where(parked.c.lead_id == lead).scalar_subquery()
    tx.conn.execute(update(parked).where(parked.c.id == first).values(reason=reason[:2000]))
