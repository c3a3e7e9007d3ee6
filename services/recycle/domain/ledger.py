"""The ownership ledger: who answered for a lead, from when to when, and where nobody can say. Pure.

Everything is derived from rows that any order of events gives alike: one row an event that touches the baton.
They are kept with the lead, because each new one asks for all others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, Literal

import msgspec

from services.recycle.domain.names import plain_holder
from shared.baton import Handover, Holder
from shared.contracts import topic_of
from shared.contracts.envelope import Heard
from shared.contracts.recycle import LeadRecycled, OwnerConfirmed
from shared.contracts.routing import LeadAssigned
from shared.effects import PolicyError

NUMBER_MAX: Final = 2**31 - 1
HOLDING: Final = frozenset({"open", "move", "take", "close"})
"""What begins a new number; an offer, a refusal and a confirmation repeat one."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One event that touched a lead's baton, as the ledger keeps it. New fields go to the end."""

    number: int
    kind: str
    holder: Holder | None
    at: datetime
    why: str
    event_id: str
    topic: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answered under one number. `to` is open while they still do."""

    number: int
    holder: Holder | None
    since: datetime
    to: datetime | None
    why: str
    event_id: str
    topic: str


Cause = Literal["no entry", "hole", "two holders", "no holder", "unknown person", "inactive"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Time in which nobody is known to have answered. It counts once all was read past `known_at`."""

    cause: Cause
    number: int
    since: datetime
    known_at: datetime
    until: datetime | None
    about: str = ""

    @property
    def key(self) -> tuple[str, int, datetime]:
        return (self.cause, self.number, self.since)


@dataclass(frozen=True, slots=True)
class Absence:
    """From when to when a person could hold no leads, and who answered for their open offers."""

    since: datetime
    to: datetime | None
    deputy: str | None


@dataclass(frozen=True, slots=True)
class People:
    """What is known of those who may hold leads. `named` by the agreement are active by that.

    `announced`: routing has said who its people are, so that one it never named is unknown.
    """

    absences: Mapping[str, Sequence[Absence]]
    known: frozenset[str]
    named: frozenset[str]
    announced: bool


def entry_of(heard: Heard[Any]) -> Entry | None:
    """The ledger's row for an event; None for one that only informs."""
    event = heard.event
    if isinstance(event, OwnerConfirmed):
        return _entry(heard, event.number, "confirm", event.holder)
    handover: Handover | None = event.handover
    if handover is None:
        return None
    holder = handover.taker if handover.kind in ("open", "move", "take") else handover.giver
    return _entry(heard, handover.number, handover.kind, holder)


def _entry(heard: Heard[Any], number: int, kind: str, holder: Holder | None) -> Entry:
    if not 0 < number <= NUMBER_MAX:
        raise PolicyError(f"{heard.lead}: {number} is no number that a baton can have")
    event = heard.event
    if isinstance(event, LeadAssigned):
        why: str = event.why
    elif isinstance(event, LeadRecycled):
        why = event.reason
    else:
        why = event.TYPE.partition(".")[2].replace("_", " ")
    return Entry(number, kind, plain_holder(holder), heard.at, why, heard.id, topic_of(heard.source))


def in_order(rows: Iterable[Entry]) -> list[Entry]:
    """The rows that begin a number, lowest first. A number known only by its confirmation counts too."""
    rows = list(rows)
    begun = {row.number for row in rows if row.kind in HOLDING}
    told: dict[int, Entry] = {}
    for row in rows:
        if row.kind == "confirm" and row.number not in begun:
            told[row.number] = min(told.get(row.number, row), row, key=lambda one: (one.at, one.event_id))
    found = [row for row in rows if row.kind in HOLDING] + list(told.values())
    return sorted(found, key=lambda row: (row.number, row.at, row.event_id))


def owners_of(rows: Iterable[Entry], ended_at: datetime | None) -> list[Owner]:
    """Who answered, one after the other."""
    entries = in_order(rows)
    if not entries:
        return []
    ends = [*(entry.at for entry in entries[1:]), ended_at]
    return [
        Owner(entry.number, entry.holder, entry.at, to, entry.why, entry.event_id, entry.topic)
        for entry, to in zip(entries, ends, strict=True)
        if entry.kind != "close"
    ]


def owner_at(owners: Sequence[Owner], at: datetime) -> Owner | None:
    """Who answered at that instant."""
    found = None
    for owner in owners:
        if owner.since <= at and (owner.to is None or at < owner.to):
            found = owner
    return found


