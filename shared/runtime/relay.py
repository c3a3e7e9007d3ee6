"""Outbox to bus: one relay a service and database, under a lease. A row goes when the bus has it durably.

Why the order of a lead's events holds, whatever the lease does. Rows of one lead get their ids, and commit,
under the lead's lock: whoever sees a row sees every earlier one of that lead, or it is deleted, and a row is
deleted only when it is on the bus. So whoever publishes an event has published all earlier ones of its lead
just before, or they were on the bus before it looked. A relay that stalls past its lease and wakes beside its
successor can therefore only repeat: before any event's first time on the bus stand the first times of all its
predecessors. Readers drop the repeats by id, so what they see is in order. The lease keeps repeats rare.

The table alone says what is published, and in which order. What this process has committed itself it also
keeps in memory for that moment, so that events of several kB are not read back to be sent.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import Integer, Select, Table, bindparam, delete, select

from shared.bus.port import Delivery, Record, Refusal
from shared.contracts.envelope import CONTENT_TYPE
from shared.db.dialect import among, in_binary
from shared.db.prepared import fetch
from shared.runtime import metrics
from shared.runtime.leases import give_lease_back, take_lease
from shared.runtime.parking import OUTBOX_TOPIC, park
from shared.runtime.service import Service
from shared.runtime.spans import sent
from shared.runtime.tx import Tx

RELAY_BATCH_MAX: Final = 1000
FRESH_MAX: Final = 2 * RELAY_BATCH_MAX
"""When so many events are kept in memory, no more are: while the bus is gone, the table holds the rest."""
LEASE: Final = timedelta(seconds=1.5)
"""When its holder dies, another publishes after this and a look: within two seconds."""
_RENEW_WHEN_LEFT: Final = LEASE / 2
IDLE_S: Final = 0.25
BUSY_S: Final = 0.02
_LEASE_NAME: Final = "relay"


Rows = Mapping[int, Mapping[str, Any]]
"""Rows of the outbox by their ids, the oldest first."""


class Relay:
    """Publishes what one service has said. `holder` names this process; only the lease's holder publishes."""

    def __init__(self, service: Service, holder: str) -> None:
        self._service = service
        self._holder = holder
        self._until = service.clock.now() - LEASE
        self._waits = False
        self._fresh: dict[str, Mapping[str, Any]] = {}

    @property
    def pause_s(self) -> float:
        """How long to sleep after `relay_once` found nothing to do.

        Whoever commits nudges its own relay, which takes the lease if it is free. So only who holds it, and
        who has rows that another must publish, look often: there is no other signal between processes.
        """
        shared = not self._service.database.is_sqlite  # An SQLite file is one process's own.
        return BUSY_S if shared and (self._waits or self._holds()) else IDLE_S

    def remember(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Told what this process has just committed to the outbox, it need not read that to publish it."""
        if len(self._fresh) < FRESH_MAX:
            self._fresh |= {row["event_id"]: row for row in rows}

    async def relay_once(self) -> int:
        """Publish what waits, oldest first, and forget it. Returns how many; 0 if another has the lease."""
        rows = await self._service.read(self._waiting)
        self._waits = bool(rows)
        if rows and not self._holds(_RENEW_WHEN_LEFT):
            if not await self._take_lease():
                self._fresh.clear()  # Another publishes it.
                return 0
            rows = await self._service.read(self._waiting)  # Another may have published some of it.
        if not rows:
            self._fresh.clear()  # Another has published it, or it is too new and will be read.
            return 0
        began = self._service.clock.now()
        refusals = await self._service.bus.publish([record_of(row) for row in rows.values()])
        self._service.seam("published")
        ended = self._service.clock.now()
        # A crash on this line publishes the same rows again. Every reader's inbox makes that harmless.
        gone = await self._service.tx(lambda tx: _forget(tx, rows, refusals))
        for row in rows.values():
            self._fresh.pop(row["event_id"], None)
        sent(self._service, rows, gone, began, ended)
        self._waits = False
        return len(rows)

    async def release(self) -> None:
        """Give the lease back, so that another need not wait for its end."""
        if self._holds():
            await self._service.tx(lambda tx: give_lease_back(tx, _LEASE_NAME, self._holder))
            self._until = self._service.clock.now() - LEASE

    def _holds(self, for_: timedelta = timedelta(0)) -> bool:
        left = self._until - self._service.clock.now()
        return for_ < left <= LEASE  # More than a lease is left only if the clock was put back.

    def _waiting(self, tx: Tx) -> Rows:
        outbox = tx.tables.outbox
        found = fetch(tx.conn, _oldest(outbox), {"most": RELAY_BATCH_MAX})
        known = {row.id: self._fresh.get(row.event_id) for row in found}
        unread = [id_ for id_, row in known.items() if row is None]
        if unread:
            known |= {row.id: row._asdict() for row in fetch(tx.conn, _whole(outbox), {"ids": unread})}
        return {id_: row for id_, row in known.items() if row is not None}

    async def _take_lease(self) -> bool:
        now = self._service.clock.now()
        taken = await self._service.tx(lambda tx: take_lease(tx, _LEASE_NAME, self._holder, LEASE))
        if taken:
            self._until = now + LEASE
        return taken


@cache
def _oldest(outbox: Table) -> Select[Any]:
    oldest = select(outbox.c.id, outbox.c.event_id).order_by(outbox.c.id)
    return oldest.limit(bindparam("most", type_=Integer))


@cache
def _whole(outbox: Table) -> Select[Any]:
    return in_binary(select(outbox).where(among(outbox.c.id, "ids")))


def record_of(row: Mapping[str, Any]) -> Record:
    """A row of the outbox as it goes onto the bus."""
    headers = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", row["event_id"].encode()),
        ("ce_type", row["type"].encode()),
    ]
    if row["traceparent"]:
        headers.append(("traceparent", row["traceparent"].encode()))
    return Record(row["topic"], row["key"], row["value"], tuple(headers))


def _forget(tx: Tx, rows: Rows, refusals: Sequence[Refusal]) -> set[int]:
    """Returns the ids of those that are on the bus, and that nobody else has forgotten before."""
    # By id, never `<= last`: on PostgreSQL a lower id may commit after a higher one.
    ids = {id_ for (id_,) in fetch(tx.conn, _forgetting(tx.tables.outbox), {"ids": list(rows)})}
    reasons = {refusal.record.value: refusal.reason for refusal in refusals}
    for id_, row in rows.items():
        if row["value"] in reasons and id_ in ids:  # Else another relay has seen to it.
            _park_refused(tx, id_, row, reasons[row["value"]])
            ids.discard(id_)
    tx.afterwards.append(partial(metrics.published.labels(tx.service).inc, len(rows) - len(refusals)))
    return ids


@cache
def _forgetting(outbox: Table) -> Any:
    return delete(outbox).where(among(outbox.c.id, "ids")).returning(outbox.c.id)


def _park_refused(tx: Tx, id_: int, row: Mapping[str, Any], reason: str) -> None:
    delivery = Delivery(Record(OUTBOX_TOPIC, row["key"], row["value"]), partition=-1, offset=id_)
    park(tx, delivery, row["event_id"], row["type"], f"the bus refuses it: {reason}", "refused by the bus")
