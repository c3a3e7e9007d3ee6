"""`baton act`: what a rep, a manager or the arbiter does with a lead; each the same as over HTTP."""

import uuid
from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer

from deploy.command.asking import (
    DEFAULT_DATA,
    DataOption,
    Instance,
    JsonOption,
    KeyOption,
    UrlOption,
    print_json,
)
from deploy.command.failing import WRONG, Failed
from shared.unknown import expected_one_of

PATHS: Final = {
    "accept": "/v1/leads/{}/accept",
    "reject": "/v1/leads/{}/reject",
    "contact": "/v1/leads/{}/contact",
    "meeting": "/v1/leads/{}/meetings",
    "held": "/v1/leads/{}/meetings/held",
    "missed": "/v1/leads/{}/meetings/missed",
    "cancelled": "/v1/leads/{}/meetings/cancelled",
    "snooze": "/v1/leads/{}/snooze",
    "qualify": "/v1/leads/{}/qualify",
    "disqualify": "/v1/leads/{}/disqualify",
    "take-over": "/v1/leads/{}/handoff/accept",
    "refuse": "/v1/leads/{}/handoff/refuse",
    "won": "/v1/leads/{}/won",
    "lost": "/v1/leads/{}/lost",
    "ruling": "/v1/disputes/{}/ruling",
}


def act(
    lead: Annotated[
        str, typer.Argument(metavar="ID", help="The lead's id, as messages and `baton lead` say.")
    ],
    what: Annotated[str, typer.Argument(metavar="WHAT", help=f"One of {', '.join(PATHS)}.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Such as reason=bad-timing, or answers.need='a new line'."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do something with a lead, as whoever the key stands for (`baton keys add`)."""
    if what not in PATHS:
        raise Failed(f"nobody can do that: {expected_one_of(PATHS, what)}", WRONG)
    body = body_of(fields or ())
    with Instance.reach(data, url, key) as instance:
        found = instance.post(PATHS[what].format(lead), body, once=str(uuid.uuid4()))
    if as_json:
        print_json(found)
        return
    print(_where(found))


def body_of(fields: Iterable[str]) -> dict[str, Any]:
    """What is written as name=value; a name with a dot is a part of the one before it. Raises Failed."""
    body: dict[str, Any] = {}
    for field in fields:
        name, is_given, value = field.partition("=")
        if not is_given or not name:
            raise Failed(f"'{field}' gives no value: write name=value, such as reason=bad-timing", WRONG)
        whole, _, part = name.partition(".")
        if part:
            body.setdefault(whole, {})[part] = value
        else:
            body[name] = value
    return body


def _where(found: dict[str, Any]) -> str:
    if found["standing"] == "ended":
        return "its journey is over"
    offered = f"; offered to {found['handoff_to']}" if found["handoff_to"] else ""
    meeting = f"; a meeting is at {found['meeting_at']}" if found["meeting_at"] else ""
    clocks = "".join(f"; {one['name']} by {one['due_at']}" for one in found["deadlines"])
    return f"{found['stage']}: {found['answers']} answers{offered}{meeting}{clocks}"
