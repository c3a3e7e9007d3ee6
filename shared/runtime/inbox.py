"""The inbox: which events this service has handled. Claimed in the transaction that handles them.

Ids are forgotten after some days, and still nothing happens twice: with the ids, a mark moves. An event from
before the mark whose id is unknown is either a repeat or very late, nobody can tell, so it is not handled
but parked, for a person to decide. Tombstones pass: to hear one twice does no harm.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, Table, bindparam, delete, false, select, true, update

from shared.db.bulk import insert_or_skip, inserting_or_skipping
from shared.db.dialect import among, clock_of, locked
from shared.db.messaging import Messaging
from shared.db.prepared import fetch
from shared.runtime.parking import leads_with_parked, queues
from shared.runtime.tx import Tx

KEEP: Final = timedelta(days=14)
KEEP_MIN: Final = timedelta(days=2)
FORGET_MAX: Final = 5_000
_MARK: Final = "forgotten before"
"""The id of the row whose instant is the mark: no event has it."""
_CLOCKS_DIFFER_MAX: Final = timedelta(days=1)
"""Ids go by when we received them, the mark is held against when the event was said: two clocks."""
YOUNG: Final = (KEEP_MIN - _CLOCKS_DIFFER_MAX) / 2
"""What was said less long ago lies after the mark, even if whoever moved that was so much ahead of us."""
_CLOCK_WRONG: Final = timedelta(minutes=1)


class ClockDiffers(Exception):
    """This process's clock and the database's are too far apart; the message names both instants."""


def claim(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Write the ids into the inbox, in order; return those that nobody had written before."""
    inbox = tx.tables.inbox
    rows = [{"event_id": i, "received_at": tx.now} for i in sorted(set(ids))]
    new = insert_or_skip(tx.conn, inbox, rows, returning=[inbox.c.event_id])
    return {event for (event,) in new}


def knows(tx: Tx, event: str) -> bool:
    """Whether this id was claimed before."""
    inbox = tx.tables.inbox
    return tx.conn.execute(select(inbox.c.event_id).where(inbox.c.event_id == event)).first() is not None


def claim_and_look(tx: Tx, ids: Sequence[str], leads: Iterable[str]) -> tuple[set[str], set[str]]:
    """Claim the ids; say which were new, and which of the leads have something parked.

    PostgreSQL does both in one statement, which sees what was there when it began. If an id is not new, its
    event may have been parked since, by whoever had it: so it is looked for again.
    """
    if tx.conn.dialect.name != "postgresql":
        return claim(tx, ids), leads_with_parked(tx, leads)
    wanted, instants = sorted(set(ids)), [tx.now] * len(set(ids))
    given = {"all_event_id": wanted, "all_received_at": instants, "leads": sorted(set(leads))}
    rows = fetch(tx.conn, _claiming(tx.tables), given)
    new = {row.name for row in rows if row.is_new}
    if len(new) < len(wanted):
        return new, leads_with_parked(tx, leads)
    return new, {row.name for row in rows if not row.is_new}


def forgotten_before(tx: Tx) -> datetime | None:
    """Of the events said before this, the inbox does not know all. Ask after `claim`, not before."""
    found = fetch(tx.conn, _the_mark(tx.tables.inbox), {"mark": _MARK})
    return found[0].received_at if found else None


def forget_old(tx: Tx, *, keep: timedelta = KEEP, limit: int = FORGET_MAX) -> int:
    """Forget up to `limit` ids that were received longer than `keep` ago; move the mark. Returns how many.

    Only for a service that has read its topics to the end: what waits there for the first time is not old.
    """
    if keep < KEEP_MIN:
        raise ValueError(f"the inbox must keep ids for {KEEP_MIN} at least, not {keep}")
    inbox, before = tx.tables.inbox, tx.now - keep
    old = select(inbox.c.event_id).where(inbox.c.received_at < before, inbox.c.event_id != _MARK)
    chosen = locked(old.order_by(inbox.c.received_at).limit(limit), skip=True)
    ids = tx.conn.execute(chosen).scalars().all()
    if ids:
        _move_mark(tx, before + _CLOCKS_DIFFER_MAX)
        tx.conn.execute(delete(inbox).where(among(inbox.c.event_id, "ids")), {"ids": ids})
    return len(ids)


def check_clock(tx: Tx) -> None:
    """Raises ClockDiffers if it is another time for the database: then nothing may be forgotten.

    A clock that is weeks ahead for a moment would forget nearly every id, and leave a mark in the future.
    """
    theirs = clock_of(tx.conn)
    if theirs is not None and abs(theirs - tx.now) > _CLOCK_WRONG:
        raise ClockDiffers(
            f"It is {tx.now:%Y-%m-%d %H:%M:%S} UTC for this process, and "
            f"{theirs.astimezone(UTC):%Y-%m-%d %H:%M:%S} for the database: set the clock that is wrong. "
            "Until then this process forgets no ids of events."
        )


@cache
def _claiming(tables: Messaging) -> CompoundSelect[Any]:
    inbox = tables.inbox
    new = inserting_or_skipping(inbox, ("event_id", "received_at"), (inbox.c.event_id,)).cte("new")
    behind = queues(tables.parked).cte("behind")
    claimed = select(new.c.event_id.label("name"), true().label("is_new"))
    return claimed.union_all(select(behind.c.lead_id, false()))


@cache
def _the_mark(inbox: Table) -> Select[Any]:
    return select(inbox.c.received_at).where(inbox.c.event_id == bindparam("mark"))


def _move_mark(tx: Tx, to: datetime) -> None:
    inbox = tx.tables.inbox
    insert_or_skip(tx.conn, inbox, [{"event_id": _MARK, "received_at": to}])
    earlier = (inbox.c.event_id == _MARK) & (inbox.c.received_at < to)
    tx.conn.execute(update(inbox).where(earlier).values(received_at=to))
