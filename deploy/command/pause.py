"""`baton pause` and `baton resume`: nothing new is given to a person or a team for a while."""

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
from deploy.command.words import clock_time

app = typer.Typer(help="Give nothing new to a person or a team.", no_args_is_help=True)
resuming = typer.Typer(help="Give leads to a person or a team again.", no_args_is_help=True)
TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="A team of the agreement.")]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Their work e-mail address.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why; receipts say it.")]


@app.command("team")
def pause_team(
    name: TeamArgument,
    because: BecauseOption,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """What comes to this team waits in its queue, and its deputy answers."""
    _pause("team", name, because, Instance.reach(data, url, key))


@app.command("rep")
def pause_rep(
    name: PersonArgument,
    because: BecauseOption,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """This person is given nothing new, and keeps what they have."""
    _pause("rep", name, because, Instance.reach(data, url, key))


@app.command("list")
def list_pauses(
    past: Annotated[bool, typer.Option("--past", help="Also those that are over.")] = False,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is paused, since when, by whom and why."""
    with Instance.reach(data, url, key) as instance:
        found = instance.get("/v1/pauses", past=str(past).lower())
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nobody is paused.")
    for one in found:
        until = f" until {clock_time(one['until'])}, resumed by {one['resumed_by']}" if one["until"] else ""
        print(
            f"{one['kind']} {one['name']}: since {clock_time(one['since'])}{until}, because {one['because']},"
            f" by {one['by']}"
        )


@resuming.command("team")
def resume_team(
    name: TeamArgument,
    because: BecauseOption = "",
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """What waits in the team's queue is given out."""
    _resume("team", name, because, Instance.reach(data, url, key))


@resuming.command("rep")
def resume_rep(
    name: PersonArgument,
    because: BecauseOption = "",
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """This person is given leads again, those first that wait."""
    _resume("rep", name, because, Instance.reach(data, url, key))


def _pause(kind: str, name: str, because: str, reached: Instance) -> None:
    with reached as instance:
        done = instance.post("/v1/pauses", {"kind": kind, "name": name, "because": because})
    print(f"{name} is paused because {done['because']}, by {done['by']}.")


def _resume(kind: str, name: str, because: str, reached: Instance) -> None:
    with reached as instance:
        instance.delete(f"/v1/pauses/{kind}/{quote(name, safe='@')}?because={quote(because)}")
    print(f"{name} is resumed.")
