"""What lies in a service's messaging tables now: for `baton status`, and for whoever is on call."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Table, func, select

from shared.runtime.tx import Tx


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts and the oldest of each: unpublished events, parked events, running clocks, errands."""

    outbox: int
    parked: int
    parked_since: datetime | None
    clocks: int
    next_due_at: datetime | None
    errands_waiting: int
    errands_given_up: int


def overview(tx: Tx) -> Overview:
    """Count what waits."""
    tables = tx.tables
    parked, parked_since = _count(tx, tables.parked, tables.parked.c.parked_at)
    clocks, next_due_at = _count(tx, tables.timers, tables.timers.c.due_at)
    errands, _ = _count(tx, tables.errands, tables.errands.c.written_at)
    given_up = tx.conn.execute(
        select(func.count()).select_from(tables.errands).where(tables.errands.c.next_at.is_(None))
    ).scalar_one()
    outbox, _ = _count(tx, tables.outbox, tables.outbox.c.said_at)
    return Overview(outbox, parked, parked_since, clocks, next_due_at, errands - given_up, given_up)


def _count(tx: Tx, table: Table, instant: Column[datetime]) -> tuple[int, datetime | None]:
    count, first = tx.conn.execute(select(func.count(), func.min(instant)).select_from(table)).one()
    return count, first
