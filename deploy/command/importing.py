"""`baton import`: the good rows of a CSV file go in; the others say why not, with their line."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.command.asking import (
    DEFAULT_DATA,
    DataOption,
    Instance,
    JsonOption,
    KeyOption,
    UrlOption,
    print_json,
)
from deploy.command.failing import NO

if TYPE_CHECKING:
    from deploy.command.table import Row, Table

ROWS_PER_CALL: Final = 250
ERRORS_SHOWN: Final = 20


@dataclass(slots=True)
class Outcome:
    """What became of a file."""

    rows: int = 0
    new: int = 0
    repeated: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    not_imported: list[str] = field(default_factory=list)

    def note(self, row: "Row", answer: dict[str, Any]) -> None:
        """Count one row. `answer`: what was said of it; empty if it was not sent, as it could not be read."""
        self.rows += 1
        wrong = row.wrong or answer["error"]
        if wrong:
            self.failed.append({"line": row.line, "reason": wrong})
        elif answer["repeated"]:
            self.repeated += 1
        else:
            self.new += 1


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names its columns.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column is: --map mql_id=own_id"),
    ] = None,
    source: Annotated[str, typer.Option(help="Whose rows these are; ids in own_id are theirs.")] = "import",
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import leads from a CSV file. Rows that came before do nothing again. Exit code 1 if rows failed."""
    from deploy.command.table import open_table  # Knows the agreement's words, which other commands need not.

    table = open_table(file, map_ or [])
    outcome = Outcome(columns=table.fields, not_imported=table.unknown)
    with Instance.reach(data, url, key) as instance, _progress(quiet=as_json) as progress:
        task = progress.add_task(file.name, total=table.count())
        for rows in _chunks(table):
            answers = _sent(instance, source, [row for row in rows if not row.wrong])
            for row in rows:
                outcome.note(row, answers.get(row.line, {}))
            progress.advance(task, len(rows))
    if as_json:
        print_json(asdict(outcome))
    else:
        _print(file, outcome)
    if outcome.failed:
        raise typer.Exit(NO)


def _sent(instance: Instance, source: str, rows: "Sequence[Row]") -> dict[int, dict[str, Any]]:
    """What was said of each row, by its line."""
    if not rows:
        return {}
    body = {"source": source, "rows": [row.values for row in rows]}
    answers = instance.post("/v1/imports", body)["rows"]
    return {row.line: answer for row, answer in zip(rows, answers, strict=True)}


def _chunks(table: "Table") -> Iterator[Sequence["Row"]]:
    rows = table.rows()
    while chunk := list(islice(rows, ROWS_PER_CALL)):
        yield chunk


def _progress(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet or not sys.stderr.isatty())


def _print(file: Path, outcome: Outcome) -> None:
    known = ", ".join(f"{c} → {f}" if c != f else c for c, f in outcome.columns.items())
    print(f"{file}: {outcome.rows} read, {outcome.new} new, {outcome.repeated} had come before, ", end="")
    print(f"{len(outcome.failed)} failed.")
    print(f"  imported: {known}")
    if outcome.not_imported:
        hint = f"to import one: --map {outcome.not_imported[0]}=FIELD"
        print(f"  left out: {', '.join(outcome.not_imported)} ({hint})")
    for failed in outcome.failed[:ERRORS_SHOWN]:
        print(f"  line {failed['line']}: {failed['reason']}")
    if len(outcome.failed) > ERRORS_SHOWN:
        print(f"  and {len(outcome.failed) - ERRORS_SHOWN} more; see all with --json")
