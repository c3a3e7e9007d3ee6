"""What routing answers about leads, queues and reps. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.routing.domain.model import RoutedLead
from services.routing.domain.steps.act import must_be_known
from services.routing.handlers.roster import spelled
from services.routing.store import leads as store
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import LeadId

LISTED_MAX: Final = 500
Held = tuple[LeadId, RoutedLead]


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue's size and age."""

    team: str
    leads: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one purpose: how many run, and when the next is due."""

    purpose: str
    running: int
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """Routing in numbers."""

    open_by_stage: dict[str, int]
    queues: tuple[Queue, ...]
    offers: int
    clocks: tuple[Clocks, ...]


def assignment(tx: Tx, lead: LeadId) -> RoutedLead:
    """A lead as routing has it. Raises CommandRefused for one that it never had, or whose journey is over."""
    found = store.lead_states.read(tx.conn, [lead]).get(lead, RoutedLead())
    must_be_known(found, lead)
    return found


def queue(tx: Tx, team: str) -> list[Held]:
    """A team's queue, as it goes out. Raises CommandRefused for a team that the agreement does not know."""
    must_be_a_team(tx, team)
    return _in_order(tx, store.queue_of(tx.conn, team, LISTED_MAX))


def must_be_a_team(tx: Tx, team: str) -> None:
    """Raises CommandRefused for a team that the agreement does not know."""
    if team not in tx.agreement.teams:
        known = ", ".join(tx.agreement.teams)
        raise CommandRefused("unknown", f"the agreement knows no team '{team}'; it has {known}")


def leads_of(tx: Tx, person: str) -> list[Held]:
    """The leads for which a person answers, or which they are asked to take over."""
    return _in_order(tx, store.leads_of(tx.conn, spelled(tx, person))[:LISTED_MAX])


def status(tx: Tx) -> Status:
    """Open leads by stage, queues, offers to nurture, clocks."""
    offers, _ = store.offers(tx.conn)
    return Status(
        open_by_stage=dict(store.open_by_stage(tx.conn)),
        queues=tuple(Queue(team, count, oldest) for team, count, oldest in store.queues(tx.conn)),
        offers=offers,
        clocks=tuple(Clocks(purpose, count, due) for purpose, count, due in store.clocks(tx.conn)),
    )


def _in_order(tx: Tx, ids: Sequence[LeadId]) -> list[Held]:
    states = store.lead_states.read(tx.conn, ids)
    return [(lead, states[lead]) for lead in ids if lead in states]
