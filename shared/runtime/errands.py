"""Errands: calls to outside tools, written with the decision, carried out after it, again if need be."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Integer,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    select,
    update,
)

from shared.db.database import DatabaseUnavailable
from shared.db.dialect import among, choosing, locked
from shared.db.messaging import WHY_MAX
from shared.db.prepared import fetch
from shared.runtime.errors import is_policy_error, reason_of
from shared.runtime.log import logger
from shared.runtime.parking import LISTED_MAX, as_id
from shared.runtime.service import Answer, DueErrand, Service
from shared.runtime.spans import called, calling
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.texts import clean

ERRANDS_MAX: Final = 50
ATTEMPTS_MAX: Final = 8
SAYS_WHY_AT: Final = 5
"""With which attempt the log says why it fails: half a minute after the first, long before it is given up."""
LEASE: Final = timedelta(seconds=30)
"""How long an attempt may take before somebody else may try; longer than any call's time limit."""
_FIRST_PAUSE_S: Final = 0.5
_PAUSE_MAX_S: Final = 3600.0


async def claim_errands(service: Service, *, limit: int = ERRANDS_MAX) -> list[DueErrand]:
    """Take what is due, for as long as the lease lasts. Each claim counts as an attempt."""
    return await service.tx(lambda tx: _claim(tx, limit))


async def finish_errand(service: Service, errand: DueErrand, answer: Answer) -> None:
    """Write down what became of an attempt: delivered, to be tried again, or given up and shown."""
    try:
        await service.tx(lambda tx: _finish(service, tx, errand, answer))
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        why = f"{answer.detail}; and its answer can not be handled: {reason_of(failed)}"
        await service.tx(lambda tx: _give_up(tx, errand, why))


async def carry_out(service: Service, errand: DueErrand) -> None:
    """One attempt: call, and write down what became of it. A fault of the caller's is a failed attempt."""
    assert service.run_errand is not None
    call, began = calling(service, errand), service.clock.now()
    try:
        answer = await service.run_errand(call)
    except DatabaseUnavailable as failed:
        answer = Answer(False, str(failed), tried=False)
    except Exception as failed:
        answer = Answer(False, reason_of(failed))
    called(service, errand, call, answer, began)
    service.seam("answered")
    await finish_errand(service, call, answer)


async def errands_once(service: Service, *, limit: int = ERRANDS_MAX) -> int:
    """Claim, carry out and finish what is due, one after the other."""
    errands = await claim_errands(service, limit=limit)
    for errand in errands:
        await carry_out(service, errand)
    return len(errands)


