"""What recycle does when something happens. Load, decide, save, say."""

from services.recycle.handlers.audit import Auditor, custodian_of, holder_of
from services.recycle.handlers.dropping import still_held
from services.recycle.handlers.reads import fallback, leads_without_owner, owners, stages, story
from services.recycle.handlers.work import acknowledge, on_answer, on_events, on_timers
from services.recycle.store.summary import counts, summary

__all__ = [
    "Auditor",
    "acknowledge",
    "counts",
    "custodian_of",
    "fallback",
    "holder_of",
    "leads_without_owner",
    "on_answer",
    "on_events",
    "on_timers",
    "owners",
    "stages",
    "still_held",
    "story",
    "summary",
]
