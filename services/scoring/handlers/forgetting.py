"""What scoring forgets in passing, a little at a time."""

from datetime import timedelta
from typing import Final

from services.scoring.domain.drift import KEPT_DAYS, day_of
from services.scoring.store.mix import forget_mix
from services.scoring.store.receipts import forget_old_receipts
from shared.runtime.tx import Tx

FORGET_MAX: Final = 1000
"""How many receipts are looked at in one transaction."""


def forget(history: timedelta, tx: Tx) -> None:
    """Drop receipts that were said longer ago, but for each lead's newest; and mixes nobody compares."""
    forget_old_receipts(tx, tx.now - history, FORGET_MAX)
    forget_mix(tx, day_of(tx.now) - KEPT_DAYS)
