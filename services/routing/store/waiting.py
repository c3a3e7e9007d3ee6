"""Errands that wait for one another."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from shared.runtime.service import DueErrand
from shared.runtime.tx import Tx

A_MOMENT: Final = timedelta(seconds=1)


def wait_behind(tx: Tx, errand: DueErrand) -> timedelta | None:
    """How long an errand waits for an earlier one of the same lead and destination; None if there is none.

    One that was given up holds up nobody.
    """
    errands = tx.tables.errands
    query = select(errands.c.next_at, errands.c.last_error).where(
        errands.c.lead_id == errand.lead,
        errands.c.destination == errand.destination,
        errands.c.id < errand.id,
        errands.c.next_at.is_not(None),
    )
    earlier = tx.conn.execute(query.order_by(errands.c.id).limit(1)).one_or_none()
    if earlier is None:
        return None
    # One that has not failed yet is on its way; one that has is tried when its pause is over.
    pause = earlier.next_at - tx.now if earlier.last_error is not None else timedelta()
    return max(pause, timedelta()) + A_MOMENT
