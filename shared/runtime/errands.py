"""Errands: calls to outside tools, written with the decision, carried out after the commit, with retries and an end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, select, update

from shared.db.dialect import locked
from shared.runtime.service import Answer, DueErrand, Service
from shared.runtime.tx import Tx
from shared.terms import LeadId

ERRANDS_MAX: Final = 50
ATTEMPTS_MAX: Final = 8
LEASE: Final = timedelta(seconds=30)
"""How long an attempt may take before somebody else may try; longer than any call's time limit."""
_FIRST_PAUSE_S: Final = 0.5
_PAUSE_MAX_S: Final = 3600.0


async def claim_errands(service: Service, *, limit: int = ERRANDS_MAX) -> list[DueErrand]:
    """Take what is due, for as long as the lease lasts. Each claim counts as an attempt."""
    return await service.tx(lambda tx: _claim(tx, limit))


async def finish_errand(service: Service, errand: DueErrand, answer: Answer) -> None:
    """Write down what became of an attempt: delivered, to be tried again, or given up and shown."""
    await service.tx(lambda tx: _finish(service, tx, errand, answer))


async def errands_once(service: Service, *, limit: int = ERRANDS_MAX) -> int:
    """Claim, carry out and finish what is due, one after the other."""
    assert service.run_errand is not None
    errands = await claim_errands(service, limit=limit)
    for errand in errands:
        answer = await service.run_errand(errand)
        service.seam("answered")
        await finish_errand(service, errand, answer)
    return len(errands)


def pause_s(attempt: int, dice: float) -> float:
    """How long to wait after a failed attempt, in seconds: doubling, with jitter (`dice` in 0..1), bounded."""
    return float(min(_PAUSE_MAX_S, _FIRST_PAUSE_S * 4 ** (attempt - 1)) * (0.5 + dice / 2))


def _claim(tx: Tx, limit: int) -> list[DueErrand]:
    errands = tx.tables.errands
    query = select(errands).where(errands.c.next_at <= tx.now).order_by(errands.c.next_at, errands.c.id)
    rows = tx.conn.execute(locked(query.limit(limit), skip=True)).all()
    if rows:
        ids = [row.id for row in rows]
        taken = {"attempts": errands.c.attempts + 1, "next_at": tx.now + LEASE}
        tx.conn.execute(update(errands).where(errands.c.id.in_(ids)).values(taken))
    return [_due(row) for row in rows]


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
    table = tx.tables.errands
    mine = (table.c.id == errand.id) & (table.c.attempts == errand.attempt)
    # Whoever claimed it after our lease ran out will finish it; our answer is then one of two to the same key.
    if tx.conn.execute(locked(select(table.c.id).where(mine))).one_or_none() is None:
        return
    if answer.delivered:
        tx.conn.execute(delete(table).where(mine))
        service.on_answer(tx, errand, answer)
        return
    over = answer.final or errand.attempt >= ATTEMPTS_MAX
    wait = answer.retry_after_s or pause_s(errand.attempt, tx.dice(errand.key, str(errand.attempt)).random())
    next_at = None if over else tx.now + timedelta(seconds=wait)
    tx.conn.execute(update(table).where(mine).values(next_at=next_at, last_error=answer.detail[:2000]))
    if over:
        service.on_answer(tx, errand, answer)


def given_up(tx: Tx, *, limit: int = 200) -> Sequence[Row[Any]]:
    """Errands that were never delivered, with the last error: shown until somebody retries or drops them."""
    errands = tx.tables.errands
    return tx.conn.execute(
        select(errands).where(errands.c.next_at.is_(None)).order_by(errands.c.id).limit(limit)
    ).all()
