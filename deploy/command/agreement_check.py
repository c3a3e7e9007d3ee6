"""`baton agreement check`: everything that is wrong with an agreement, and what is not enforced yet."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.command.asking import JsonOption, print_json
from deploy.command.failing import NO


def check(
    files: Annotated[list[Path], typer.Argument(help="Agreements to check.")],
    as_json: JsonOption = False,
) -> None:
    """Find every problem, each with file, line and column. Exit code 1 if there is one."""
    checked = [_checked(file) for file in files]
    if as_json:
        print_json(checked)
    else:
        for one in checked:
            _print(one)
    if any(one["problems"] for one in checked):
        raise typer.Exit(NO)


def _checked(file: Path) -> dict[str, Any]:
    from shared.agreement import AgreementInvalid, load, not_enforced_yet

    try:
        found = load(file)
    except AgreementInvalid as wrong:
        problems = [
            {"file": p.file, "line": p.line, "column": p.column, "message": p.message} for p in wrong.problems
        ]
        return {"file": str(file), "valid": False, "problems": problems, "not_enforced_yet": []}
    notes = not_enforced_yet(found)
    return {
        "file": str(file),
        "valid": True,
        "agreement": found.ref,
        "problems": [],
        "not_enforced_yet": notes,
    }


def _print(one: dict[str, Any]) -> None:
    for p in one["problems"]:
        print(f"{p['file']}:{p['line']}:{p['column']}: {p['message']}")
    if one["problems"]:
        count = len(one["problems"])
        print(f"{one['file']} is not valid: {count} problem{'s' if count > 1 else ''}.")
        return
    print(f"{one['file']} is valid: {one['agreement']}.")
    for note in one["not_enforced_yet"]:
        print(f"  not enforced yet: {note}")
