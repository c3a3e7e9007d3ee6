"""What recycle answers about leads: who owns them, their story, and the counts. Reads only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.recycle.domain import ledger as derived
from services.recycle.domain.counting import STAGES
from services.recycle.domain.ledger import Owner
from services.recycle.domain.model import Journey, RecycledLead
from services.recycle.domain.responsible import FALLBACK_WHYS, deputies_of
from services.recycle.store import leads as found
from services.recycle.store import ledger as books
from services.recycle.store import story as lines
from services.recycle.store.leads import HeldByFallback, lead_states
from services.recycle.store.ledger import Noted
from services.recycle.store.story import Line
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import LeadId, Stage

LISTED_MAX: Final = 500
STORY_MAX: Final = 2000
SOURCES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happened to one lead, and who answered for it when."""

    journey: Journey
    lines: Sequence[Line]
    owners: list[Owner]


def fallback(tx: Tx) -> list[HeldByFallback]:
    """Leads held by the intake desk, a queue or a deputy, the oldest first."""
    return found.leads_in_fallback(tx, deputies_of(tx.agreement), FALLBACK_WHYS, LISTED_MAX)


def leads_without_owner(tx: Tx) -> list[tuple[Noted, Journey]]:
    """Leads with nobody who is known to answer, and who held them last."""
    as_of = lines.as_of(tx)
    if as_of is None:
        return []
    noted = books.open_gaps(tx, as_of, said_before=None, limit=LISTED_MAX)
    states = lead_states.read(tx.conn, [one.lead for one in noted])
    return [(one, states[one.lead].journey) for one in noted]


def owners(tx: Tx, lead: LeadId) -> list[Owner]:
    """Who answered for a lead, one after the other. Raises CommandRefused: unknown, or erased."""
    state = known(tx, lead)
    return derived.owners_of(state.journey.entries, state.journey.ended_at)


def story(tx: Tx, lead: LeadId) -> Story:
    """Everything that is kept of a lead. Of an erased one: that it was erased."""
    state = lead_states.read(tx.conn, [lead]).get(lead)
    if state is None:
        raise _unknown(lead)
    return Story(
        journey=state.journey,
        lines=lines.lines_of(tx, lead, STORY_MAX),
        owners=derived.owners_of(state.journey.entries, state.journey.ended_at),
    )


def stages(tx: Tx, since: datetime, until: datetime) -> dict[str, Counter[Stage]]:
    """How many leads reached each stage from `since` to before `until`, by where they came from.

    Each is counted once a stage, erased ones not. "" is where it is not known, and all but the SOURCES_MAX
    that bring most: whoever sends over the API names its source as it likes.
    """
    types = {event.name(): stage for event, stage in STAGES.items()}
    found: dict[str, Counter[Stage]] = {}
    for source, type_, count in lines.count_stages(tx, since, until):
        found.setdefault(source, Counter())[types[type_]] = count
    by_size = sorted((source for source in found if source), key=lambda source: -found[source].total())
    for source in by_size[SOURCES_MAX:]:
        found[""] = found.get("", Counter()) + found.pop(source)
    return found


def known(tx: Tx, lead: LeadId) -> RecycledLead:
    """A lead that recycle knows. Raises CommandRefused."""
    state = lead_states.read(tx.conn, [lead]).get(lead)
    if state is None:
        raise _unknown(lead)
    if state.journey.ending == "erased":
        raise CommandRefused("gone", f"lead {lead} was erased: nothing is kept of it but that it was")
    return state


def _unknown(lead: LeadId) -> CommandRefused:
    return CommandRefused("unknown", f"recycle knows no lead {lead}; it may not have been captured yet")
