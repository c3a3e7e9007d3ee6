"""`baton keys`: who may call which part of the API."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploy.command.asking import (
    DEFAULT_DATA,
    DataOption,
    Instance,
    JsonOption,
    KeyOption,
    UrlOption,
    asks,
    print_json,
)
from deploy.command.console import plain_console
from deploy.command.failing import Failed
from shared.terms import Role

app = typer.Typer(help="Who may call which part of the API.", no_args_is_help=True)


@app.command("list")
@asks
def list_keys(
    instance: Instance,
    as_json: JsonOption = False,
) -> None:
    """Who has a key."""
    found = instance.collect("/v1/keys", "id")
    if as_json:
        print_json(found)
        return
    table = Table("id", "name", "role", "person", box=None)
    for one in found:
        table.add_row(one["id"], one["name"], one["role"], one["person"] or "")
    plain_console().print(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    person: Annotated[
        str | None, typer.Option(help="The rep's work e-mail address, for the role rep.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Write it into this key file, asking nobody: so the first key of all is made."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is shown this once."""
    if file is not None:
        made = _written(file, name, role, person)
    else:
        with Instance.reach(data, url, key) as instance:
            made = instance.post("/v1/keys", {"name": name, "role": role, "person": person})
    if as_json:
        print_json(made)
    else:
        print(made["key"])


def _written(file: Path, name: str, role: Role, person: str | None) -> dict[str, str]:
    from deploy.keyfile import open_ring, wrong_with_key
    from deploy.problems import CannotStart

    if refused := wrong_with_key(name, role, person):
        raise Failed(f"{refused[0]}: {refused[1]}")
    try:
        return {"key": open_ring(file).add(name, role, person)}
    except CannotStart as wrong:
        raise Failed("; ".join(wrong.problems)) from wrong
    except OSError as wrong:
        raise Failed(f"{file}: {wrong.strerror}; name a file in a folder that is there") from wrong


@app.command()
@asks
def revoke(
    instance: Instance,
    key_id: Annotated[str, typer.Argument(help="Its id, from `baton keys list`.")],
) -> None:
    """From now on this key opens nothing."""
    instance.delete(f"/v1/keys/{key_id}")
    print(f"The key {key_id} opens nothing any more.")
