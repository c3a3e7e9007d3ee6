"""`baton parked`: events that could not be handled, kept with their reason until they are replayed."""

from typing import Annotated

import typer

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.failing import NO, Failed
from deploy.command.words import clock_time

app = typer.Typer(help="What could not be handled, and is kept until it can.", no_args_is_help=True)
PlaceArgument = Annotated[str, typer.Argument(help="Which one, as `baton parked list` writes it: scoring/3.")]


@app.command("list")
@asks
def list_parked(
    instance: Instance,
    as_json: JsonOption = False,
) -> None:
    """What is parked, oldest first, with its reason and who answers for it."""
    found = sorted(instance.collect("/v1/parked", "service", "id"), key=lambda one: one["parked_at"])
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nothing is parked.")
        return
    for one in found:
        # A webhook that nobody understood is no lead's yet: what it is parked under names none.
        what = one["type"] if one["type"] == "webhook" else f"{one['type']} of lead {one['lead']}"
        print(f"{one['service']}/{one['id']}  {clock_time(one['parked_at'])}  {what}")
        print(f"  {one['reason']}")
        print(f"  {one['owner']} answers for it")
    more = sum(one["parked"] for one in instance.collect("/v1/status", "service")) - len(found)
    if more > 0:
        print(f"and {more} more, which came later: they are listed when these are replayed")


@app.command()
@asks
def show(
    instance: Instance,
    which: PlaceArgument,
) -> None:
    """One item with its body, as JSON."""
    print_json(instance.get(_path(which)))


@app.command()
@asks
def replay(
    instance: Instance,
    which: PlaceArgument,
    as_json: JsonOption = False,
) -> None:
    """Handle the parked events of its lead again, in order. Exit code 1 if one still can not be handled."""
    done = instance.post(f"{_path(which)}/replay")
    if as_json:
        print_json(done)
    else:
        print(f"{done['handled']} handled.")
    if done["stopped_by"]:
        raise Failed(f"the next still can not be handled: {done['stopped_by']}", NO)


def _path(which: str) -> str:
    service, slash, number = which.partition("/")
    if not slash or not number.isdecimal() or not service.isalpha():
        raise Failed(f"{which!r} is none: write it as `baton parked list` does, such as scoring/3")
    return f"/v1/parked/{service}/{number}"
