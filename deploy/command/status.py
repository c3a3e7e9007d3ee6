"""`baton status`: what flows, who holds what, which clocks are due, what is parked."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.console import plain_console
from deploy.command.words import ago, duration

EVERY_S: Final = 1.0
STAGES: Final = ("captured", "scored", "qualified", "assigned", "accepted", "sales_qualified", "won")
CLOCKS: Final = ("reminded", "breached", "reassigned", "recycled", "returned", "refused", "lost")
FALLBACKS_SHOWN: Final = 5


@asks
def status(
    instance: Instance,
    watch: Annotated[bool, typer.Option("--watch", help="Again every second, until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the live counts: leads by stage, owners, fallbacks with their age, clocks due, parked."""
    if as_json:
        print_json(ask(instance))
    elif watch and sys.stdout.isatty():
        _watch(instance)
    else:
        plain_console().print(picture(ask(instance)))


def ask(instance: Instance) -> dict[str, Any]:
    """Everything that the status shows, from the instance's own figures."""
    return {
        "counts": instance.get("/v1/counts"),
        "owners": instance.get("/v1/owners/summary"),
        "fallback": instance.get("/v1/owners/fallback"),
        "services": instance.collect("/v1/status", "service"),
    }


def _watch(instance: Instance) -> None:
    with Live(picture(ask(instance)), auto_refresh=False, screen=False) as live:
        while True:
            time.sleep(EVERY_S)
            live.update(picture(ask(instance)), refresh=True)


def picture(found: dict[str, Any]) -> RenderableType:
    """The status as a person reads it."""
    counts, owners = found["counts"], found["owners"]
    return Group(
        _numbers("Leads", counts, STAGES),
        _numbers("Clocks", counts, CLOCKS),
        _owners(owners),
        *_fallbacks(found["fallback"], _held_by_fallbacks(owners)),
        _services(found["services"]),
    )


def _numbers(title: str, counts: dict[str, Any], names: Sequence[str]) -> Text:
    said = "   ".join(f"{name.replace('_', ' ')} {counts[name]}" for name in names)
    return Text.assemble((f"{title:<8}", "bold"), said)


def _owners(owners: dict[str, Any]) -> Text:
    without = owners["leads_without_owner"]
    held = f"held {owners['held']}   closed {owners['closed']}   merged {owners['merged']}"
    fallback = _held_by_fallbacks(owners)
    late = owners["scored_late"]
    return Text.assemble(
        ("Owners  ", "bold"),
        f"{held}   erased {owners['erased']}   with a fallback {fallback}   ",
        (f"not scored in time {late}   ", "bold red") if late else "",
        (f"without an owner {without}", "green" if without == 0 else "bold red"),
        f"   gap {owners['owner_gap_seconds']:g} s",
    )


def _held_by_fallbacks(owners: dict[str, Any]) -> int:
    held: int = sum(kind["leads"] for kind in owners["fallback"].values())
    return held


def _fallbacks(leads: Sequence[dict[str, Any]], held: int) -> list[RenderableType]:
    """The oldest of those that are held; the list of them has an end, so it is not what counts them."""
    if not leads:
        return []
    table = Table("held by a fallback", "who answers", "why", "for", box=None, title_justify="left")
    for one in leads[:FALLBACKS_SHOWN]:
        which = f"{one['lead']} ({one['kind']})"
        table.add_row(which, one["answers"], one["why"], duration(one["age_s"]))
    more = held - FALLBACKS_SHOWN
    return [table, Text(f" and {more} more", "dim")] if more > 0 else [table]


def _services(services: Sequence[dict[str, Any]]) -> Table:
    now = datetime.now(UTC)
    head = ("service", "agreement", "clocks", "next due", "outbox", "errands", "given up", "parked", "since")
    table = Table(*head, box=None, pad_edge=False, collapse_padding=True)
    for one in services:
        parked_since = ago(one["parked_since"], now) if one["parked_since"] else ""
        table.add_row(
            one["service"],
            one["agreement"],
            str(one["clocks"]),
            _due(one["next_due_at"], now),
            *(str(one[name]) for name in ("outbox", "errands_waiting", "errands_given_up", "parked")),
            parked_since,
        )
    return table


def _due(instant: str | None, now: datetime) -> str:
    if instant is None:
        return ""
    left = (datetime.fromisoformat(instant) - now).total_seconds()
    return f"in {duration(left)}" if left > 0 else "now"
