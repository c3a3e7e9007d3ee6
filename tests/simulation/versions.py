"""Versions of the agreement that take over in the middle of the simulation; one is brought late."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Table, select

from shared.db.prepared import fetch
from shared.runtime.shelf import Shelf
from shared.runtime.tx import Tx
from shared.runtime.versions import NOTICE, Kept, announced, coming
from shared.terms import LeadId
from tests.simulation.firms import Firm, versions_of

if TYPE_CHECKING:
    from tests.simulation.findings import Findings
    from tests.simulation.world import World


def bring_the_last(world: "World", firm: Firm, shelf: Shelf) -> None:
    """The last version is brought, sometimes after it should have taken over; each service reads it."""
    versions = versions_of(firm)
    shelf.keep(versions)
    late = world.clock.now() > versions[-1].agreement.effective_from
    world.luck.marks["a version is brought after its instant"] += late
    for node in world.nodes.values():
        node.planned = False  # Read again when it looks the next time.


def next_step(tx: Tx) -> datetime | None:
    """When the next version is to be announced, or followed by what follows."""
    rows = [Kept(*row) for row in fetch(tx.conn, _kept(tx.tables.agreements), {})]
    steps = [row.takes_over_at for row in announced(rows) if not row.is_done]
    steps += [row.effective_from - NOTICE for row in coming(rows) if row.held_up is None]
    return min((step for step in steps if step is not None), default=None)


@cache
def _kept(agreements: Table) -> Select[Any]:
    return select(*(agreements.c[name] for name in Kept.__dataclass_fields__))


def wrongly_decided(found: "Findings") -> Iterator[tuple[str, LeadId | None]]:
    """Each event that names another version than the one in force when it was said."""
    *_, newest = found.agreements
    for service, rows in found.versions.items():
        last = in_force(rows, found.now)
        if last != newest:
            yield f"in {service} {last} is in force at the end", None
        for row in rows:
            if (row.took_over_at is None) != (row.takes_over_at is None):
                yield f"in {service} what follows from {row.ref} was not done", None
    for event in found.said:
        expected = in_force(found.versions[event.source], event.at)
        if event.agreement != expected:
            yield f"{event.source} decided by {event.agreement} at {event.at}, not by {expected}", event.lead


def in_force(rows: list[Any], at: datetime) -> str:
    """The version in force at an instant in a service, by what its database says."""
    known = sorted((row.takes_over_at, row.ref) for row in rows if row.takes_over_at is not None)
    since = [ref for takes_over_at, ref in known if takes_over_at <= at]
    return str((since or [known[0][1]])[-1])
