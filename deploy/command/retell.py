"""`baton retell`: what a service missed of leads, because Kafka deleted it unread, is told again."""

from typing import Annotated
from urllib.parse import quote

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
from deploy.command.failing import Failed
from deploy.command.words import counted, read_instant

LeadsArgument = Annotated[list[str] | None, typer.Argument(metavar="LEAD...", help="Leads, by their ids.")]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="All of whom something came since 2026-11-27 or 2026-11-27T08:00, in UTC; and whoever was "
        "merged or erased, ever.",
    ),
]


def retell(
    leads: LeadsArgument = None,
    since: SinceOption = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell every service again what ingest knows of leads. Who has handled it already does nothing."""
    if bool(leads) == (since is not None):
        raise Failed("name leads, by their ids; or say --since")
    asked = None if since is None else read_instant(since)
    with Instance.reach(data, url, key) as instance:
        if asked is not None:
            said = instance.post_for_all("/v1/retell", {"since": asked})
        else:
            said = [instance.post(f"/v1/leads/{quote(lead, safe='')}/retell") for lead in leads or []]
    if as_json:
        print_json(said)
        return
    events = counted(sum(len(one["said"]) for one in said), "event")
    print(f"{events} of {counted(len(said), 'lead')} said again.")
