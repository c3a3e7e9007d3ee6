"""The ledger's summary of one lead, folded from events in any order; and whose turn it is now."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from services.recycle.domain import counting
from services.recycle.domain.ledger import Entry, entry_of, in_order
from services.recycle.domain.model import Ended, Journey
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import LeadCaptured, LeadErased, LeadMerged
from shared.contracts.recycle import OwnerConfirmed
from shared.contracts.routing import LeadAssigned, LeadClosed, LeadWon
from shared.contracts.scoring import LeadSetAside, ScoringEvent

_ENDINGS: Final[dict[type[Event], Ended]] = {
    LeadErased: "erased",
    LeadMerged: "merged",
    LeadWon: "won",
    LeadClosed: "closed",
}
_WITHOUT_HANDOVER: Final = frozenset({LeadCaptured, OwnerConfirmed, *_ENDINGS})
_STRONGEST_FIRST: Final = ("erased", "merged", "won", "closed")


def fold(journey: Journey, heard: Heard[Any]) -> tuple[Journey, list[str]]:
    """The journey after this event, and what is counted of it."""
    new = [name for name in counting.once(heard) if name not in journey.counted]
    if new:
        journey = replace(journey, counted=journey.counted | frozenset(new))
    event = heard.event
    if isinstance(event, LeadCaptured) and journey.captured_at is None:
        journey = replace(journey, captured_at=heard.at, source=event.source)
    elif isinstance(event, ScoringEvent) and journey.ending is None:
        counts_as = _counts_as(event, journey)
        if counts_as != journey.counts_as:
            journey = replace(journey, counts_as=counts_as)
    elif isinstance(event, LeadAssigned):
        journey = replace(journey, assigned_at=min(journey.assigned_at or heard.at, heard.at))
    elif type(event) in _ENDINGS:
        journey = _ended(journey, heard)
    return journey, [*new, *counting.each(heard)]


def _counts_as(event: ScoringEvent, journey: Journey) -> str | None:
    if isinstance(event, LeadSetAside):
        return event.counts_as
    return journey.counts_as if event.receipt.set_aside is not None else None


def entered(journey: Journey, heard: Heard[Any]) -> Journey:
    """The journey with this event in its ledger, if it touches the baton; once, however often it is said."""
    entry = entry_of(heard)
    if entry is None or any(known.event_id == entry.event_id for known in journey.entries):
        return journey
    return replace(journey, entries=(*journey.entries, entry))


def concerns_ledger(heard: Heard[Any]) -> bool:
    """Whether the event changes who answers, or since or until when."""
    return heard.event.handover is not None or type(heard.event) in _WITHOUT_HANDOVER


def _ended(journey: Journey, heard: Heard[Any]) -> Journey:
    ending = _ENDINGS[type(heard.event)]
    if journey.ending is not None and _STRONGEST_FIRST.index(journey.ending) < _STRONGEST_FIRST.index(ending):
        ending = journey.ending
    return replace(journey, ending=ending, ended_at=min(journey.ended_at or heard.at, heard.at))


def now_held(journey: Journey) -> Journey:
    """The journey with its holder of this moment; nobody, once it is over. Of one erased no row is left."""
    entries, kept = in_order(journey.entries), journey.entries
    if journey.ending == "erased":
        entries, kept = [], ()
        journey = replace(journey, source=None, counts_as=None)
    if journey.ending is not None or not entries:
        number = entries[-1].number if entries else 0
        return replace(
            journey, number=number, holder_kind=None, holder_name=None, answers=None, why="", since=None,
            offered_at=None, entries=kept,
        )  # fmt: skip
    last = entries[-1]
    holder = last.holder
    return replace(
        journey,
        number=last.number,
        holder_kind=holder.kind if holder is not None else None,
        holder_name=holder.name if holder is not None else None,
        answers=holder.answers if holder is not None else None,
        why=last.why,
        since=last.at,
        offered_at=_offered_at(journey.entries, last.number),
    )


def _offered_at(rows: Sequence[Entry], number: int) -> Any:
    if any(row.kind == "refuse" and row.number == number for row in rows):
        return None
    return max((row.at for row in rows if row.kind == "offer" and row.number == number), default=None)
