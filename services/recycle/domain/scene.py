"""What every decision is made with: whose lead, under which agreement, when."""

from datetime import datetime

import msgspec

from shared.agreement import Agreement
from shared.terms import LeadId


class Scene(msgspec.Struct, frozen=True):
    """One decision's surroundings."""

    lead: LeadId
    agreement: Agreement
    now: datetime
