"""Versions of the agreement that take over in the middle of the simulation; one is brought late."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, Table, select

from shared.agreement import Agreement, load_text
from shared.agreement.versions import Version
from shared.db.prepared import fetch
from shared.runtime.shelf import Shelf
from shared.runtime.tx import Tx
from shared.runtime.versions import NOTICE, Kept, announced, coming
from shared.terms import LeadId

if TYPE_CHECKING:
    from tests.simulation.findings import Findings
    from tests.simulation.world import World

FIRST: Final = "simulated@1"
AGREEMENT: Final = Path(__file__).parent / "agreement.yaml"
CHANGES: Final = (
    (
        "2026-03-28T02:00:00Z",
        {"score_at_least: 45,": "score_at_least: 55,", '"06:00-22:00"': '"09:00-12:00", "13:00-23:30"'},
    ),
    (
        "2026-03-28T20:00:00Z",
        {
            "accept_within: 2h": "accept_within: 1h",
            "{open: 4}": "{open: 3}",
            "cools_below: 40": "cools_below: 44",
        },
    ),
)
"""From when the second and the third version are meant, and what is different in them."""


@lru_cache(maxsize=1)
def _versions() -> tuple[Version, ...]:
    text = AGREEMENT.read_text()
    versions = [Version(AGREEMENT, text, load_text(text))]
    for number, (since, changes) in enumerate(CHANGES, 2):
        newer = text.replace("version: 1", f"version: {number}")
        newer = newer.replace("effective_from: 2026-01-01T00:00:00Z", f"effective_from: {since}")
        for old, new in changes.items():
            assert old in newer, f"{old} is not in {AGREEMENT}"
            newer = newer.replace(old, new)
        versions.append(Version(AGREEMENT, newer, load_text(newer)))
    return tuple(versions)


def brought() -> list[Agreement]:
    """All versions, in the order in which they take over."""
    return [version.agreement for version in _versions()]


def new_shelf() -> Shelf:
    """What the services have from the beginning: the first version, and the second, which is to come."""
    return Shelf(_versions()[:-1])


def bring_the_last(world: "World", shelf: Shelf) -> None:
    """The last version is brought, sometimes after it should have taken over; each service reads it."""
    shelf.keep(_versions())
    late = world.clock.now() > _versions()[-1].agreement.effective_from
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
