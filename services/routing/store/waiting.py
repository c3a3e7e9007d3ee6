"""Errands that wait for one another."""

from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, select

from services.routing.tables import messaging
from shared.db.dialect import choosing
from shared.db.prepared import fetch
from shared.runtime.service import DueErrand
from shared.runtime.tx import Tx

A_MOMENT: Final = timedelta(seconds=1)
_errands: Final = messaging.errands.c
_EARLIER: Final = choosing(
    select(_errands.next_at, _errands.last_error)
    .where(_errands.lead_id == bindparam("lead"), _errands.destination == bindparam("destination"))
    .where(_errands.id < bindparam("id"), _errands.next_at.is_not(None))
    .order_by(_errands.id)
    .limit(1)
)


def wait_behind(tx: Tx, errand: DueErrand) -> timedelta | None:
    """How long an errand waits for an earlier one of the same lead and destination; None if there is none.

    One that was given up holds up nobody.
    """
    behind = {"lead": errand.lead, "destination": errand.destination, "id": errand.id}
    found = fetch(tx.conn, _EARLIER, behind)
    if not found:
        return None
    [earlier] = found
    # One that has not failed yet is on its way; one that has is tried when its pause is over.
    pause = earlier.next_at - tx.now if earlier.last_error is not None else timedelta()
    return max(pause, timedelta()) + A_MOMENT
