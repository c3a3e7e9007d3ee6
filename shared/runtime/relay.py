"""Outbox to bus: one relay a service and database, under a lease. A row goes only after the bus has it durably."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, select, update

from shared.bus.port import Delivery, Record, Refusal
from shared.contracts.envelope import CONTENT_TYPE
from shared.db.dialect import insert_or_skip
from shared.runtime.parking import park
from shared.runtime.service import Service
from shared.runtime.tx import Tx

RELAY_BATCH_MAX: Final = 1000
LEASE: Final = timedelta(seconds=2)
_RENEW_WHEN_LEFT: Final = timedelta(seconds=1)


class Relay:
    """Publishes what one service has said. `holder` names this process; only the lease's holder publishes."""

    def __init__(self, service: Service, holder: str) -> None:
        self._service = service
        self._holder = holder
        self._until = service.clock.now() - LEASE

    async def relay_once(self) -> int:
        """Publish what waits, oldest first, and forget it. Returns how many rows; 0 also while another has the lease."""
        if not await self._has_lease():
            return 0
        rows = await self._service.read(_waiting)
        if not rows:
            return 0
        refusals = await self._service.bus.publish([_record(row) for row in rows])
        self._service.seam("published")
        # A crash on this line publishes the same rows again. Every reader's inbox makes that harmless.
        await self._service.tx(lambda tx: _forget(tx, rows, refusals))
        return len(rows)

    async def _has_lease(self) -> bool:
        now = self._service.clock.now()
        left = self._until - now
        if _RENEW_WHEN_LEFT < left <= LEASE:
            return True
        if await self._service.tx(lambda tx: take_lease(tx, "relay", self._holder, LEASE)):
            self._until = now + LEASE
            return True
        return False


def take_lease(tx: Tx, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew a lease; False while somebody else has it."""
    leases = tx.tables.leases
    tx.conn.execute(
        insert_or_skip(tx.conn, leases), [{"name": name, "holder": holder, "until": tx.now + lasts}]
    )
    free = (leases.c.holder == holder) | (leases.c.until < tx.now) | (leases.c.until > tx.now + lasts)
    taken = update(leases).where(leases.c.name == name, free).values(holder=holder, until=tx.now + lasts)
    return tx.conn.execute(taken).rowcount == 1


def _waiting(tx: Tx) -> Sequence[Row[Any]]:
    outbox = tx.tables.outbox
    return tx.conn.execute(select(outbox).order_by(outbox.c.id).limit(RELAY_BATCH_MAX)).all()


def _record(row: Row[Any]) -> Record:
    headers = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", row.event_id.encode()),
        ("ce_type", row.type.encode()),
    ]
    if row.traceparent:
        headers.append(("traceparent", row.traceparent.encode()))
    return Record(row.topic, row.key, row.value, tuple(headers))


def _forget(tx: Tx, rows: Sequence[Row[Any]], refusals: Sequence[Refusal]) -> None:
    outbox = tx.tables.outbox
    reasons = {refusal.record.value: refusal.reason for refusal in refusals}
    for row in rows:
        if row.value in reasons:
            delivery = Delivery(_record(row), partition=-1, offset=row.id)
            park(tx, delivery, row.event_id, row.type, f"the bus refuses it: {reasons[row.value]}")
    # By id, never `<= last`: on PostgreSQL a lower id may commit after a higher one.
    tx.conn.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in rows])))
