"""What routing does: when it hears something, when a clock runs out, and when a person asks for it."""

from services.routing.handlers import calendars
from services.routing.handlers.dropping import still_held
from services.routing.handlers.events import on_agreement, on_answer, on_events, on_timers
from services.routing.handlers.following import follow
from services.routing.handlers.forgetting import forget
from services.routing.handlers.telling import gather, set_back

__all__ = [
    "calendars",
    "follow",
    "forget",
    "gather",
    "on_agreement",
    "on_answer",
    "on_events",
    "on_timers",
    "set_back",
    "still_held",
]
