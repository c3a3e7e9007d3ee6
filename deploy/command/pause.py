"""`baton pause` and `baton resume`: nothing new is given to a person or a team for a while."""

from typing import Annotated
from urllib.parse import quote

import typer

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.words import clock_time

app = typer.Typer(help="Give nothing new to a person or a team.", no_args_is_help=True)
resuming = typer.Typer(help="Give leads to a person or a team again.", no_args_is_help=True)
TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="A team of the agreement.")]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Their work e-mail address.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why; receipts say it.")]


@app.command("team")
@asks
def pause_team(
    instance: Instance,
    name: TeamArgument,
    because: BecauseOption,
) -> None:
    """What comes to this team waits in its queue, and its deputy answers."""
    _pause("team", name, because, instance)


@app.command("rep")
@asks
def pause_rep(
    instance: Instance,
    name: PersonArgument,
    because: BecauseOption,
) -> None:
    """This person is given nothing new, and keeps what they have."""
    _pause("rep", name, because, instance)


@app.command("list")
@asks
def list_pauses(
    instance: Instance,
    past: Annotated[bool, typer.Option("--past", help="Also those that are over.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Who is paused, since when, by whom and why."""
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
@asks
def resume_team(
    instance: Instance,
    name: TeamArgument,
    because: BecauseOption = "",
) -> None:
    """What waits in the team's queue is given out."""
    _resume("team", name, because, instance)


@resuming.command("rep")
@asks
def resume_rep(
    instance: Instance,
    name: PersonArgument,
    because: BecauseOption = "",
) -> None:
    """This person is given leads again, those first that wait."""
    _resume("rep", name, because, instance)


def _pause(kind: str, name: str, because: str, instance: Instance) -> None:
    done = instance.post("/v1/pauses", {"kind": kind, "name": name, "because": because})
    print(f"{name} is paused because {done['because']}, by {done['by']}.")


def _resume(kind: str, name: str, because: str, instance: Instance) -> None:
    instance.delete(f"/v1/pauses/{kind}/{quote(name, safe='@')}?because={quote(because)}")
    print(f"{name} is resumed.")