def gaps_of(
    rows: Sequence[Entry], *, captured_at: datetime | None, ended_at: datetime | None, people: People
) -> list[Gap]:
    """Every gap in a lead's ownership, up to its end."""
    entries = in_order(rows)
    if not entries:
        gaps = [] if captured_at is None else [Gap("no entry", 0, captured_at, captured_at, None)]
    else:
        gaps = [*_holes(entries, rows, captured_at), *_twice(entries, rows)]
        gaps += [gap for entry, to in _spans(entries) for gap in _unanswered(entry, to, rows, people)]
    return [gap for gap in (_ended(gap, ended_at) for gap in gaps) if gap is not None]


def _spans(entries: Sequence[Entry]) -> list[tuple[Entry, datetime | None]]:
    ends: list[datetime | None] = [*(entry.at for entry in entries[1:]), None]
    return [(entry, to) for entry, to in zip(entries, ends, strict=True) if entry.kind != "close"]


def _holes(entries: Sequence[Entry], rows: Sequence[Entry], captured_at: datetime | None) -> list[Gap]:
    found = []
    first = entries[0]
    if first.number > 1:
        since = min(captured_at or first.at, first.at)
        about = f"its first number is {first.number}: who held it before was never heard"
        healed = _healed_at(first, entries, rows)
        found.append(Gap("hole", first.number, since, first.at, healed, about))
    for before, after in pairwise(entries):
        if after.number > before.number + 1:
            about = f"number {before.number} is followed by {after.number}"
            known_at = max(before.at, after.at)
            found.append(
                Gap("hole", after.number, before.at, known_at, _healed_at(after, entries, rows), about)
            )
    return found


def _twice(entries: Sequence[Entry], rows: Sequence[Entry]) -> list[Gap]:
    found = []
    for before, after in pairwise(entries):
        if after.number == before.number:
            about = f"two events begin number {after.number}: {before.topic} and {after.topic}"
            healed = _healed_at(after, entries, rows)
            found.append(Gap("two holders", after.number, after.at, after.at, healed, about))
    return found


def _healed_at(doubtful: Entry, entries: Sequence[Entry], rows: Sequence[Entry]) -> datetime | None:
    """A doubt ends with the custodian's word, or with the next number."""
    words = [row.at for row in rows if row.kind == "confirm" and row.number >= doubtful.number]
    words += [entry.at for entry in entries if entry.number > doubtful.number]
    return min((max(at, doubtful.at) for at in words), default=None)


def _unanswered(entry: Entry, to: datetime | None, rows: Sequence[Entry], people: People) -> list[Gap]:
    holder = entry.holder
    if holder is None or not holder.answers:
        return _some(Gap("no holder", entry.number, entry.at, entry.at, to, "its holder has no name"))
    person = holder.answers
    if person in people.named:
        return []
    if people.announced and holder.kind == "rep" and person not in people.known:
        about = f"{person} is nobody that routing has named"
        return _some(Gap("unknown person", entry.number, entry.at, entry.at, to, about))
    return [
        gap
        for absence in people.absences.get(person, ())
        for gap in _absent(entry, to, absence, rows, person)
    ]


def _absent(
    entry: Entry, to: datetime | None, absence: Absence, rows: Sequence[Entry], person: str
) -> list[Gap]:
    if absence.to is not None and absence.to <= entry.at:
        return []
    since = max(absence.since, entry.at)
    offered = any(row.kind == "offer" and row.number == entry.number and row.at <= since for row in rows)
    if offered and absence.deputy is not None:
        return []  # Whoever gave it up has left before the answer came: the deputy answers until then.
    ends = [end for end in (absence.to, to) if end is not None]
    until = min(ends, default=None)
    return _some(Gap("inactive", entry.number, since, since, until, f"{person} holds no leads any more"))


def _some(gap: Gap) -> list[Gap]:
    # Handed over in the same instant, there was no gap.
    return [] if gap.until is not None and gap.until <= gap.since else [gap]


def _ended(gap: Gap, ended_at: datetime | None) -> Gap | None:
    if ended_at is None:
        return gap
    if gap.since >= ended_at:
        return None
    return replace(gap, until=ended_at if gap.until is None else min(gap.until, ended_at))


def absences_of(changes: Iterable[tuple[datetime, bool, str | None]]) -> list[Absence]:
    """What a person's changes (when, whether active, deputy), in any order, mean."""
    found: list[Absence] = []
    for at, active, deputy in sorted(changes, key=lambda change: change[0]):
        away = bool(found) and found[-1].to is None
        if active and away:
            found[-1] = replace(found[-1], to=at)
        elif not active and not away:
            found.append(Absence(at, None, deputy))
    return found
