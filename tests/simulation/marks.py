"""Rare events that a run of all seeds must meet; one that is never met is not tested."""

from typing import Final

REQUIRED: Final = frozenset(
    {
        "crash at begin",
        "crash at commit",
        "crash at committed",
        "crash at published",
        "crash at handled",
        "crash at answered",
        "a delivery is repeated",
        "a service is paused",
        "the clock is set",
        "a tool fails",
        "a tool hears the same key again",
        "an answer is lost",
        "a late acknowledgement is refused",
        "a tombstone comes before the first event",
        "a signal comes during an offer",
        "a leaver during an offer",
        "a command meets a lead that has moved on",
        "a lead is merged",
        "a lead is erased",
        "a lead returns from nurture",
        "a desk takes at the second refusal",
        "a closed lead comes again",
        "consent is withdrawn",
    }
)
