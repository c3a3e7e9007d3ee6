"""All of scoring's SQL: the states of its leads."""

from typing import Final

from services.scoring.domain.model import ScoredLead
from services.scoring.tables import leads
from shared.db.states import States

lead_states: Final = States(leads, ScoredLead)
