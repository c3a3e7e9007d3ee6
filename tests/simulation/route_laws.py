"""What must be true of decisions about where leads go when bad luck is over: each is kept, and exact."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from services.routing.domain.steps.handoff import WHY
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import HandoffOffered, LeadAssigned
from shared.terms import LeadId
from tests.simulation.findings import Breach, Findings

CLOCK_SET: Final = timedelta(minutes=2)
ANYWAY: Final = "assigned anyway"
"""What a receipt says of a lead that somebody had to have."""


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of decisions that is broken."""
    yield from every_decision_is_kept_once(found)
    yield from replays_are_exact(found)
    yield from who_is_paused_gets_nothing(found)
    yield from a_paused_team_gets_nothing(found)


def every_decision_is_kept_once(found: Findings) -> Iterator[Breach]:
    """The decisions about a lead are numbered 1, 2, 3 …, and kept until the person is erased."""
    erased = {e.lead for e in found.said if isinstance(e.event, LeadErased)}
    said: defaultdict[LeadId, list[int]] = defaultdict(list)
    for event in found.said:
        if isinstance(event.event, LeadAssigned) and event.event.why != WHY:
            said[event.lead].append(event.event.receipt.number)
        elif isinstance(event.event, HandoffOffered):
            said[event.lead].append(0)
    kept: defaultdict[LeadId, set[int]] = defaultdict(set)
    for lead, number in found.replays:
        kept[lead].add(number)
    for lead, numbers in said.items():
        # An escalated queue keeps its receipt, and a hand-off that is only offered says none.
        named = set(numbers) - {0}
        known = set(range(1, len(named) + numbers.count(0) + 1))
        if lead not in erased and (kept[lead] != known or not named <= known):
            yield Breach("every decision is kept", f"said {numbers}, kept {sorted(kept[lead])}", lead)
        if lead in erased and kept[lead]:
            yield Breach("every decision is kept", f"{sorted(kept[lead])} outlived the person", lead)


def replays_are_exact(found: Findings) -> Iterator[Breach]:
    """Made again as things were then, every decision comes out the same."""
    for (lead, number), differs in found.replays.items():
        if differs:
            yield Breach("a decision comes out the same", f"receipt {number}: {differs}", lead)


def is_taken_or_last(event: LeadAssigned) -> bool:
    """Whether they took it themselves; or they are named by the agreement, and there may be nobody else."""
    by_hand = event.why == "released" and event.by is not None
    return by_hand or event.why in (WHY, "put right", "escalated", "refused by nurture")


def who_is_paused_gets_nothing(found: Findings) -> Iterator[Breach]:
    """While somebody is paused they are given no lead; they may keep what they have."""
    for event in found.said:
        if not isinstance(event.event, LeadAssigned) or event.event.owner.kind != "rep":
            continue
        if is_taken_or_last(event.event):
            continue
        name = event.event.owner.name
        for until in _pauses(found, "rep", name, event.at):
            what = f"{name} was given it, paused until {until}: {event.event.why}, {event.event.receipt.note}"
            yield Breach("who is paused gets nothing", what, event.lead)


def a_paused_team_gets_nothing(found: Findings) -> Iterator[Breach]:
    """While a team is paused none of its members has a turn."""
    for row in found.turns:
        if row.kind in ("turn", "exclusive"):
            for until in _pauses(found, "team", row.team, row.at):
                what = f"{row.person} had a turn in {row.team}, paused until {until}"
                yield Breach("a paused team gets nothing", what, row.lead_id)


def _pauses(found: Findings, kind: str, name: str, at: datetime) -> Iterator[datetime]:
    """Until when they are paused, if they surely are then: clocks may be set by minutes."""
    for pause in found.pauses:
        until = pause.until or found.now
        if (pause.kind, pause.name) == (kind, name) and pause.since + CLOCK_SET < at < until - CLOCK_SET:
            yield until
