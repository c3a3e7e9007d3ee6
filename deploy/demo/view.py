"""What the demo shows while it runs: a live picture on a terminal, plain lines anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.command.words import duration
from deploy.demo.diary import Diary
from deploy.demo.figures import CLOCKS, STAGES, Figures
from deploy.demo.reps import LEAVES, REPS

Look = Callable[[float, Figures, Diary], None]

BAR: Final = 12
"""How wide a bar is at most: the picture fits a terminal of 80 by 24."""
CLOCK_NAMES: Final = {"clock": "deadlines run", "stalled": "only watched for stalling"}
ROWS_ABOVE: Final = 20
EVENTS_MIN: Final = 4


@contextmanager
def looking(console: Console) -> Iterator[Look]:
    """Something that shows the figures of each moment."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, auto_refresh=False) as live:

        def look(passed_s: float, now: Figures, diary: Diary) -> None:
            events = max(EVENTS_MIN, console.size.height - ROWS_ABOVE)
            live.update(_picture(passed_s, now, diary, events), refresh=True)

        yield look


class _Lines:
    """One line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, passed_s: float, now: Figures, diary: Diary) -> None:
        counts = "  ".join(f"{name} {now.counts[name]}" for name in (*STAGES[:5], *CLOCKS[:5]))
        without = now.owners["leads_without_owner"]
        self._console.print(f"{passed_s:4.0f} s  {counts}  without an owner {without}", soft_wrap=True)


def _picture(passed_s: float, now: Figures, diary: Diary, events: int) -> RenderableType:
    posted = diary.counts["posted"]
    head = Text.assemble(
        ("Baton demo", "bold"), f"   {passed_s:.0f} s   {posted} webhooks posted   ", _without_owner(now)
    )
    upper = Table.grid(padding=(0, 3))
    upper.add_row(Group(_stages(now), Text(""), _clocks(now)), _owners(now))
    latest = Text("\n".join(list(diary.latest)[-events:]), no_wrap=True, overflow="ellipsis")
    return Group(head, upper, Panel(latest, title="what happens", title_align="left"))


def _without_owner(now: Figures) -> tuple[str, str]:
    without = now.owners["leads_without_owner"]
    return f"leads without an owner: {without}", "green" if without == 0 else "bold red"


def _stages(now: Figures) -> Table:
    table = Table("leads", "", "", box=None, pad_edge=False)
    most = max(1, now.counts["captured"])
    for name in STAGES:
        count = now.counts[name]
        table.add_row(name.replace("_", " "), str(count), Text("█" * round(BAR * count / most), "cyan"))
    return table


def _clocks(now: Figures) -> Text:
    """How many clocks run and when the next runs out; what they and the hand-overs led to."""
    at, counts, said = datetime.now(UTC), now.counts, []
    for clock in now.routing["clocks"]:
        due = clock["next_due"]
        left_s = max(0.0, (datetime.fromisoformat(due) - at).total_seconds()) if due else 0.0
        kind = CLOCK_NAMES.get(clock["purpose"], clock["purpose"])
        said.append(f"{clock['running']} {kind}, next in {duration(left_s)}")
    said.append(" · ".join(f"{name} {counts[name]}" for name in CLOCKS[:3]))
    said.append(" · ".join(f"{name} {counts[name]}" for name in CLOCKS[3:]))
    said.append(f"{now.routing['offers']} offers to nurture wait")
    return Text("\n".join(said), "yellow", no_wrap=True, overflow="ellipsis")


def _owners(now: Figures) -> Table:
    table = Table("who holds", "leads", box=None, pad_edge=False)
    for rep in REPS:
        held = now.in_hand[rep.person]
        mark = " (leaves)" if rep.person == LEAVES else ""
        table.add_row(f"{rep.name}, {rep.team}{mark}", f"{held:3d} {'▪' * min(held, BAR)}")
    for kind, held in now.owners["fallback"].items():
        table.add_row(Text(kind, "magenta"), f"{held['leads']:3d} for {duration(held['oldest_s'])}")
    return table
