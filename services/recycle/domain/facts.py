"""A lead that is remembered, in the words of the agreement's conditions."""

from datetime import datetime
from typing import Any

from services.recycle.domain.model import RecycledLead
from shared.agreement.facts import facts_of_story


def facts_of(lead: RecycledLead, now: datetime) -> dict[str, Any]:
    """What is remembered of it, whoever holds it."""
    newest = {"score": lead.memory.score, "consent": lead.consent.value, "now": now}
    return {**facts_of_story(lead.snapshot), **newest}
