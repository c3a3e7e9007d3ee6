"""`baton roster`: who can hold leads, in which teams, and how they are told."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

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

KINDS: Final = {
    ".csv": "text/csv",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".json": "application/json",
}

app = typer.Typer(help="Who can hold leads.", no_args_is_help=True)


@app.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(help="A CSV, YAML or JSON file of people.")],
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take people in, or bring them up to date: all of the file or nothing. Others stay as they are.

    Columns: person,name,teams,weight,languages,notify. Several teams: inside=2;spanish.
    """
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        raise Failed(f"{file}: expected a file ending in {', '.join(KINDS)}")
    try:
        body = file.read_bytes()
    except OSError as wrong:
        raise Failed(f"{file}: {wrong.strerror}; name a file of people") from wrong
    with Instance.reach(data, url, key) as instance:
        done = instance.send("/v1/roster", body, kind, about=str(file))
    if as_json:
        print_json(done)
    else:
        print(
            f"{len(done['added'])} added, {len(done['changed'])} changed, {done['unchanged']} as they were."
        )


@app.command()
def show(
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who can hold leads, in which teams, with which weight."""
    with Instance.reach(data, url, key) as instance:
        found = instance.get("/v1/roster")
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nobody is in the roster: take people in with `baton roster import FILE`.")
        return
    table = Table("person", "name", "teams", "languages", "told at", "", box=None)
    for one in found:
        teams = ", ".join(f"{team}={weight}" for team, weight in one["teams"].items())
        active = "" if one["active"] else "left"
        languages = ", ".join(one["languages"])
        table.add_row(one["person"], one["name"], teams, languages, one["notify"] or "", active)
    Console().print(table)
