"""What must be true of clocks: they fire when due, and count the time that was agreed, no other."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from services.routing.domain.clocks.hours import Time, passed
from services.routing.domain.people.availability import calendar_of
from services.routing.domain.people.bench import Rep
from shared.agreement.building.parts import Policy
from shared.contracts.clocks import DeadlineBreached, DeadlineReminded
from shared.contracts.envelope import Heard
from shared.contracts.routing import LeadAssigned
from shared.contracts.values import Deadline
from tests.simulation.findings import Breach, Findings

LAW: Final = "clocks count what was agreed"
INSTANT: Final = timedelta(microseconds=1)
"""The shortest: of what was used up before, less than a second may be left at an opening."""


def breaches(found: Findings) -> Iterator[Breach]:
    """Every clock that fired too early, or counted another time than it should."""
    for event in found.said:
        if isinstance(event.event, DeadlineBreached):
            yield from _fired_when_due(event)
        if isinstance(event.event, LeadAssigned) and event.event.owner.kind == "rep":
            for deadline in event.event.deadlines:
                yield from _counted(found, event, deadline)
    yield from _reminded_before_due(found)


def _fired_when_due(event: Heard[DeadlineBreached]) -> Iterator[Breach]:
    late = event.at - event.event.deadline.due_at
    if late < timedelta(0) or int(late.total_seconds()) != event.event.late_by_s:
        yield Breach(LAW, f"{event.event.deadline} was breached at {event.at}", event.lead)
    if any(seconds < 0 for seconds in event.event.spent.values()):
        yield Breach(LAW, f"time was spent backwards: {event.event.spent}", event.lead)


def _reminded_before_due(found: Findings) -> Iterator[Breach]:
    for event in found.said:
        if isinstance(event.event, DeadlineReminded) and event.at > event.event.deadline.due_at:
            yield Breach(LAW, f"reminded of {event.event.deadline} at {event.at}", event.lead)


def _counted(found: Findings, event: Heard[LeadAssigned], deadline: Deadline) -> Iterator[Breach]:
    agreement = found.agreements[event.agreement]
    policy = next((one for one in agreement.policies if one.name == deadline.policy), None)
    if policy is None or policy.clock == "any_open" or deadline.name != "accept":
        return
    hours = None
    if policy.clock == "working":
        rep = _as_they_were(found.reps, event.event.owner.name, event.at)
        if rep is None:
            return
        hours = calendar_of(rep, agreement)
    whole = policy.on_reassign == "anew" or _nobody_had_it(found, event)
    yield from _within(event, deadline, policy, hours, whole=whole)


def _nobody_had_it(found: Findings, event: Heard[LeadAssigned]) -> bool:
    """Whether nothing can be used up yet: a queue that gives it to whose it is has it from a rep, perhaps."""
    if event.event.why != "set aside":
        return event.event.why in ("new", "returned")
    return not any(isinstance(e.event, LeadAssigned) and e.at < event.at for e in found.of_lead(event.lead))


def _within(
    event: Heard[LeadAssigned], deadline: Deadline, policy: Policy, hours: Time, *, whole: bool
) -> Iterator[Breach]:
    allowed = passed(event.at, deadline.due_at, hours)
    if allowed > policy.accept_within or (whole and allowed != policy.accept_within):
        yield Breach(
            LAW, f"{deadline} allows {allowed} of {policy.accept_within} from {event.at}", event.lead
        )
    if passed(deadline.due_at - INSTANT, deadline.due_at, hours) != INSTANT:
        yield Breach(LAW, f"{deadline} ends while {event.event.owner.name} does not work", event.lead)


def _as_they_were(reps: Mapping[str, list[tuple[datetime, Rep]]], person: str, at: datetime) -> Rep | None:
    """Somebody as the roster had them then; None where it changed in just that instant."""
    changes = reps.get(person, [])
    if any(since == at for since, _ in changes):
        return None
    return next((rep for since, rep in reversed(changes) if since <= at), Rep(person))
