"""All of scoring's SQL: the states of its leads."""

from typing import Final

from sqlalchemy import func, select

from services.scoring.domain.model import ScoredLead
from services.scoring.tables import leads
from shared.db.states import States
from shared.runtime.tx import Tx

lead_states: Final = States(leads, ScoredLead)


def count_leads(tx: Tx) -> int:
    """How many leads scoring has heard of."""
    return tx.conn.execute(select(func.count()).select_from(leads)).scalar_one()
