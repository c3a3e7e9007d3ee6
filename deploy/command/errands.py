"""`baton errands`: calls to tools and people that were given up, until they are tried again or dropped."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from deploy.command.asking import Instance, JsonOption, asks, print_json
from deploy.command.failing import Failed
from deploy.command.kept import Kept, place
from deploy.command.words import clock_time

app = typer.Typer(help="Calls to tools and people that were given up.", no_args_is_help=True)
ERRANDS: Final = Kept("/v1/errands", since="written_at", command="errands")
_AS_LISTED: Final = "as `baton errands list` writes it: routing/3"
WhichArgument = Annotated[str | None, typer.Argument(help=f"Which one, {_AS_LISTED}.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="All that went to this destination, as it is listed, such as crm.")
]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, for the log.")]
AfterOption = Annotated[
    str | None,
    typer.Option("--after", help=f"Only what the same service wrote after this one, {_AS_LISTED}."),
]


@app.command("list")
@asks
def list_errands(instance: Instance, after: AfterOption = None, as_json: JsonOption = False) -> None:
    """What was given up, oldest first, with where it went and why it failed."""
    found = ERRANDS.page(instance, after)
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nothing was given up." if after is None else "Nothing else was given up there.")
        return
    for one in found:
        what = f"{one['action']} to {one['destination']}, of {one['lead']}"
        print(f"{place(one)}  {clock_time(one['written_at'])}  {what}")
        print(f"  tried {one['attempts']} times: {one['reason']}")
    ERRANDS.tell_more(instance, found)


@app.command()
@asks
def retry(instance: Instance, which: WhichArgument = None, to: ToOption = None) -> None:
    """Try it once more, soon; if that fails, it is given up again."""
    tried = _each(instance, which, to, lambda path: instance.post(f"{path}/retry"))
    print(f"{tried} tried again; what fails is listed again.")


@app.command()
@asks
def drop(
    instance: Instance, because: BecauseOption, which: WhichArgument = None, to: ToOption = None
) -> None:
    """Never try it again."""
    dropped = _each(instance, which, to, lambda path: instance.post(f"{path}/drop", {"because": because}))
    print(f"{dropped} dropped, and the log keeps why.")


def _each(instance: Instance, which: str | None, to: str | None, do: Callable[[str], Any]) -> int:
    """Do it to the one that is named, or to all that went to `to`. Returns to how many."""
    if (which is None) == (to is None):
        raise Failed(f"name one, {_AS_LISTED}; or all of a destination: --to crm")
    if which is not None:
        do(ERRANDS.at(which))
        return 1
    found = [one for one in ERRANDS.everything(instance) if one["destination"] == to]
    return len(ERRANDS.each(found, do))
