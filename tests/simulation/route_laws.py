"""What must be true of decisions about where leads go when bad luck is over: each is kept, and exact."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from services.routing.domain.steps.handoff import WHY
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import HandoffOffered, LeadAssigned
from shared.terms import LeadId
from tests.simulation.findings import Breach, Findings

CLOCK_SET: Final = timedelta(minutes=2)


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of decisions that is broken."""
    yield from every_decision_is_kept_once(found)
    yield from replays_are_exact(found)
    yield from who_is_paused_gets_nothing(found)


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


def who_is_paused_gets_nothing(found: Findings) -> Iterator[Breach]:
    """While somebody is paused they are given no lead; they may keep what they have."""
    for event in found.said:
        given = event.event.owner.name if isinstance(event.event, LeadAssigned) else None
        if given is None or event.event.why in (WHY, "put right"):
            continue
        for pause in found.pauses:
            until = pause.until or found.now
            if pause.name == given and pause.since + CLOCK_SET < event.at < until - CLOCK_SET:
                yield Breach(
                    "who is paused gets nothing", f"{given} was given it, paused until {until}", event.lead
                )
