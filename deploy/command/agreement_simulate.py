"""`baton agreement simulate`: recorded leads again, through a new version and beside what was in force."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.command.agreement_read import all_versions, loaded
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
from deploy.folder import Folder

if TYPE_CHECKING:
    from deploy.simulating.records import History
    from services.routing.domain.people.roster import Row
    from shared.contracts.history import Recorded

WIDTH_MIN: Final = 100
SINCE: Final = "90d"
EACH: Final = "20m"
HEADINGS: Final = {
    "grades": "grade",
    "segments": "segment",
    "places": "goes to",
    "fast_lanes": "fast lane",
    "set_aside": "set aside",
}
STEP: Final = 500
"""How many leads pass between two looks at the progress."""

SinceOption = Annotated[
    str | None,
    typer.Option(help=f"Leads captured since: 90d, or 2026-08-01. Without it {SINCE}; of a file, all."),
]
OldOption = Annotated[
    Path | None,
    typer.Option("--old", help="What was in force, a file or a folder of versions; else those in --data."),
]
FromOption = Annotated[
    Path | None, typer.Option("--from", help="A file of recorded leads, a JSON line each; nobody is asked.")
]
RosterOption = Annotated[
    Path | None, typer.Option("--roster", help="Who is given leads, a CSV file; else the instance's roster.")
]
EachOption = Annotated[str, typer.Option("--each", help="How long a rep works on one lead.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a page with pictures there too.")]


def simulate(
    new: Annotated[Path, typer.Argument(help="The agreement as it shall be.")],
    since: SinceOption = None,
    old: OldOption = None,
    file: FromOption = None,
    roster: RosterOption = None,
    each: EachOption = EACH,
    html: HtmlOption = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run recorded leads again: which would be MQLs with a new version, who would have them, who be late.

    It is compared with what was in force by the files' effective_from, however late that really took over.
    """
    from deploy.simulating.comparison import Comparison
    from deploy.simulating.page import page
    from deploy.simulating.records import History, captured_since
    from deploy.simulating.replayed import replayed
    from deploy.simulating.report import document
    from services.scoring.domain.simulated import FOREVER

    start, works = _start(since, file), span("--each", each)
    rows = _roster(roster, file, data, url, key)
    versions, now = all_versions(_in_force(old, file, data, url)), datetime.now(UTC)
    comparison = Comparison(versions, loaded(new), now if file is None else FOREVER, rows is not None)
    history = History.of_file(file) if file is not None else History.of_instance(data, url, key, start)
    for recorded in captured_since(_watched(history, quiet=as_json), start):
        comparison.add(recorded)
    found = document(comparison, start, history.complete_from, now)
    if rows is not None:
        found["routing"] = replayed(comparison, rows, works)
    if html is not None:
        write_page(html, page(found))
    if as_json:
        print_json(found)
    else:
        _print(found)


def _in_force(old: Path | None, file: Path | None, data: Path, url: str | None) -> Path:
    if old is not None:
        return old
    if file is not None or url is not None:
        raise Failed(
            "name what was in force with --old, a file or a folder of versions: it is not known from here"
        )
    return Folder(data).agreements


def _roster(
    roster: Path | None, file: Path | None, data: Path, url: str | None, key: str | None
) -> "Sequence[Row] | None":
    """Who is given leads. None, if nobody is known here."""
    from deploy.problems import CannotStart
    from deploy.roster import read_rows
    from services.routing.domain.people.roster import Row

    if roster is not None:
        try:
            return read_rows(roster)
        except CannotStart as wrong:
            raise Failed("; ".join(wrong.problems)) from wrong
    if file is not None:
        return None
    with Instance.reach(data, url, key) as instance:
        try:
            people = instance.get("/v1/roster/export", format="json")
        except Failed:  # A key of marketing may read leads, and not who is away.
            return None
    return [Row(f"entry {number}", fields) for number, fields in enumerate(people, 1)] or None


def span(option: str, written: str) -> timedelta:
    """How long an option says. Raises Failed."""
    from shared.agreement.reading.durations import duration

    try:
        return duration(written)
    except ValueError as wrong:
        raise Failed(f"{option} {written}: {wrong}") from wrong


def _start(since: str | None, file: Path | None) -> datetime | None:
    from shared.agreement.reading.durations import duration, instant

    if since is None and file is not None:
        return None
    asked = since or SINCE
    try:
        return instant(asked) if asked[:4].isdigit() and "-" in asked else datetime.now(UTC) - duration(asked)
    except ValueError as wrong:
        raise Failed(f"--since {asked}: write a duration such as 90d, or a day such as 2026-08-01") from wrong


def _watched(history: "History", *, quiet: bool) -> "Iterator[Recorded]":
    """The leads, with a bar that says how many have passed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = not quiet and sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as progress:
        task = progress.add_task("leads", total=history.total)
        for number, lead in enumerate(history.leads, start=1):
            yield lead
            if number % STEP == 0:
                progress.update(task, completed=number)


def write_page(html: Path, page: str) -> None:
    """Put a page where an option says. Raises Failed."""
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as wrong:
        raise Failed(f"{html} can not be written: {wrong.strerror}; name another file") from wrong


def _print(found: dict[str, Any]) -> None:
    from deploy.simulating.report import in_words, moved_in_words

    console = plain_console(highlight=False, soft_wrap=True, width=max(WIDTH_MIN, Console().width))
    console.print(*in_words(found), sep="\n")
    for what, heading in HEADINGS.items():
        if found[what]["totals"]:
            console.print()
            console.print(_totals(heading, found[what]["totals"]))
            if found[what]["moved"]:
                console.print(f" moved: {moved_in_words(found[what]['moved'])}")
    if "old" in found.get("routing", {}):
        console.print()
        console.print(_routing(found["routing"]))
    for what in ("gained", "lost"):
        if found[what]:
            console.print()
            console.print(_leads(what, found))


def _totals(heading: str, totals: dict[str, dict[str, int]]) -> Table:
    table = Table(box=None)
    table.add_column(heading, overflow="fold")
    for name in ("old", "new", "change"):
        table.add_column(name, justify="right")
    for name, number in totals.items():
        old, new = number["old"], number["new"]
        table.add_row(name, f"{old:,}", f"{new:,}", f"{new - old:+,}" if new != old else "")
    return table


def _routing(found: dict[str, Any]) -> Table:
    from deploy.simulating.replayed import lines

    table = Table(box=None)
    table.add_column("with the roster", overflow="fold")
    for name in ("old", "new"):
        table.add_column(name, justify="right")
    for line in lines(found):
        table.add_row(*line)
    return table


def _leads(what: str, found: dict[str, Any]) -> Table:
    number, shown = found["mqls"][what], len(found[what])
    table = Table(box=None)
    table.add_column(f"{what}, the first {shown} of {number:,}" if number > shown else what, overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("lacks with the old" if what == "gained" else "lacks with the new", overflow="fold")
    for lead in found[what]:
        table.add_row(lead["lead"], f"{lead['old_score']} → {lead['new_score']}", lead["why"])
    return table
