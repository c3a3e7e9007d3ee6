"""The mix of first scores, by day."""

from collections.abc import Mapping

from sqlalchemy import delete, select

from services.scoring.domain.drift import Share
from services.scoring.tables import mix
from shared.db.bulk import add
from shared.runtime.tx import Tx


def add_mix(tx: Tx, counted: Mapping[Share, int]) -> None:
    """Count these too. All share the rows: so it comes last in a transaction, and takes them in order."""
    if counted:
        rows = [{**share._asdict(), "leads": counted[share]} for share in sorted(counted)]
        add(tx.conn, mix, rows, to=[mix.c.leads])


def read_mix(tx: Tx, agreement: str) -> dict[Share, int]:
    """All counts of one version of the agreement that are kept."""
    query = select(mix).where(mix.c.agreement == agreement)
    return {Share(row.day, row.agreement, row.by, row.value): row.leads for row in tx.conn.execute(query)}


def forget_mix(tx: Tx, before: int) -> None:
    """Drop the counts of the days before that one."""
    tx.conn.execute(delete(mix).where(mix.c.day < before))
