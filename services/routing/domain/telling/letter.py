"""A message as any medium shows it: a heading, the story in a few lines, until when, and what can be done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from shared.contracts.values import Deadline
from shared.terms import LeadId

LINE_MAX: Final = 400
"""Characters of a line that are shown: whoever wrote more into a form has more to say on the phone."""
Action = Literal[
    "assigned",
    "told",
    "infeasible",
    "reminded",
    "breached",
    "escalated",
    "meeting begins",
    "handoff offered",
    "handoff refused",
    "merged",
    "re-engaged",
    "undelivered",
    "set aside",
]
"""What is told of one lead."""
HEADINGS: Final[Mapping[Action, str]] = {
    "assigned": "A lead for you",
    "told": "For you to know: somebody else has this lead",
    "infeasible": "Nobody can answer for this lead in time",
    "reminded": "The time for this lead is running out",
    "breached": "The time for this lead has run out",
    "escalated": "Nobody took this lead in time: you answer for it now",
    "meeting begins": "Your meeting with this lead begins: say afterwards what became of it",
    "handoff offered": "Will you take this lead over?",
    "handoff refused": "The hand-off was refused: the lead stays with you",
    "merged": "Two of the leads are one person",
    "re-engaged": "Your lead acts again",
    "undelivered": "Somebody could not be told of this lead",
    "set aside": "This lead was set aside",
}
_WANTED: Final[Mapping[str, str]] = {
    "accept": "Answer",
    "touch": "Get in touch",
    "attempts": "Try often enough",
    "next_step": "Take the next step",
    "handoff": "Answer",
    "queue": "Give it out",
    "dispute": "Rule",
}


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be told about one lead, as it was decided: the body of an errand.

    `notify`: the addresses of the person; `zone` is where their clocks are. `again`: it was given up once,
    and is tried anew after a while.
    """

    notify: str
    action: Action
    lead: LeadId
    person: str
    stage: str
    why: str
    note: str
    number: int
    deadlines: tuple[Deadline, ...]
    story: tuple[str, ...]
    zone: str | None
    again: bool = False


class Line(msgspec.Struct, frozen=True):
    """One line; with `url`, what can be done about it is behind `label`."""

    text: str
    url: str = ""
    label: str = ""


class Button(msgspec.Struct, frozen=True):
    """Something that can be done; the link leads to a page that asks first."""

    label: str
    url: str


class Letter(msgspec.Struct, frozen=True):
    """What any medium shows. Everything in it may come from outside; each medium escapes it its own way."""

    heading: str
    lines: tuple[Line, ...] = ()
    until: str = ""
    buttons: tuple[Button, ...] = ()


def letter_of(message: Message, buttons: Sequence[Button] = ()) -> Letter:
    """One message."""
    lines = [*message.story, *([f"Note: {message.note}"] if message.note else [])]
    return Letter(
        HEADINGS[message.action],
        tuple(Line(shown(line)) for line in lines),
        "; ".join(until(deadline, message.zone) for deadline in message.deadlines),
        tuple(buttons),
    )


def document_of(message: Message, buttons: Sequence[Button] = ()) -> dict[str, Any]:
    """The same for an address of the person's own; where else they are told is nobody's business."""
    said: dict[str, Any] = msgspec.to_builtins(message)
    del said["notify"]
    return said | ({"actions": {button.label: button.url for button in buttons}} if buttons else {})


def until(deadline: Deadline, zone: str | None) -> str:
    """What is wanted by when, as the person's own clock says it."""
    return f"{_WANTED.get(deadline.name, deadline.name)} by {local(deadline.due_at, zone)}"


def local(at: datetime, zone: str | None) -> str:
    """An instant on a clock in this zone, named; in UTC, where the roster knows none."""
    there = at.astimezone(ZoneInfo(zone or "UTC"))
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M} ({zone or 'UTC'})"


def shown(text: str) -> str:
    """One line of text: no line breaks and other control characters, and not without end."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= LINE_MAX else plain[: LINE_MAX - 1] + "…"
