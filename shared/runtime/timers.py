"""Timers: rows written with the state that needs them, claimed by state (`due_at <= now`), fired with the effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, func, select

from shared.bus.port import Delivery, Record
from shared.db.dialect import locked
from shared.effects import FiredTimer
from shared.runtime import metrics
from shared.runtime.parking import TIMER_TOPIC, is_policy_error, park
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.terms import LeadId

FIRE_MAX: Final = 500


async def fire_once(service: Service, *, limit: int = FIRE_MAX) -> int:
    """Fire what is due, in one transaction: the lead's next state, what it says, and the timer's end, together.

    All due timers of one lead are fired together, in order. One that can never be fired is parked alone.
    """
    try:
        return await service.tx(lambda tx: _fire(service, tx, _due(tx, limit)))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        rows = await service.read(lambda tx: _due(tx, limit))
        for row in rows:
            await _fire_or_park(service, row)
        return len(rows)


async def _fire_or_park(service: Service, row: Row[Any]) -> None:
    try:
        await service.tx(lambda tx: _fire(service, tx, _still_there(tx, row)))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        reason = f"{type(failed).__name__}: {failed}"
        await service.tx(lambda tx: _park(tx, _still_there(tx, row), reason))


def _fire(service: Service, tx: Tx, rows: Sequence[Row[Any]]) -> int:
    if not rows:
        return 0
    service.on_timers(tx, [_fired(row) for row in rows])
    _forget(tx, rows)
    for row in rows:
        metrics.fired.labels(service.name).observe((tx.now - row.due_at).total_seconds())
    return len(rows)


def _park(tx: Tx, rows: Sequence[Row[Any]], reason: str) -> None:
    for row in rows:
        value = msgspec.json.encode(_fired(row))
        delivery = Delivery(Record(TIMER_TOPIC, row.lead_id, value), partition=-1, offset=row.id)
        park(tx, delivery, f"{tx.service}/timer/{row.id}", f"timer {row.purpose}", reason)
    _forget(tx, rows)


def _forget(tx: Tx, rows: Sequence[Row[Any]]) -> None:
    timers = tx.tables.timers
    tx.conn.execute(delete(timers).where(timers.c.id.in_([row.id for row in rows])))


def _still_there(tx: Tx, row: Row[Any]) -> Sequence[Row[Any]]:
    timers = tx.tables.timers
    return tx.conn.execute(locked(select(timers).where(timers.c.id == row.id), skip=True)).all()


def _due(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    timers = tx.tables.timers
    query = (
        select(timers).where(timers.c.due_at <= tx.now).order_by(timers.c.due_at, timers.c.id).limit(limit)
    )
    return tx.conn.execute(locked(query, skip=True)).all()


def _fired(row: Row[Any]) -> FiredTimer:
    return FiredTimer(
        id=f"timer/{row.id}",
        lead=LeadId(row.lead_id),
        purpose=row.purpose,
        due_at=row.due_at,
        payload=row.payload,
        hop=row.hop,
        traceparent=row.traceparent,
    )


def next_due(tx: Tx) -> datetime | None:
    """When the next timer is due, if any waits."""
    due_at: datetime | None = tx.conn.execute(select(func.min(tx.tables.timers.c.due_at))).scalar_one()
    return due_at
