"""`baton parked`: events that could not be handled, kept with their reason until they are replayed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer

from deploy.command.asking import Instance, JsonOption, asks, print_json
from deploy.command.failing import NO, Failed
from deploy.command.kept import Kept, place
from deploy.command.words import clock_time

app = typer.Typer(help="What could not be handled, and is kept until it can.", no_args_is_help=True)
PARKED: Final = Kept("/v1/parked", since="parked_at", command="parked")
_AS_LISTED = "as `baton parked list` writes it: scoring/3"
PlaceArgument = Annotated[str, typer.Argument(help=f"Which one, {_AS_LISTED}.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, for the log.")]
AllOption = Annotated[bool, typer.Option("--all", help="Everything that is parked, lead by lead.")]
AfterOption = Annotated[
    str | None,
    typer.Option("--after", help=f"Only what the same service parked after this one, {_AS_LISTED}."),
]


@app.command("list")
@asks
def list_parked(
    instance: Instance,
    after: AfterOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is parked, oldest first, with its reason and who answers for it."""
    found = PARKED.page(instance, after)
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nothing is parked." if after is None else "Nothing else is parked there.")
        return
    for one in found:
        # A webhook that nobody understood is no lead's yet: what it is parked under names none.
        what = one["type"] if one["type"] == "webhook" else f"{one['type']} of lead {one['lead']}"
        print(f"{place(one)}  {clock_time(one['parked_at'])}  {what}")
        print(f"  {one['reason']}")
        print(f"  {one['owner']} answers for it")
    PARKED.tell_more(instance, found)


@app.command()
@asks
def show(
    instance: Instance,
    which: PlaceArgument,
) -> None:
    """One item with its body, as JSON."""
    print_json(instance.get(PARKED.at(which)))


@app.command()
@asks
def replay(
    instance: Instance,
    which: Annotated[str | None, typer.Argument(help=f"One of the lead's, {_AS_LISTED}.")] = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Handle the parked events of its lead again, in order. Exit code 1 if one still can not be handled."""
    if (which is None) != everything:
        raise Failed(f"name one, {_AS_LISTED}; or say --all")
    if which is not None:
        done = [instance.post(f"{PARKED.at(which)}/replay")]
    else:
        done = PARKED.each([*_one_of_each_lead(instance)], lambda path: instance.post(f"{path}/replay"))
    if as_json:
        print_json(done if everything else done[0])
    else:
        print(f"{sum(one['handled'] for one in done)} handled.")
    stopped = [one["stopped_by"] for one in done if one["stopped_by"]]
    if stopped:
        others = f" (and of {len(stopped) - 1} leads more)" if len(stopped) > 1 else ""
        raise Failed(f"the next still can not be handled: {stopped[0]}{others}", NO)


@app.command()
@asks
def discard(
    instance: Instance,
    which: PlaceArgument,
    because: BecauseOption,
) -> None:
    """Never handle one of them: what is no event, or was handled before. Then replay what waits behind it."""
    instance.post(f"{PARKED.at(which)}/discard", {"because": because})
    print(f"{which} is discarded, and the log keeps why. What waits behind it can be replayed now.")


def _one_of_each_lead(instance: Instance) -> Iterator[Mapping[str, Any]]:
    """The first parked event of every lead in every service."""
    seen: set[tuple[str, str]] = set()
    for one in PARKED.everything(instance):
        if (one["service"], one["lead"]) not in seen:
            seen.add((one["service"], one["lead"]))
            yield one
