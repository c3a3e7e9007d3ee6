"""A transaction as handlers see it: a connection, an instant, the agreement in force, what is to be said."""

import hashlib
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Delete, Select, Table, delete, select

from shared.agreement import Agreement
from shared.contracts import topic_of
from shared.contracts.envelope import EVENT_BYTES_MAX, HOP_MAX, Event, Heard, encode, event_id
from shared.db.bulk import insert
from shared.db.dialect import among, locked
from shared.db.messaging import KEY_MAX, Messaging
from shared.db.prepared import fetch
from shared.effects import CancelTimer, Effect, Errand, FiredTimer, PolicyError, Say, SetTimer
from shared.runtime.trace import begun_by
from shared.terms import LeadId
from shared.texts import fits


class Cause(msgspec.Struct, frozen=True):
    """Why something is said: an event, a timer, or a command. Ids of what follows derive from `id`."""

    id: str
    hop: int = 0
    traceparent: str | None = None

    @classmethod
    def of(cls, what: Heard[Any] | FiredTimer) -> "Cause":
        return cls(what.id, what.hop, what.traceparent)

    @property
    def trace(self) -> str:
        """The traceparent of what follows from it."""
        return self.traceparent or begun_by(self.id)


@dataclass(slots=True)
class Tx:
    """One unit of work. What is said and set here is written by `flush`, before the commit, in bulk.

    It is made anew each time the work is repeated. `afterwards` is done after the commit, in memory only
    (metrics), and never for a transaction that was rolled back.
    """

    conn: Connection
    now: datetime
    service: str
    agreement: Agreement
    tables: Messaging
    outgoing: list[dict[str, Any]] = field(default_factory=list)
    timers: dict[tuple[str, str], dict[str, Any] | None] = field(default_factory=dict)
    errands: list[dict[str, Any]] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    _said: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def carry_out(self, lead: LeadId, effects: Iterable[Effect], cause: Cause) -> None:
        """Do what a decision about `lead` asks for."""
        for effect in effects:
            match effect:
                case Say():
                    self.say(effect.key or lead, effect.event, cause)
                case SetTimer():
                    self.timers[lead, effect.purpose] = self._timer(lead, effect, cause)
                case CancelTimer():
                    self.timers[lead, effect.purpose] = None
                case Errand():
                    self.errands.append(self._errand(lead, effect, cause))

    def say(self, key: str, event: Event, cause: Cause) -> None:
        """Publish an event, keyed by `key` (mostly a lead's id), when and only when this transaction commits.

        Raises PolicyError for an endless chain, an event of more than 256 KiB, or a key that is too long.
        """
        if cause.hop >= HOP_MAX:
            raise PolicyError(f"{key}: more than {HOP_MAX} events in one chain is a loop")
        _refuse_strange(key)
        slot, trace = (cause.id, key, event.TYPE), cause.trace
        ordinal = self._said.get(slot, 0)
        self._said[slot] = ordinal + 1
        said_id = event_id(
            source=self.service, cause=cause.id, subject=key, event_type=event.TYPE, ordinal=ordinal
        )
        value = encode(
            said_id,
            event,
            source=self.service,
            subject=key,
            time=self.now,
            causeid=cause.id,
            hop=cause.hop + 1,
            agreement=self.agreement.ref,
            traceparent=trace,
        )
        if len(value) > EVENT_BYTES_MAX:
            raise PolicyError(
                f"{event.name()} for {key} has {len(value)} bytes; at most {EVENT_BYTES_MAX} can go out"
            )
        self.outgoing.append(self._outbox_row(said_id, key, event, value, trace))

    def dice(self, *names: str) -> random.Random:
        """Dice for one decision, seeded by what it is about: the same again on another machine."""
        return random.Random(hashlib.sha256("/".join(names).encode()).digest())

    @property
    def is_silent(self) -> bool:
        """Whether nothing was said, set or sent."""
        return not (self.outgoing or self.timers or self.errands)

    def flush(self) -> None:
        """Write events, timers and errands. Called once, at the end of the work."""
        if self.timers:
            self._replace_timers()
        if self.errands:
            insert(self.conn, self.tables.errands, self.errands)
        if self.outgoing:
            insert(self.conn, self.tables.outbox, self.outgoing)

    def _replace_timers(self) -> None:
        table = self.tables.timers
        leads = sorted({lead for lead, _ in self.timers})
        rows = fetch(self.conn, timers_of(table), {"leads": leads})
        stale = [row.id for row in rows if (row.lead_id, row.purpose) in self.timers]
        if stale:
            fetch(self.conn, without(table), {"ids": stale})
        new = [row for row in self.timers.values() if row is not None]
        if new:
            insert(self.conn, table, new)

    def _outbox_row(self, said_id: str, key: str, event: Event, value: bytes, trace: str) -> dict[str, Any]:
        return {
            "event_id": said_id,
            "topic": topic_of(self.service),
            "key": key,
            "type": event.name(),
            "value": value,
            "traceparent": trace,
            "said_at": self.now,
        }

    def _timer(self, lead: LeadId, timer: SetTimer, cause: Cause) -> dict[str, Any]:
        return {
            "lead_id": lead,
            "purpose": timer.purpose,
            "due_at": timer.due_at,
            "payload": dict(timer.payload),
            "hop": cause.hop,
            "traceparent": cause.trace,
        }

    def _errand(self, lead: LeadId, errand: Errand, cause: Cause) -> dict[str, Any]:
        _refuse_strange(errand.key)
        return {
            "lead_id": lead,
            "destination": errand.destination,
            "action": errand.action,
            "key": errand.key,
            "body": dict(errand.body),
            "attempts": 0,
            "next_at": self.now + timedelta(seconds=errand.after_s),
            "written_at": self.now,
            "hop": cause.hop,
            "traceparent": cause.trace,
        }


@cache
def timers_of(timers: Table) -> Select[Any]:
    """What a transaction asks before it sets timers anew."""
    # A timer that is being fired is locked, and passed over: firing re-reads the lead and finds it moot.
    theirs = among(timers.c.lead_id, "leads")
    query = select(timers.c.id, timers.c.lead_id, timers.c.purpose).where(theirs)
    return locked(query.order_by(timers.c.id), skip=True)


@cache
def without(table: Table) -> Delete:
    """How it deletes rows by their ids."""
    return delete(table).where(among(table.c.id, "ids"))


def _refuse_strange(key: str) -> None:
    # PostgreSQL would refuse them too, but as an error of SQL, which is tried again for ever.
    if not fits(key, KEY_MAX):
        raise PolicyError(f"{key[:KEY_MAX]!r} can not be a key: at most {KEY_MAX} characters, no NUL")
