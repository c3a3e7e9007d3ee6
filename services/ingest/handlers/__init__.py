"""What ingest does: let deliveries in, hear of closings, take what is told of known leads, erase."""

from services.ingest.handlers.arriving import (
    AnotherBody,
    Arrival,
    Receipt,
    arrival_of,
    erase,
    forget_contents,
    on_events,
    replayed,
    take_in,
)
from services.ingest.handlers.telling import Told, Word, merge, report_outcome, set_account, set_consent

__all__ = [
    "AnotherBody",
    "Arrival",
    "Receipt",
    "Told",
    "Word",
    "arrival_of",
    "erase",
    "forget_contents",
    "merge",
    "on_events",
    "replayed",
    "report_outcome",
    "set_account",
    "set_consent",
    "take_in",
]
