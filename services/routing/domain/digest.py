"""Many messages for one person in a short time go out together: one digest instead of a flood."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from services.routing.domain.clocks.untold import FIRST_NEWS, MOOT_IF_MOVED, ahead
from services.routing.domain.model import RoutedLead
from services.routing.domain.telling.letter import HEADINGS, Action, Letter, Line, Message, local, shown
from services.routing.domain.telling.links import concerned
from services.routing.domain.words import SET_ASIDE, who
from shared.contracts.values import Deadline, Instant
from shared.terms import LeadId

ACTION: Final = "digest"
LISTED_MAX: Final = 40
"""How many leads a digest names; of the others it says how many they are, and where all of them are."""


class Item(msgspec.Struct, frozen=True):
    """One message that waits to be told with others."""

    lead: LeadId
    action: Action


class Mailbox(msgspec.Struct, frozen=True):
    """How many messages one person got since the window opened, and those that are held back in it."""

    since: Instant
    count: int = 0
    held: tuple[Item, ...] = ()

    def opened(self, now: datetime, window: timedelta) -> "Mailbox":
        """The box at this instant: a window that is over begins anew. What is held waits for its timer."""
        over = now >= self.since + window and not self.held
        return Mailbox(now) if over else self

    def take(self, items: Sequence[Item], most: int) -> tuple["Mailbox", int]:
        """The box with these in it, and how many go at once: what is more than `most` is held back."""
        room = 0 if self.held else max(0, most - self.count)
        return replace(self, count=self.count + len(items), held=(*self.held, *items[room:])), room

    def emptied(self, now: datetime) -> "Mailbox":
        """After a digest. Another window begins, and it is full: while the flood goes on, so do digests."""
        return Mailbox(now, self.count)


class Entry(msgspec.Struct, frozen=True):
    """One lead of a digest, as it stands when that goes out."""

    lead: LeadId
    action: Action
    text: str
    deadlines: tuple[Deadline, ...] = ()


class Digest(msgspec.Struct, frozen=True):
    """What one person is told together: the body of an errand. `notify` and `zone` as of a message."""

    person: str
    notify: str
    zone: str | None
    items: tuple[Item, ...] = ()

    @classmethod
    def like(cls, message: Message) -> "Digest":
        """An empty one, for whoever that message is for."""
        return cls(message.person, message.notify, message.zone)


def said_in(action: str, body: Mapping[str, Any]) -> Message | Digest:
    """What an errand is to tell."""
    return msgspec.convert(body, Digest) if action == ACTION else msgspec.convert(body, Message)


def items_of(said: Message | Digest) -> tuple[Item, ...]:
    """What is told of which leads."""
    return said.items if isinstance(said, Digest) else (Item(said.lead, said.action),)


def entries(
    items: Sequence[Item], states: Mapping[LeadId, RoutedLead], person: str, now: datetime
) -> list[Entry]:
    """Each lead once, with what was said of it last, or that it is theirs; without those that moved on, the
    most urgent first.
    """
    said: dict[LeadId, Action] = {}
    for item in items:
        if item.action in MOOT_IF_MOVED and person not in concerned(states[item.lead]):
            continue
        if item.action in FIRST_NEWS or said.get(item.lead) not in FIRST_NEWS:
            said[item.lead] = item.action
    found = []
    for lead, action in said.items():
        state = states[lead]
        if state.snapshot is None:
            if action == SET_ASIDE and state.custody.standing != "ended":
                found.append(Entry(lead, action, f"lead {lead}"))  # A desk has it: routing never did.
            continue
        mine = ahead(state, now) if person in concerned(state) else ()
        found.append(Entry(lead, action, who(state.snapshot), mine))
    return sorted(found, key=lambda entry: (not entry.deadlines, [d.due_at for d in entry.deadlines]))


def letter(entries: Sequence[Entry], zone: str | None, url: Callable[[LeadId], str]) -> Letter:
    """The digest as any medium shows it. `url` gives a lead's page, or nothing."""
    heading = f"{len(entries)} leads" if len(entries) > 1 else "One lead"
    lines = [Line(shown(_text(entry, zone)), url(entry.lead), "Answer") for entry in entries[:LISTED_MAX]]
    if len(entries) > LISTED_MAX:
        lines.append(Line(f"… and {len(entries) - LISTED_MAX} more, less urgent: they are all in your list."))
    return Letter(f"{heading} to look at", tuple(lines))


def document(person: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The digest for an address of somebody's own: every lead is in it."""
    return {
        "action": ACTION,
        "person": person,
        "leads": [msgspec.to_builtins(entry) for entry in entries],
    }


def _text(entry: Entry, zone: str | None) -> str:
    by = f" — by {local(entry.deadlines[0].due_at, zone)}" if entry.deadlines else ""
    return f"{HEADINGS[entry.action]}: {entry.text}{by}"
