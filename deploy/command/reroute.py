"""`baton reroute`: held leads that went the wrong way are routed again, or it is shown what would happen."""

from typing import Annotated, Any

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

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
from deploy.command.words import read_instant

SinceOption = Annotated[
    str, typer.Option("--since", help="Leads assigned since then: 2026-11-27 or 2026-11-27T08:00, in UTC.")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="And not later than this.")]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", help="A condition as in the agreement: '{company.employees: {at_least: 50}}'."),
]


def reroute(
    since: SinceOption,
    because: Annotated[str, typer.Option("--because", help="Why; receipts say it.")],
    until: UntilOption = None,
    where: WhereOption = None,
    accepted: Annotated[bool, typer.Option("--accepted", help="Also what a rep has accepted.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Route held leads again by the rules of now, a receipt each. What is where it belongs stays."""
    body: dict[str, Any] = {
        "since": read_instant(since),
        "until": None if until is None else read_instant(until),
        "where": None if where is None else _condition(where),
        "because": because,
        "accepted": accepted,
        "dry_run": dry_run,
    }
    with Instance.reach(data, url, key) as instance:
        found = instance.post_for_all("/v1/reroute", body)
    if as_json:
        print_json(found)
    else:
        print("\n".join(_lines(found, dry_run)))


def _lines(found: list[dict[str, Any]], dry_run: bool) -> list[str]:
    lines = [
        f"{one['lead']}: {one['was']}{' -> ' + one['now'] if one['moved'] else ' keeps it'}"
        + (f" ({one['note']})" if one["note"] else "")
        for one in found
    ]
    moved = sum(one["moved"] for one in found)
    return [*lines, f"{moved} of {len(found)} {'would move' if dry_run else 'moved'}."]


def _condition(written: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(written)
    except YAMLError:
        found = None
    if not isinstance(found, dict):
        raise Failed(f"--where expects a condition such as '{{country: DE}}', not {written!r}")
    return found
