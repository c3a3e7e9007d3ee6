"""`baton team`: how evenly a team's leads were shared, and what explains each difference."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.console import plain_console
from deploy.command.words import clock_time


@asks
def team(
    instance: Instance,
    name: Annotated[str, typer.Argument(metavar="TEAM", help="A team of the agreement.")],
    as_json: JsonOption = False,
) -> None:
    """Show who of a team was given how much, what their share is, and why the two differ."""
    found = instance.get(f"/v1/teams/{quote(name)}/fairness")
    if as_json:
        print_json(found)
        return
    print(f"Team {found['team']}: {found['turn']}. {_leads(found['given'])} given since the ledger began.")
    plain_console().print(_members(found["members"]))
    for member in found["members"]:
        for line in member["why"]:
            print(f"  {member['person']}: {line}")
    for entry in found["newest"]:
        lead = f", lead {entry['lead']}" if entry["lead"] else ""
        print(f"  {clock_time(entry['at'])}  {entry['person']}: {entry['kind']}{lead}: {entry['reason']}")


def _members(members: list[dict[str, Any]]) -> Table:
    table = Table("person", box=None)
    for column in ("weight", "given", "by turn", "worth", "share", "by weight", "owed", "scores"):
        table.add_column(column, justify="right")
    for one in members:
        shares = (f"{one[name]:.1f}" for name in ("share", "by_weight"))
        counts = (str(one[name]) for name in ("weight", "given", "turns", "worth"))
        table.add_row(one["person"], *counts, *shares, f"{one['owed']:+.2f}", str(one["score"]))
    return table


def _leads(count: int) -> str:
    return "1 lead was" if count == 1 else f"{count} leads were"
