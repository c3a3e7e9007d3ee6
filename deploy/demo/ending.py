"""The end of the demo: are the figures right, a summary, and one lead's whole story."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from deploy.command.words import clock_time, story_lines
from deploy.demo.calling import Calling
from deploy.demo.figures import CLOCKS, STAGES, Figures
from deploy.demo.play import Play

AT_ONCE: Final = 16
WANTED: Final = (
    "meeting.held",
    "lead.recycled",
    "lead.returned",
    "deadline.breached",
    "lead.contacted",
    "lead.accepted",
    "lead.won",
)
LONGEST: Final = 22


async def stories(calling: Calling, leads: Iterable[str]) -> list[dict[str, Any]]:
    """The story of every lead that Baton has acknowledged; one that it does not know has no lines."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(lead: str) -> dict[str, Any]:
        async with gate:
            response = await calling.call("GET", f"/v1/leads/{lead}/story")
        known: dict[str, Any] = response.json() if response.is_success else {"lines": [], "owners": []}
        return {**known, "lead": lead}

    return list(await asyncio.gather(*(one(lead) for lead in sorted(leads))))


def failures(play: Play, last: Figures, told: Sequence[dict[str, Any]]) -> list[str]:
    """Everything that is not as it should be, in sentences; empty if the demo went well."""
    found = list(play.diary.surprises)
    lost = [story["lead"] for story in told if not story["lines"] and story.get("ending") != "erased"]
    if lost:
        found.append(f"{len(lost)} acknowledged leads were not captured, such as {lost[0]}")
    # Not the people: two of whom one turns out to be known already are one lead.
    acknowledged = len(play.diary.leads)
    if last.counts["captured"] < acknowledged:
        found.append(f"{acknowledged} leads were acknowledged, {last.counts['captured']} were captured")
    if last.owners["leads_without_owner"]:
        found.append(f"leads without an owner: {last.owners['leads_without_owner']}")
    if last.owners["owner_gap_seconds"]:
        found.append(f"for {last.owners['owner_gap_seconds']} s leads had no owner")
    found += [f"the ledger of {story['lead']} has a hole" for story in told if _has_hole(story)]
    return found


def _has_hole(story: dict[str, Any]) -> bool:
    """Looked for anew, from the owners that Baton names: each begins when the one before ends."""
    owners = story["owners"]
    if not owners:
        return bool(story["lines"]) and story.get("ending") != "erased"
    broken = any(before["to"] != after["since"] for before, after in pairwise(owners))
    return broken or (owners[-1]["to"] is None) != (story["ending"] is None)


def summary(console: Console, play: Play, last: Figures, told: Sequence[dict[str, Any]]) -> None:
    """The demo in numbers, and one lead's story."""
    console.print()
    table = Table("leads", "", "clocks and hand-overs", "", box=None)
    counts = [(name.replace("_", " "), str(last.counts[name])) for name in STAGES]
    clocks = [(name, str(last.counts[name])) for name in CLOCKS]
    clocks += [("parked", str(last.parked)), ("merged", str(last.counts["merged"]))]
    for left, right in zip(counts, clocks, strict=False):
        table.add_row(*left, *right)
    console.print(table)
    speed, did = last.counts["capture_to_assigned_ms"], play.diary.counts
    console.print(
        f"{did['posted']} webhooks: {did['new']} people for the first time, {did['honest']} came back, "
        f"{did['again']} deliveries came twice, {did['forged']} forged, {did['puzzling']} puzzling."
    )
    console.print(
        f"From capture to a rep: half within {speed['p50']} ms, 99 of 100 within {speed['p99']} ms."
    )
    story = interesting(told)
    if story is not None:
        console.print(f"\nThe story of one lead, {story['lead']}:\n", style="bold", highlight=False)
        console.print("\n".join(story_lines(story["lines"])), highlight=False, markup=False, soft_wrap=True)
        console.print("\nWho answered for it:", highlight=False)
        for owner in story["owners"]:
            holder = owner["holder"] or {"kind": "nobody", "answers": "nobody"}
            who = f"{clock_time(owner['since'])}  {holder['answers']} ({holder['kind']}, {owner['why']})"
            console.print(f"  {who}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"\nleads without an owner: {last.owners['leads_without_owner']}", highlight=False)


def interesting(told: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The story worth reading: recycled and returned if there is one, with much in it, and not too long."""

    def worth(story: dict[str, Any]) -> tuple[int, int]:
        types = [line["type"] for line in story["lines"]]
        kinds = sum(any(one.startswith(wanted) for one in types) for wanted in WANTED)
        came_back = "returns, round" in " ".join(line["sentence"] for line in story["lines"])
        return (100 * came_back + 10 * kinds - max(0, len(types) - LONGEST), len(types))

    return max(told, key=worth, default=None)
