"""What must hold after a scenario, beside the laws of the simulation: what only real processes can break."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadCaptured
from shared.terms import LeadId
from tests.chaos.faults import Suffered
from tests.chaos.sender import Sender, Sent
from tests.simulation.findings import Findings
from tests.simulation.laws import Breach


def a_lead_a_person(sent: Iterable[Sent], said: Iterable[Heard[Any]]) -> Iterator[Breach]:
    """Every person is one lead, captured once; who came again after it was closed is one that names it."""
    captured = [event for event in said if isinstance(event.event, LeadCaptured)]
    times = Counter(event.lead for event in captured)
    afresh = {event.lead for event in captured if event.event.earlier is None}
    people: dict[int, set[LeadId | None]] = {}
    for one in sent:
        people.setdefault(one.webhook.person, set()).add(one.lead)
    for person, leads in people.items():
        if len(leads & afresh) != 1 or any(times[lead] != 1 for lead in leads):
            yield Breach("a lead per person", f"person {person} is {leads}")
    told = set().union(*people.values())
    # Who came again after the closing, before ingest had heard of it, was told of the lead that was closed.
    begun_again = {event.lead for event in captured if event.event.earlier in times}
    if strangers := times.keys() - told - begun_again:
        yield Breach(
            "a lead per person", f"{len(strangers)} leads that nobody sent, such as {min(strangers)}"
        )
    if twice := [lead for lead in begun_again - told if times[lead] != 1]:
        yield Breach("a lead per person", f"{len(twice)} leads begun again twice, such as {min(twice)}")


def conserved(found: Findings) -> Iterator[Breach]:
    """The ledger's own sum: captured = held + closed."""
    books = found.ledger
    if books.captured != books.held + books.closed or books.merged or books.erased:
        yield Breach("conservation", f"the ledger says {books}")


def nothing_parked(found: Findings) -> Iterator[Breach]:
    """Whatever failed was tried again, and went through."""
    for service, rows in found.parked.items():
        for row in rows:
            yield Breach("nothing is parked", f"{service}: {row.type}: {row.reason}", row.lead_id)
    for service, waiting in found.waiting.items():
        if waiting.errands_given_up:
            yield Breach("every errand arrives", f"{service} has given {waiting.errands_given_up} up")


def every_clock_was_tried(found: Findings) -> Iterator[Breach]:
    """The scenario has met what it is about: clocks that ran out, hand-overs, returns."""
    said = {event.event.TYPE for event in found.said}
    wanted = {"deadline.reminded", "deadline.breached", "lead.accepted", "lead.recycled", "lead.returned"}
    for missing in sorted(wanted - said):
        yield Breach("a scenario is worth something", f"{missing} was never said")


def acknowledged_without_kafka(suffered: Iterable[Suffered]) -> Iterator[Breach]:
    """While Kafka is gone, webhooks are acknowledged, and the outbox grows for everyone to see."""
    for one in suffered:
        if (one.fault.whom, one.fault.how) == ("kafka", "gone"):
            if not one.seen["acknowledged"]:
                yield Breach("webhooks need no Kafka", "none was acknowledged while it was gone")
            if one.seen["oldest in the outbox, s"] < one.fault.lasts_s / 2:
                yield Breach("a growing outbox is shown", f"/metrics said {one.seen}")


def refused_without_postgres(suffered: Iterable[Suffered]) -> Iterator[Breach]:
    """While PostgreSQL is gone, senders get 503."""
    for one in suffered:
        if (one.fault.whom, one.fault.how) == ("postgres", "gone") and not one.seen.get("503"):
            yield Breach("503 without PostgreSQL", f"senders saw {one.seen}")


def polite(sender: Sender) -> Iterator[Breach]:
    """A sender gets 202, or 503 with Retry-After, or no answer at all; never anything else."""
    for surprise in sender.surprises:
        yield Breach("503 with Retry-After, or nothing", surprise)
