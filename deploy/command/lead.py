"""`baton lead`: everything that happened to one lead, in words, and who answered for it when."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from deploy.command.asking import (
    Instance,
    JsonOption,
    asks,
    print_json,
)
from deploy.command.failing import NO, Failed
from deploy.command.words import ago, clock_time, score_lines, story_lines

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@asks
def lead(
    instance: Instance,
    who: Annotated[str, typer.Argument(metavar="ID|EMAIL", help="The lead's id, or the person's e-mail.")],
    as_json: JsonOption = False,
) -> None:
    """Tell a lead's story: every event, decision and receipt in words; its score; who answered when."""
    stories = [
        {**instance.get(f"/v1/leads/{one}/story"), "score": _score(instance, one)}
        for one in _leads(instance, who)
    ]
    if as_json:
        print_json(stories[0] if len(stories) == 1 else stories)
        return
    for story in stories:
        print("\n".join(_lines(story)))


def _leads(instance: Instance, who: str) -> list[str]:
    if _ID.fullmatch(who.lower()):
        return [who.lower()]
    if "@" not in who:
        raise Failed(f"{who!r} is neither a lead's id nor an e-mail address")
    found: list[str] = instance.get("/v1/leads", email=who)["leads"]
    if not found:
        raise Failed(f"no lead has the e-mail address {who}", NO)
    return found


def _score(instance: Instance, lead: str) -> dict[str, Any] | None:
    """Its newest score; none, if its journey is over or it has not been scored yet."""
    try:
        score: dict[str, Any] = instance.get(f"/v1/leads/{lead}/score")
    except Failed as failed:
        if failed.code != NO:
            raise
        return None
    return score


def _lines(story: dict[str, Any]) -> list[str]:
    lines = [f"Lead {story['lead']}{_ending(story)}", "", *story_lines(story["lines"]), "", "Who answered:"]
    for owner in story["owners"]:
        holder = owner["holder"]
        name = "nobody known" if holder is None else holder["answers"]
        how = "" if holder is None else f" ({holder['kind']}, {owner['why']})"
        until = f"to {clock_time(owner['to'])}" if owner["to"] else "until now"
        lines.append(f"  {owner['number']:>3}  {clock_time(owner['since'])} {until}  {name}{how}")
    if not story["owners"]:
        lines.append("  nothing is kept of it any more")
    return lines if story["score"] is None else [*lines, "", *score_lines(story["score"])]


def _ending(story: dict[str, Any]) -> str:
    if story["ending"]:
        return f": its journey ended {clock_time(story['ended_at'])} ({story['ending']})"
    if story["captured_at"]:
        return f", captured {ago(story['captured_at'], datetime.now(UTC))} ago"
    return ""
