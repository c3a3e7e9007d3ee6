"""What is counted of each event: leads once a stage, clocks and hand-overs every time."""

from collections.abc import Iterator
from typing import Any, Final

from shared.contracts.clocks import DeadlineBreached, DeadlineReminded
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import LeadCaptured, LeadErased, LeadMerged
from shared.contracts.recycle import LeadRecycled, LeadRecycleRefused, LeadReturned
from shared.contracts.routing import (
    LeadAccepted,
    LeadAssigned,
    LeadClosed,
    LeadLost,
    LeadSalesQualified,
    LeadWon,
)
from shared.contracts.scoring import LeadQualified, ScoringEvent
from shared.terms import Stage

ONCE: Final[dict[type[Event], str]] = {
    LeadCaptured: "captured",
    LeadAssigned: "assigned",
    LeadAccepted: "accepted",
    LeadSalesQualified: "sales_qualified",
    LeadWon: "won",
    LeadLost: "lost",
    LeadClosed: "closed",
    LeadMerged: "merged",
    LeadErased: "erased",
}
EACH: Final[dict[type[Event], str]] = {
    DeadlineReminded: "reminded",
    DeadlineBreached: "breached",
    LeadRecycled: "recycled",
    LeadReturned: "returned",
    LeadRecycleRefused: "refused",
}
STAGES: Final[dict[type[Event], Stage]] = {
    LeadCaptured: Stage.INQUIRY,
    LeadQualified: Stage.MQL,
    LeadAccepted: Stage.SAL,
    LeadSalesQualified: Stage.SQL,
    LeadWon: Stage.WON,
}
"""The event that says that a lead has reached a stage."""

NAMES: Final = (*ONCE.values(), "scored", "qualified", *EACH.values(), "reassigned")


def once(heard: Heard[Any]) -> Iterator[str]:
    """The stages that this event is the first sign of, if the lead has not been counted for them."""
    event = heard.event
    if type(event) in ONCE:
        yield ONCE[type(event)]
    if isinstance(event, ScoringEvent):
        yield "scored"
        if event.mql:
            yield "qualified"


def each(heard: Heard[Any]) -> Iterator[str]:
    """What counts every time: clocks and hand-overs."""
    event = heard.event
    if isinstance(event, LeadRecycled) and event.handover is not None and event.handover.kind != "take":
        return  # From one track to another is no giving back.
    if type(event) in EACH:
        yield EACH[type(event)]
    if isinstance(event, LeadAssigned) and event.why == "reassigned":
        yield "reassigned"
