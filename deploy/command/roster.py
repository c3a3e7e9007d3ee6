"""`baton roster`: who can hold leads, in which teams, when they work, when they are away."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from deploy.command.asking import (
    DEFAULT_DATA,
    DataOption,
    Instance,
    JsonOption,
    KeyOption,
    UrlOption,
    print_json,
)
from deploy.command.console import plain_console
from deploy.command.failing import Failed
from deploy.command.words import clock_time

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

    Several teams: inside=2;spanish. Absences: 2026-12-24/2026-12-31 pto. All columns: docs/roster.md.
    """
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        raise Failed(f"{file}: expected a file ending in {', '.join(KINDS)}")
    body = _read(file, "a file of people")
    with Instance.reach(data, url, key) as instance:
        done = instance.send("/v1/roster", body, kind, about=str(file))
    if as_json:
        print_json(done)
    else:
        print(
            f"{len(done['added'])} added, {len(done['changed'])} changed, {done['unchanged']} as they were."
        )


@app.command("export")
def export_people(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to: a name ending in .csv, .yaml or .json. Else it is printed."),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Everybody who can hold leads, in the form that `import` reads: nothing changes if it is read again."""
    kind = KINDS.get(file.suffix.lower()) if file is not None else "text/csv"
    if kind is None:
        raise Failed(f"{file}: expected a name ending in {', '.join(KINDS)}")
    with Instance.reach(data, url, key) as instance:
        found = instance.get("/v1/roster/export", format=kind.partition("/")[2])
    document = found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if file is None:
        print(document, end="")
    else:
        file.write_text(document, encoding="utf-8")


@app.command()
def absences(
    source: Annotated[str, typer.Argument(help="A calendar file (.ics), or its https address.")],
    person: Annotated[str, typer.Option("--person", help="Whose absences these are.")],
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Somebody's absences out of a calendar that holds nothing else, instead of those read from it before."""
    path = f"/v1/roster/{quote(person, safe='@')}/absences"
    with Instance.reach(data, url, key) as instance:
        if "://" in source:
            done = instance.post(path, {"from": source})
        else:
            done = instance.send(path, _read(Path(source), "a calendar file"), "text/calendar", about=source)
    if as_json:
        print_json(done)
    else:
        print(f"{person} is away: {_absences(done) or 'never'}.")


@app.command()
def show(
    person: Annotated[
        str | None, typer.Argument(help="One person, with every change and who made it.")
    ] = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who can hold leads: teams with weights, whose hours they work, when they are away, who covers."""
    path = "/v1/roster" if person is None else f"/v1/roster/{quote(person, safe='@')}/history"
    with Instance.reach(data, url, key) as instance:
        found = instance.get(path)
    if as_json:
        print_json(found)
    elif not found:
        print("Nobody is in the roster: take people in with `baton roster import FILE`.")
    elif person is None:
        _print(_everybody(found))
    else:
        _print(_history(found))


def _everybody(found: list[dict[str, Any]]) -> Iterator[str]:
    gone = {one["person"] for one in found if not one["active"]}
    for one in found:
        yield ", ".join(part for part in (one["person"], one["name"]) if part)
        yield from _of(one, gone)


def _history(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes:
        yield f"{change['at'][:19].replace('T', ' ')} UTC, by {change['by']}"
        yield from _of(change["person"])


def _print(lines: Iterator[str]) -> None:
    # No table: eight columns of addresses and hours are cut to pieces in a terminal.
    console = plain_console(highlight=False, soft_wrap=True)
    console.print(*lines, sep="\n")


def _of(one: dict[str, Any], gone: Collection[str] = ()) -> Iterator[str]:
    """What the roster says of somebody, a line each. `gone`: who has left."""
    teams = ", ".join(f"{team}={weight}" for team, weight in one["teams"].items())
    shifts = "; ".join(f"{days} {' '.join(times)}" for days, times in one["shifts"].items())
    works = ", ".join(part for part in (one["calendar"], one["zone"], one["holidays"], shifts) if part)
    said = {
        "teams": teams or "none",
        "can": ", ".join([*one["languages"], *one["skills"]]),
        "works": works or "day and night",
        "away": _absences(one),
        "from": _calendar(one.get("calendar_read")),
        "cover": _cover(one, gone),
        "told at": one["notify"] or "nowhere: no address",
    }
    if not one["active"]:
        yield "  has left"
    yield from (f"  {name:<8} {value}" for name, value in said.items() if value)


def _cover(one: dict[str, Any], gone: Collection[str]) -> str:
    if one["cover"] in gone:
        return f"{one['cover']}, who has left"
    takes_over = ", who takes over" if one["cover"] and one["cover_takes_over"] else ""
    return f"{one['cover'] or ''}{takes_over}"


def _calendar(read: dict[str, Any] | None) -> str:
    if read is None:
        return ""
    well = f"a calendar at {read['server']}, read every hour, last {clock_time(read['read_at'])}"
    since = read["failing_since"]
    return f"{well}; not since {clock_time(since)}: {read['why']}" if since else well


def _absences(one: dict[str, Any]) -> str:
    spans = ((away["begin"], away["end"], away["kind"]) for away in one["absences"])
    return "; ".join(f"{begin}{'' if begin == end else f'/{end}'} {kind}" for begin, end, kind in spans)


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as wrong:
        raise Failed(f"{file}: {wrong.strerror}; name {what}") from wrong
