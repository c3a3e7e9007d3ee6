"""What became of leads in sales, counted."""

from collections.abc import Mapping

from sqlalchemy import select

from services.scoring.domain.calibration import Key
from services.scoring.tables import NAME_MAX, outcomes
from shared.db.bulk import add
from shared.runtime.tx import Tx


def add_outcomes(tx: Tx, counted: Mapping[Key, int]) -> None:
    """Count these too. All share the rows: so it comes last in a transaction, and takes them in order."""
    if counted:
        rows = [{**_columns(key), "leads": counted[key]} for key in sorted(counted)]
        add(tx.conn, outcomes, rows, to=[outcomes.c.leads])


def read_outcomes(tx: Tx) -> dict[Key, int]:
    """All counts."""
    return {
        Key(row.agreement, row.by, row.value, row.outcome, row.reason): row.leads
        for row in tx.conn.execute(select(outcomes))
    }


def _columns(key: Key) -> dict[str, str]:
    return {name: value[:NAME_MAX] for name, value in key._asdict().items()}
