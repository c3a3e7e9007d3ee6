"""`baton decision`: why a lead went where it went, and whether it would go there again."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.failing import NO
from deploy.command.words import clock_time

app = typer.Typer(help="Why leads went where they went.", no_args_is_help=True)
ReceiptArgument = Annotated[
    str, typer.Argument(metavar="RECEIPT", help="The lead's id, a point, and the number of the decision.")
]


@app.command("list")
@asks
def list_decisions(
    instance: Instance,
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.")],
    as_json: JsonOption = False,
) -> None:
    """Every decision about a lead that is kept, the first one first."""
    found = instance.get(f"/v1/leads/{quote(lead)}/assignments")
    if as_json:
        print_json(found)
        return
    for one in found:
        print(
            f"{one['receipt']}  {clock_time(one['at'])}  {one['why']}: {one['holder']} ({one['agreement']})"
        )


@app.command()
@asks
def show(
    instance: Instance,
    receipt: ReceiptArgument,
    as_json: JsonOption = False,
) -> None:
    """One decision: each rule tried, each candidate and why not, the turn, the clock; what it was made of."""
    found = instance.get(f"/v1/assignments/{quote(receipt)}")
    if as_json:
        print_json(found)
        return
    print(f"{found['why']}: {found['holder']}, {clock_time(found['at'])}, by {found['agreement']}")
    for line in (*found["lines"], *found["clocks"]):
        print(f"  {line}")
    print("Made of:")
    for line in _inputs(found):
        print(f"  {line}")


@app.command()
@asks
def replay(
    instance: Instance,
    receipt: ReceiptArgument,
    altered: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME=VALUE",
            help="With one input altered: a word of the agreement, as in company.employees=5; or load, "
            "today, owed, roster, declined, paused, and whose: load.bob@acme.example=40. May be given again.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a decision again, with rules, calendars, roster and counters as they were; 1 if it differs."""
    found = instance.get(f"/v1/assignments/{quote(receipt)}/replay", **{"with": altered or []})
    if as_json:
        print_json(found)
    elif found["same"]:
        print(f"The same: {found['holder']} has it.")
    else:
        print(f"Not the same: {found['holder']} has it.")
        for line in found["differs"]:
            print(f"  {line}")
        for line in found["guessed"]:
            print(f"  not sure: {line}")
    if not found["same"]:
        raise typer.Exit(NO)


def _inputs(found: dict[str, Any]) -> list[str]:
    lines = [f"{name} = {value}" for name, value in found["facts"].items()]
    lines += [f"list {name}: {fingerprint[:12]}" for name, fingerprint in found["lists"].items()]
    lines += [f"{who}: roster version {version}" for who, version in found["roster"].items() if version]
    owed = ((team, who, leads) for team, each in found["owed"].items() for who, leads in each.items())
    lines += [f"{team} owes {who} {leads} of a lead" for team, who, leads in owed]
    lines += [f"{who}: {count} open leads" for who, count in found["load"].items()]
    return [*lines, *(f"{who}: {count} leads that day" for who, count in found["today"].items())]
