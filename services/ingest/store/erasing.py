"""To forget a person: their leads are emptied of all but their ids."""

from collections.abc import Sequence

from sqlalchemy import delete, update

from services.ingest.tables import deliveries, identities, leads
from shared.runtime.parking import forget_parked
from shared.runtime.tx import Tx
from shared.terms import LeadId


def forget(tx: Tx, ids: Sequence[LeadId]) -> None:
    """Empty these leads. What remains: their ids, how they ended, and the names of their deliveries."""
    tx.conn.execute(delete(identities).where(identities.c.lead_id.in_(ids)))
    tx.conn.execute(update(leads).where(leads.c.lead_id.in_(ids)).values(state=None, ending="erased"))
    emptied = update(deliveries).where(deliveries.c.lead_id.in_(ids))
    tx.conn.execute(emptied.values(submission=None, body=None))
    forget_parked(tx, ids)
