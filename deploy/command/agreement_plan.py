"""`baton agreement plan`: how many leads the targets need, by month and by source, and how many reps."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from deploy.command.agreement_progress import Progress, progress_of
from deploy.command.agreement_read import loaded
from deploy.command.asking import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    KeyOption,
    UrlOption,
    print_json,
)
from deploy.command.console import plain_console
from deploy.command.failing import NO, Failed
from deploy.command.words import counted

if TYPE_CHECKING:
    from shared.agreement import Agreement
    from shared.agreement.plan import Plan, Reps

WIDTH: Final = 1_000
"""Nothing is cut off, however large: a narrower terminal breaks the line, and a file does not care."""

OpenOption = Annotated[
    int | None, typer.Option("--open", min=1, help="Open leads of one rep; else the smallest cap of a team.")
]
HeldOption = Annotated[
    int | None, typer.Option("--held", min=1, help="Days a rep holds a lead; else those of the last policy.")
]


def plan(
    file: Annotated[Path, typer.Argument(help="The agreement.")],
    open_leads: OpenOption = None,
    days_held: HeldOption = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Plan the demand: from the revenue wanted back to the inquiries, beside what really came so far."""
    from shared.agreement.plan import plan_of, reps_for

    agreement = loaded(file)
    targets = agreement.written.targets
    if targets is None:
        raise Failed(f"{file} has no `targets`, so there is nothing to plan from; add them", NO)
    planned = plan_of(targets)
    cap, held = open_leads or _smallest_cap(agreement), days_held or _days_held(agreement)
    reps = reps_for(planned, cap, held) if cap is not None else None
    progress = progress_of(planned, data, url, key)
    if as_json:
        print_json(document(agreement.ref, planned, reps, progress))
    else:
        _print(agreement.ref, planned, reps, progress)


def _smallest_cap(agreement: "Agreement") -> int | None:
    """The cautious one, of the teams that rules give new leads to; a pod of closers is not among them."""
    teams = {team for rule in agreement.routing_rules for team in rule.to.teams}
    caps = [team.at_most_open for name, team in agreement.teams.items() if name in teams]
    return min((cap for cap in caps if cap is not None), default=None)


def _days_held(agreement: "Agreement") -> int:
    """In days of work, as `attempts` counts them; five of seven, where all days count."""
    policy = agreement.policies[-1]
    held = policy.attempts.within if policy.attempts is not None else agreement.stalled_after
    days = held / timedelta(days=1)
    by_day_and_night = policy.attempts is None or policy.clock == "always"
    return max(1, round(days * 5 / 7 if by_day_and_night else days))


def document(ref: str, planned: "Plan", reps: "Reps | None", progress: Progress) -> dict[str, Any]:
    """The plan for programs. Exact figures are rounded to four decimals."""
    return {
        "agreement": ref,
        "leads": {"from": planned.leads_from.isoformat(), "to": planned.leads_to.isoformat()},
        "working_days": planned.working_days,
        "exact": {stage: round(float(exact), 4) for stage, exact in planned.exact.items()},
        "whole": dict(planned.whole),
        "months": [
            {"from": month.first.isoformat(), "days": month.days, "whole": dict(month.whole)}
            for month in planned.months
        ],
        "sources": [
            {
                "source": one.name,
                "delivered_by": one.delivered_by,
                "leads_from": list(one.origins),
                "whole": dict(one.whole),
            }
            for one in planned.sources
        ],
        "reps": None
        if reps is None
        else {
            "open": reps.open_leads,
            "days_held": reps.days_held,
            "leads_per_day": round(float(reps.leads_per_day), 4),
            "exact": round(float(reps.exact), 4),
            "whole": reps.whole,
        },
        "progress": progress.document(),
    }


def _print(ref: str, planned: "Plan", reps: "Reps | None", progress: Progress) -> None:
    from shared.agreement.prose.words import money

    targets = planned.targets
    currency, cycle = targets.period.currency, targets.period.sales_cycle.days
    console = plain_console(highlight=False, soft_wrap=True, width=WIDTH)
    console.print(
        f"{ref}: {currency} {money(targets.revenue)} from {targets.period.from_} to {targets.period.to}, in "
        f"deals of {currency} {money(targets.average_deal)}. Their leads come a sales cycle of {cycle} days "
        f"earlier, from {planned.leads_from} to {planned.leads_to}.\n"
    )
    console.print(_chain(planned), "\n")
    console.print(_by_month(planned), "\n")
    console.print(_by_source(planned), "\n")
    console.print("Whole leads are rounded up; months and sources share them by the largest remainder.")
    console.print(_reps(planned, reps), "\n")
    console.print(*progress.sentences(), *progress.covered(), sep="\n")
    if (table := progress.by_source()) is not None:
        console.print("\n", table, "\n", progress.unnamed(), sep="")


def _chain(planned: "Plan") -> str:
    """'50 deals ← 227.3 opportunities ← … ← 1,082.3 → 1,083 MQL ← 7,220 inquiries'."""
    names = {"won": "deals", "opportunity": "opportunities", "sql": "SQL", "sal": "SAL"}
    later = " ← ".join(f"{_figure(planned.exact[stage])} {name}" for stage, name in names.items())
    whole = planned.whole
    mqls = f"{_figure(planned.exact['mql'])} → {whole['mql']:,} MQL"
    return f"{later} ← {mqls} ← {whole['inquiry']:,} inquiries"


def _figure(exact: Any) -> str:
    return f"{float(exact):,.1f}".removesuffix(".0")


def _by_month(planned: "Plan") -> Table:
    table = _table("leads of", "days")
    for month in planned.months:
        table.add_row(f"{month.first:%B %Y}", str(month.days), *_row(month.whole))
    table.add_row("together", str(planned.days), *_row(planned.whole), style="bold")
    return table


def _by_source(planned: "Plan") -> Table:
    table = _table("source", "delivered by")
    for one in planned.sources:
        table.add_row(one.name, one.delivered_by or "", *_row(one.whole))
    table.add_row("together", "", *_row(planned.whole), style="bold")
    return table


def _table(*head: str) -> Table:
    table = Table(box=None)
    for name in head:
        table.add_column(name, overflow="fold")
    for stage in ("inquiries", "MQL", "SAL", "SQL", "opportunities", "deals"):
        table.add_column(stage, justify="right")
    return table


def _row(whole: Any) -> list[str]:
    from shared.agreement.plan import STAGES

    return [f"{whole[stage]:,}" for stage in STAGES]


def _reps(planned: "Plan", reps: "Reps | None") -> str:
    if reps is None:
        return (
            "How many reps it takes can not be said: no team has a cap on open leads; name one with --open."
        )
    mqls = counted(planned.whole["mql"], "MQL")
    return (
        f"With {counted(reps.open_leads, 'open lead')} held {counted(reps.days_held, 'day')} each, "
        f"a rep takes {_figure(reps.leads_per_day)} new leads a day: {mqls} in "
        f"{counted(planned.working_days, 'working day')} {'needs' if mqls == '1 MQL' else 'need'} "
        f"{_figure(reps.exact)} → {counted(reps.whole, 'rep')}."
    )
