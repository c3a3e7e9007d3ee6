"""`baton simulate week`: a roster and an agreement lived through for a week, before anybody has to."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from deploy.command.agreement_read import loaded
from deploy.command.agreement_simulate import span, write_page
from deploy.command.asking import JsonOption, print_json
from deploy.command.console import plain_console
from deploy.command.failing import NO, Failed, can_not_start
from deploy.command.words import duration as in_words

if TYPE_CHECKING:
    from deploy.week.reps import Habits
    from deploy.week.script import Script
    from services.routing.domain.people.roster import Row

EXAMPLE: Final = Path(__file__).parents[2] / "agreements" / "large"
WIDTH_MIN: Final = 100
DEFAULT_MONDAY: Final = "2026-12-21"

app = typer.Typer(help="Try things out before they happen.", no_args_is_help=True)

RosterOption = Annotated[Path, typer.Option(help="Who can hold leads: a CSV file, as docs/roster.md has it.")]
AgreementOption = Annotated[Path, typer.Option(help="The rules by which they work.")]
StartOption = Annotated[str, typer.Option("--from", metavar="DAY", help="The first day of the week, in UTC.")]
OutageOption = Annotated[
    str | None,
    typer.Option(help="For so long no message reaches anybody, from the second day 14:00 UTC on: 2h."),
]
HtmlOption = Annotated[Path | None, typer.Option(help="Also write it as one page, for a browser.")]


@app.command()
def week(
    roster: RosterOption = EXAMPLE / "roster.csv",
    agreement: AgreementOption = EXAMPLE / "agreement.yaml",
    leads: Annotated[int, typer.Option(min=0, help="How many people ask over the week.")] = 500,
    monday_import: Annotated[int, typer.Option(min=0, help="How many rows come at 08:00 the first day.")] = 0,
    slack_outage: OutageOption = None,
    accepts: Annotated[float, typer.Option(min=0, max=1, help="Chance that a rep says yes.")] = 0.9,
    rejects: Annotated[float, typer.Option(min=0, max=1, help="That they say no; else nothing.")] = 0.04,
    contacts: Annotated[float, typer.Option(min=0, max=1, help="That they call what they accepted.")] = 0.95,
    start: StartOption = DEFAULT_MONDAY,
    seed: Annotated[int, typer.Option(help="Which dice; the same seed gives the same week.")] = 1,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Play a week with the real services on a virtual clock: who got what and why, which clocks were kept.

    Without files it is the large example: three zones at Christmas.
    """
    from deploy.week.page import page
    from deploy.week.script import Script
    from shared.runtime.log import configure_logs

    configure_logs("error")
    habits, rows = _habits(accepts, rejects, contacts), _rows(roster)
    outage = span("--slack-outage", slack_outage) if slack_outage is not None else timedelta(0)
    script = Script(loaded(agreement), rows, _day(start), leads, monday_import, outage, habits, seed)
    found = _played(script, quietly=as_json)
    if html is not None:
        write_page(html, page(found, _summary(found)))
    print_json(found) if as_json else show(found)


def _rows(roster: Path) -> "list[Row]":
    from deploy.problems import CannotStart
    from deploy.roster import read_rows

    try:
        return read_rows(roster)
    except CannotStart as wrong:
        raise can_not_start(wrong.problems) from wrong


def _played(script: "Script", *, quietly: bool) -> dict[str, Any]:
    from deploy.week.play import play
    from services.routing.domain.people.roster import RosterInvalid

    if not quietly and sys.stderr.isatty():
        typer.echo("A week takes some seconds for each hundred leads …", err=True)
    try:
        return play(script)
    except RosterInvalid as wrong:
        raise Failed("\n  ".join(["the roster is not valid:", *wrong.errors]), NO) from wrong


def _day(written: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(written), time(), UTC)
    except ValueError as wrong:
        raise Failed(f"--from {written}: write a day such as {DEFAULT_MONDAY}") from wrong


