"""What routing forgets in passing, a little at a time."""

from datetime import timedelta
from typing import Final

from services.routing.store.receipts import forget_old_receipts
from shared.runtime.tx import Tx

FORGET_MAX: Final = 1000
"""How many decisions are forgotten in one transaction."""


def forget(history: timedelta, tx: Tx) -> None:
    """Drop what is kept of decisions that were made longer ago."""
    forget_old_receipts(tx.conn, tx.now - history, FORGET_MAX)
