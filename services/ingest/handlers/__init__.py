"""What ingest does: let deliveries in, hear of closings, take what is told of leads, erase, say again."""

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
from services.ingest.handlers.retelling import Retold, retell, retell_since
from services.ingest.handlers.telling import Told, Word, merge, report_outcome, set_account, set_consent

__all__ = [
    "AnotherBody",
    "Arrival",
    "Receipt",
    "Retold",
    "Told",
    "Word",
    "arrival_of",
    "erase",
    "forget_contents",
    "merge",
    "on_events",
    "replayed",
    "report_outcome",
    "retell",
    "retell_since",
    "set_account",
    "set_consent",
    "take_in",
]