def show(found: dict[str, Any]) -> None:
    """The report, for people."""
    console = plain_console(highlight=False, soft_wrap=True, width=max(WIDTH_MIN, Console().width))
    console.print(*_summary(found), sep="\n")
    for team in found["teams"]:
        if team["given"] or team["queue"]["leads"] or team["paced"]["leads"]:
            console.print()
            _show_team(console, team)
    console.print()
    console.print(_clocks(found["clocks"]))


def _summary(found: dict[str, Any]) -> Iterator[str]:
    counts, messages = found["counts"], found["messages"]
    rows = f" and {found['monday_import']:,} imported at once" if found["monday_import"] else ""
    yield (
        f"{found['agreement']}, {found['from'][:10]} to {found['until'][:10]}: "
        f"{found['leads']:,} people ask{rows} (seed {found['seed']})"
    )
    yield ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    yield f"leads without an owner: {found['leads_without_owner']}"
    for how, words in (("form", "From form to first contact"), ("import", "From release to first contact")):
        if (speed := found["speed"][how])["leads"]:
            yield f"{words}: {_half(speed['wall'])}; in the rep's working time {_half(speed['working'])}"
    yield f"Reassigned {found['reassigned']:,}, escalated {found['escalated']:,}"
    if off_shift := found["late_while_off_shift"]:
        yield f"Clocks that ran out while only colleagues of who had the lead were at work: {off_shift:,}"
    yield f"Given although nobody can meet the deadline: {found['infeasible']['leads']:,}"
    if messages["failed"]:
        yield (
            f"Messages that failed: {messages['failed']:,}. Of leads of theirs, reps heard late "
            f"{messages['told_late']:,} times, never {messages['never_told']:,}; "
            f"blamed before they heard: {messages['blamed_while_untold']:,}"
        )


def _half(quantiles: dict[str, Any]) -> str:
    half, most = quantiles["p50_s"], quantiles["p90_s"]
    return f"half within {in_words(half)}, nine of ten within {in_words(most)}"


def _show_team(console: Console, team: dict[str, Any]) -> None:
    console.print(f"Team {team['team']}: {team['turn']}. {team['given']:,} given.")
    for name, words in (("queue", "waited in the queue"), ("paced", "waited for their release")):
        if (stays := team[name])["leads"]:
            still = f", {stays['still']:,} still do" if stays["still"] else ""
            lasted = f": {_half(stays)}" if stays["p50_s"] is not None else ""
            console.print(f"  {stays['leads']:,} {words}{lasted}{still}")
            if why := stays.get("why_still"):
                console.print(f"    {why}")
    console.print(_members(team["members"]))
    for member in team["members"]:
        for line in member["why"]:
            console.print(f"  {member['person']}: {line}")


def _members(members: list[dict[str, Any]]) -> Table:
    table = Table("person", box=None)
    for column in ("weight", "given", "of all", "by turn", "share", "by weight", "owed", "late"):
        table.add_column(column, justify="right")
    for one in members:
        shares = (f"{one['share']:.1f}", f"{one['by_weight']:.1f}", f"{one['owed']:+.2f}")
        counts = (str(one["weight"]), str(one["given"]), f"{one['of_all']:.0%}", str(one["worth"]))
        table.add_row(one["person"], *counts, *shares, str(one["breached"]))
    return table


def _clocks(clocks: list[dict[str, Any]]) -> Table:
    from deploy.week.report import CLOCK_COLUMNS, clock_cells

    table = Table(box=None)
    for column in CLOCK_COLUMNS:
        table.add_column(column, justify="left" if column in ("clock", "policy") else "right")
    for one in clocks:
        table.add_row(*clock_cells(one))
    return table


def _habits(accepts: float, rejects: float, contacts: float) -> "Habits":
    from deploy.week.reps import Habits

    if accepts + rejects > 1:
        raise Failed("--accepts and --rejects are chances of the same answer: together at most 1")
    return Habits(accepts=accepts, rejects=rejects, contacts=contacts)
