"""A lead that is to be scored, in the words of the agreement's conditions."""

from datetime import datetime
from typing import Any

from services.scoring.domain.model import ScoredLead
from shared.agreement import Agreement
from shared.agreement.facts import facts_of_lead


def facts_of(lead: ScoredLead, agreement: Agreement, now: datetime) -> dict[str, Any]:
    """What rules may ask of it at an instant, but for its activities: who it is, and its segment."""
    facts = facts_of_lead(lead)
    facts["now"] = now
    if (segment := agreement.segment_of(facts)) is not None:
        facts["segment"] = segment
    return facts