class ErrandRunner:
    """Carries out errands side by side, so that a slow destination holds up nobody else's."""

    def __init__(
        self, service: Service, on_free: Callable[[], None], on_failure: Callable[[Exception], None]
    ) -> None:
        self._service = service
        self._on_free, self._on_failure = on_free, on_failure
        self._running: set[asyncio.Task[None]] = set()

    async def start_due(self) -> int:
        """Start as many as are due and there is room for. Returns how many."""
        room = ERRANDS_MAX - len(self._running)
        errands = await claim_errands(self._service, limit=room) if room else []
        for errand in errands:
            task = asyncio.create_task(carry_out(self._service, errand), name=f"errand {errand.id}")
            self._running.add(task)
            task.add_done_callback(self._over)
        return len(errands)

    async def stop(self, wait_s: float) -> None:
        """Wait for what runs; what takes longer is let go, and done again after its lease."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=wait_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        failed = None if task.cancelled() else task.exception()
        if isinstance(failed, Exception):
            self._on_failure(failed)
        self._on_free()


def next_errand(tx: Tx) -> datetime | None:
    """When the next errand is due, if any waits."""
    due_at: datetime | None = fetch(tx.conn, _earliest(tx.tables.errands), {})[0].due_at
    return due_at


@cache
def _earliest(errands: Table) -> Select[Any]:
    return choosing(select(func.min(errands.c.next_at).label("due_at")))


def pause_s(attempt: int, dice: float) -> float:
    """How long to wait after a failed attempt, in seconds: four times longer each, at most an hour.

    `dice` in 0..1 takes off up to half, so that what failed together does not come back together.
    """
    return float(min(_PAUSE_MAX_S, _FIRST_PAUSE_S * 4 ** (attempt - 1)) * (0.5 + dice / 2))


def _claim(tx: Tx, limit: int) -> list[DueErrand]:
    errands = tx.tables.errands
    rows = fetch(tx.conn, _oldest_due(errands), {"now": tx.now, "limit": limit})
    if rows:
        fetch(tx.conn, _claiming(errands), {"ids": [row.id for row in rows], "until": tx.now + LEASE})
    return [_due(row) for row in rows]


@cache
def _oldest_due(errands: Table) -> Select[Any]:
    due = select(errands).where(errands.c.next_at <= bindparam("now"))
    oldest = due.order_by(errands.c.next_at, errands.c.id)
    return choosing(locked(oldest.limit(bindparam("limit", type_=Integer)), skip=True))


@cache
def _claiming(errands: Table) -> Update:
    claimed = update(errands).where(among(errands.c.id, "ids"))
    return claimed.values(attempts=errands.c.attempts + 1, next_at=bindparam("until"))


def _due(row: Row[Any]) -> DueErrand:
    return DueErrand(
        id=row.id,
        lead=LeadId(row.lead_id),
        destination=row.destination,
        action=row.action,
        key=row.key,
        body=row.body,
        attempt=row.attempts + 1,
        written_at=row.written_at,
        hop=row.hop,
        traceparent=row.traceparent,
    )


def _finish(service: Service, tx: Tx, errand: DueErrand, answer: Answer) -> None:
    if not _still_ours(tx, errand):
        return
    table = tx.tables.errands
    mine = table.c.id == errand.id
    if answer.delivered:
        fetch(tx.conn, _delivered(table), {"errand": errand.id})
        service.on_answer(tx, errand, answer)
        return
    over = answer.final or (answer.tried and errand.attempt >= ATTEMPTS_MAX)
    wait = answer.retry_after_s or pause_s(errand.attempt, tx.dice(errand.key, str(errand.attempt)).random())
    after = {
        "next_at": None if over else tx.now + timedelta(seconds=wait),
        "last_error": clean(answer.detail, WHY_MAX),
        "attempts": errand.attempt if answer.tried else errand.attempt - 1,
    }
    tx.conn.execute(update(table).where(mine).values(after))
    if over:
        _say(tx, "errand given up", errand, answer.detail)
    elif answer.tried and errand.attempt == SAYS_WHY_AT:
        _say(tx, "errand fails", errand, answer.detail)
    (service.on_answer if over else service.on_setback)(tx, errand, answer)


@cache
def _delivered(errands: Table) -> Delete:
    return delete(errands).where(errands.c.id == bindparam("errand"))


def _give_up(tx: Tx, errand: DueErrand, why: str) -> None:
    if _still_ours(tx, errand):
        table = tx.tables.errands
        over = {"next_at": None, "last_error": clean(why, WHY_MAX)}
        tx.conn.execute(update(table).where(table.c.id == errand.id).values(over))
        _say(tx, "errand given up", errand, why)


def _say(tx: Tx, what: str, errand: DueErrand, why: str) -> None:
    """The log says it too: what a destination answered is what whoever is called looks for."""
    said = {"id": errand.id, "lead": errand.lead, "destination": errand.destination, "action": errand.action}
    tx.afterwards.append(lambda: logger(tx.service).warning(what, **said, error=clean(why, WHY_MAX)))


def _still_ours(tx: Tx, errand: DueErrand) -> bool:
    # Whoever claimed it after our lease ran out will finish it; our answer is one of two to the same key.
    ours = {"errand": errand.id, "attempt": errand.attempt}
    return bool(fetch(tx.conn, claimed(tx.tables.errands), ours))


@cache
def claimed(errands: Table) -> Select[Any]:
    """Whether an attempt is still the one that was claimed."""
    ours = (errands.c.id == bindparam("errand")) & (errands.c.attempts == bindparam("attempt"))
    return locked(select(errands.c.id).where(ours))


# ---- what was given up: kept until somebody has it tried again, or dropped


def given_up(tx: Tx, *, after: int = 0, limit: int = LISTED_MAX) -> Sequence[Row[Any]]:
    """The oldest first, with the last error; those that came later than the one with the id `after`."""
    errands = tx.tables.errands
    query = select(errands).where(errands.c.next_at.is_(None), errands.c.id > as_id(after))
    return tx.conn.execute(query.order_by(errands.c.id).limit(limit)).all()


def try_again(tx: Tx, errand_id: int) -> bool:
    """Try one once more; if that fails, it is given up again. False: no such one."""
    errands = tx.tables.errands
    mine = update(errands).where(*_given_up(errands, errand_id))
    return tx.conn.execute(mine.values(next_at=tx.now)).rowcount == 1


def drop(tx: Tx, errand_id: int, *, by: str, because: str) -> bool:
    """Never try this one again; the log keeps who said so and why. False: no such one."""
    errands = tx.tables.errands
    mine = delete(errands).where(*_given_up(errands, errand_id))
    row = tx.conn.execute(mine.returning(*errands.c["lead_id", "destination", "action"])).one_or_none()
    if row is None:
        return False
    said = {"lead": row.lead_id, "destination": row.destination, "action": row.action}
    tx.afterwards.append(lambda: logger(tx.service).warning("errand dropped", **said, by=by, because=because))
    return True


def _given_up(errands: Table, errand_id: int) -> tuple[ColumnElement[bool], ...]:
    return errands.c.id == as_id(errand_id), errands.c.next_at.is_(None)
