"""Timers: rows written with the state that needs them, claimed when due, gone when their effect is there.

The first timer of a lead is the key to all of them: who has locked it fires what is due for that lead, in
order, and nobody else does. A process that finds it locked passes over the lead.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Delete,
    Integer,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)

from shared.bus.port import Delivery, Record
from shared.db.dialect import among, choosing, locked
from shared.db.prepared import fetch
from shared.effects import FiredTimer
from shared.runtime import metrics
from shared.runtime.errors import is_policy_error, reason_of
from shared.runtime.parking import TIMER_TOPIC, park
from shared.runtime.service import Service
from shared.runtime.spans import firing
from shared.runtime.tx import Tx
from shared.terms import LeadId

FIRE_MAX: Final = 500


async def fire_once(service: Service, *, limit: int = FIRE_MAX) -> int:
    """Fire what is due for up to `limit` leads in one transaction: next states, what they say, the end.

    All due timers of one lead are fired together, in order. One that can never be fired is parked alone.
    Returns how many were fired or parked.
    """
    try:
        return await service.tx(lambda tx: _fire(service, tx, _claim(tx, limit)))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        due = await service.read(lambda tx: _due(tx, limit))
        return sum([await _fire_or_park(service, row) for row in due])


async def _fire_or_park(service: Service, row: Row[Any]) -> int:
    try:
        return await service.tx(lambda tx: _fire(service, tx, _claim_one(tx, row)))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        reason = reason_of(failed)
        return await service.tx(lambda tx: _park(tx, _claim_one(tx, row), reason))


def _fire(service: Service, tx: Tx, rows: Sequence[Row[Any]]) -> int:
    if rows:
        service.on_timers(tx, firing(service, tx, [_fired(row) for row in rows]))
        _forget(tx, rows)
        lateness = metrics.fired.labels(service.name)
        tx.afterwards += [partial(lateness.observe, (tx.now - row.due_at).total_seconds()) for row in rows]
    return len(rows)


def _park(tx: Tx, rows: Sequence[Row[Any]], reason: str) -> int:
    for row in rows:
        value = msgspec.json.encode(_fired(row))
        delivery = Delivery(Record(TIMER_TOPIC, row.lead_id, value), partition=-1, offset=row.id)
        park(tx, delivery, f"{tx.service}/timer/{row.id}", f"timer {row.purpose}", reason, "not possible")
    _forget(tx, rows)
    return len(rows)


def _forget(tx: Tx, rows: Sequence[Row[Any]]) -> None:
    fetch(tx.conn, _forgetting(tx.tables.timers), {"ids": [row.id for row in rows]})


def _claim(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    """Lock the first timer of each lead, if it is due and nobody has it; then what else is due for it."""
    timers = tx.tables.timers
    firsts = fetch(tx.conn, _firsts(timers), {"now": tx.now, "limit": limit})
    if not firsts:
        return []
    theirs = {"now": tx.now, "leads": [r.lead_id for r in firsts], "firsts": [r.id for r in firsts]}
    rest = fetch(tx.conn, _rest(timers), theirs)
    return sorted([*firsts, *rest], key=lambda row: (row.due_at, row.id))


def _claim_one(tx: Tx, row: Row[Any]) -> Sequence[Row[Any]]:
    """Lock this timer, if it is still there and still the first of its lead."""
    return fetch(tx.conn, _the_first(tx.tables.timers), {"now": tx.now, "id": row.id})


@cache
def _firsts(timers: Table) -> Select[Any]:
    return choosing(locked(_first_due(timers).limit(bindparam("limit", type_=Integer)), skip=True))


@cache
def _the_first(timers: Table) -> Select[Any]:
    return choosing(locked(_first_due(timers).where(timers.c.id == bindparam("id")), skip=True))


@cache
def _rest(timers: Table) -> Select[Any]:
    # Waits for a transaction that cancels one of them; whoever fires one holds the first, so it is not that.
    theirs, others = among(timers.c.lead_id, "leads"), ~among(timers.c.id, "firsts")
    due = select(timers).where(theirs, others, timers.c.due_at <= bindparam("now"))
    return choosing(locked(due.order_by(timers.c.id)))


@cache
def _forgetting(timers: Table) -> Delete:
    return delete(timers).where(among(timers.c.id, "ids"))


def _first_due(timers: Table) -> Select[Any]:
    other = timers.alias()
    before = or_(
        other.c.due_at < timers.c.due_at, and_(other.c.due_at == timers.c.due_at, other.c.id < timers.c.id)
    )
    is_first = ~exists().where(other.c.lead_id == timers.c.lead_id, before)
    due = select(timers).where(timers.c.due_at <= bindparam("now"), is_first)
    return due.order_by(timers.c.due_at, timers.c.id)


def _due(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    timers = tx.tables.timers
    due = select(timers).where(timers.c.due_at <= tx.now).order_by(timers.c.due_at, timers.c.id)
    return tx.conn.execute(due.limit(limit)).all()


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
    due_at: datetime | None = fetch(tx.conn, _earliest(tx.tables.timers), {})[0].due_at
    return due_at


@cache
def _earliest(timers: Table) -> Select[Any]:
    return choosing(select(func.min(timers.c.due_at).label("due_at")))
