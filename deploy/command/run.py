"""`baton run`: everything in one process, durable in one folder; says how to send the first lead."""

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.command.asking import DEFAULT_DATA, DataOption
from deploy.command.failing import can_not_start

if TYPE_CHECKING:
    from deploy.run import Ready

FIRST_LEAD: Final = {
    "email": "ana.souza@northwind.example",
    "first_name": "Ana",
    "last_name": "Souza",
    "title": "Head of Operations",
    "company": {"name": "Northwind", "employees": 450, "industry": "manufacturing"},
    "consent": "granted",
    "activity": {"type": "demo_requested"},
}


def run(
    data: DataOption = DEFAULT_DATA,
    agreement: Annotated[
        Path | None,
        typer.Option(help="Begin with this agreement, or change to it.", exists=True, dir_okay=False),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on [BATON_HOST].")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0 takes a free one [BATON_PORT].", min=0, max=65535)
    ] = None,
) -> None:
    """Run all services in this process, durable in --data, until Ctrl-C."""
    from deploy.problems import CannotStart
    from deploy.run import run as run_here

    try:
        pretty = sys.stderr.isatty()
        run_here(data, _tell, agreement=agreement, host=host, port=port, pretty=pretty)
    except CannotStart as wrong:
        raise can_not_start(wrong.problems) from wrong


def _tell(ready: "Ready") -> None:
    folder, own, configuration = ready.embedded.folder, ready.embedded.own, ready.embedded.configuration
    lines = [
        f"Baton listens on {ready.url}, under the agreement {configuration.agreement.ref}.",
        "",
        f"  documentation   {ready.url}/docs",
        f"  a key           {own.source}   (may send leads)",
        *(
            f"  webhooks        POST {ready.url}/hooks/{name}   (its secret: {folder.sources})"
            for name in configuration.sources
        ),
        "",
        "A first lead, from another terminal, and its story:",
        "",
        f"  curl -s {ready.url}/v1/leads \\",
        f"    -H 'Authorization: Bearer {own.source}' \\",
        "    -H 'Content-Type: application/json' \\",
        f"    -d '{json.dumps(FIRST_LEAD)}'",
        f"  {_command()} lead {FIRST_LEAD['email']} --data {folder.path}",
        "",
        *(f"Note: {warning}." for warning in ready.embedded.warnings()),
        "Ctrl-C ends it; nothing that was acknowledged is lost.",
    ]
    print("\n".join(lines), flush=True)


def _command() -> str:
    """How whoever reads it runs this program: its name, if a shell would find it."""
    return "baton" if shutil.which("baton") or not sys.argv[0].endswith("baton") else sys.argv[0]
