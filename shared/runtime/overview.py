"""What lies in a service's messaging tables now: for `baton status`, and for whoever is on call."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, ScalarSelect, Table, func, select

from shared.db.dialect import choosing
from shared.db.messaging import Messaging
from shared.db.prepared import fetch
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
    found = fetch(tx.conn, _counting(tx.tables), {})[0]._asdict()
    waiting = found.pop("errands") - found["errands_given_up"]
    return Overview(errands_waiting=waiting, **found)


@cache
def _counting(tables: Messaging) -> Any:
    outbox, parked, timers, errands = tables.outbox, tables.parked, tables.timers, tables.errands
    counting: Any = select(
        _count(outbox).label("outbox"),
        _count(parked).label("parked"),
        _first(parked.c.parked_at).label("parked_since"),
        _count(timers).label("clocks"),
        _first(timers.c.due_at).label("next_due_at"),
        _count(errands).label("errands"),
        _count(errands, errands.c.next_at.is_(None)).label("errands_given_up"),
    )
    return choosing(counting)


def _count(table: Table, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*where).scalar_subquery()


def _first(instant: Column[datetime]) -> ScalarSelect[datetime]:
    return select(func.min(instant)).scalar_subquery()
