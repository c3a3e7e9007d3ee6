"""What routing does: when it hears something, when a clock runs out, and when a person asks for it."""

from services.routing.handlers.dropping import still_held
from services.routing.handlers.events import on_agreement, on_answer, on_events, on_timers

__all__ = ["on_agreement", "on_answer", "on_events", "on_timers", "still_held"]
