"""`baton agreement`: start one, check it, read it in words, see what a new version changes, try it, plan."""

from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from deploy.command.agreement_check import check
from deploy.command.agreement_plan import plan
from deploy.command.agreement_read import loaded
from deploy.command.agreement_simulate import simulate
from deploy.command.agreement_undo import undo
from deploy.command.asking import JsonOption, print_json
from deploy.command.failing import NO, Failed
from deploy.folder import STARTER

NEW: Final = Path("agreement.yaml")

app = typer.Typer(help="The agreement between marketing and sales.", no_args_is_help=True)


@app.callback()
def agreement() -> None:
    """The agreement between marketing and sales."""


def init(file: Annotated[Path, typer.Argument(help="The file to write.")] = NEW) -> None:
    """Write an agreement to start from, one page with comments. A file that is there stays as it is."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(STARTER.read_text(encoding="utf-8"))
    except FileExistsError as taken:
        raise Failed(f"{file} is there already, and stays as it is; name another file", NO) from taken
    except OSError as wrong:
        raise Failed(f"{file} can not be written: {wrong.strerror}; name another file") from wrong
    print(f"{file} is written. Put your people in, then: baton agreement check {file}")


def explain(file: Annotated[Path, typer.Argument(help="The agreement.")]) -> None:
    """Say the whole agreement in words, as both departments would sign it. Markdown."""
    from shared.agreement.prose import explain as in_prose

    print(in_prose(loaded(file)), end="")


def diff(
    old: Annotated[Path, typer.Argument(help="The agreement as it was.")],
    new: Annotated[Path, typer.Argument(help="The agreement as it shall be.")],
    as_json: JsonOption = False,
) -> None:
    """Say in words what a new version changes, the most consequential first."""
    from shared.agreement.changes import changes

    before, after = loaded(old, is_agreed=True), loaded(new)
    found = changes(before, after)
    if as_json:
        print_json([_as_document(change) for change in found])
        return
    if not found:
        print("Both mean the same.")
    for heading, some in groupby(found, key=lambda change: change.heading):
        print(heading)
        for change in some:
            print(f"  {change.sentence}")
    if before.ref != after.ref and before.effective_from == after.effective_from:
        since = f"{after.effective_from:%Y-%m-%d %H:%M} UTC"
        print(f"Both are meant from {since} on: give the new one another effective_from before it is read.")


def _as_document(change: Any) -> dict[str, Any]:
    return {
        "heading": change.heading,
        "kind": change.kind,
        "path": list(change.path),
        "before": change.before,
        "after": change.after,
        "effect": change.effect,
        "sentence": change.sentence,
    }


def schema() -> None:
    """Print the JSON Schema of an agreement: with it, an editor completes names and marks mistakes."""
    from shared.agreement.schema import schema as of_the_file

    print_json(of_the_file())


app.command("init")(init)
app.command("check")(check)
app.command("explain")(explain)
app.command("diff")(diff)
app.command("simulate")(simulate)
app.command("undo")(undo)
app.command("plan")(plan)
app.command("schema")(schema)
