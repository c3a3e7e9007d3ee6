"""Time is kept apart: of a clock, and of a lead's whole round, by whose time it was."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.routing.domain.model import Clock, RoutedLead, Snooze

_WHOSE: Final = {"handoff": "rep", "queue": "queue", "dispute": "dispute"}


def spent_on(clock: Clock, lead: RoutedLead, now: datetime, of_team: timedelta) -> dict[str, int]:
    """Seconds since the clock's start, by whose time they were. `of_team`: only others of it were at work."""
    aside = dict(clock.aside)
    if lead.untold_since is not None and clock.name in lead.untold:
        begin = max(lead.untold_since, clock.since or clock.started_at)
        aside["system"] = aside.get("system", 0) + int((now - begin).total_seconds())
    whole = int((now - clock.started_at).total_seconds())
    if of_team:
        aside["team"] = min(int(of_team.total_seconds()), whole - sum(aside.values()))
    return {_WHOSE.get(clock.name, "rep"): max(0, whole - sum(aside.values())), **aside}


def waited_for_routing(offered_at: datetime, now: datetime) -> dict[str, float]:
    """How a round begins: with the seconds from the offer until it was taken."""
    seconds = (now - offered_at).total_seconds()
    return {"routing": seconds} if seconds > 0 else {}


def so_far(lead: RoutedLead, now: datetime) -> dict[str, float]:
    """Seconds of this round until now, by whose they were: routing, queue, rep, lead, dispute, system."""
    whose = _whose_time(lead)
    if whose is None or lead.spent_at is None:
        return lead.spent
    passed = max(0.0, (now - lead.spent_at).total_seconds())
    return {**lead.spent, whose: lead.spent.get(whose, 0.0) + passed} if passed else lead.spent


def kept_apart(before: RoutedLead, after: RoutedLead, now: datetime) -> RoutedLead:
    """The state after a decision, with the time before it counted for whoever had it."""
    had, has = _whose_time(before), _whose_time(after)
    if had == has or not after.custody.ours:
        return after
    at = now if before.snooze is None else over_at(before.snooze, now)
    if has == "system" and before.spent_at is not None and after.untold_since is not None:
        at = max(before.spent_at, after.untold_since)
    spent = after.spent if had is None else so_far(before, at)
    return replace(after, spent=spent, spent_at=None if has is None else at)


def over_at(snooze: Snooze, now: datetime) -> datetime:
    """When waiting is over that ends now: it is no longer because Baton was not there when its time came."""
    return min(now, snooze.until)


def _whose_time(lead: RoutedLead) -> str | None:
    holder = lead.custody.holder
    if not lead.holding or holder is None:
        return None
    if lead.dispute is not None:
        return "dispute"
    if lead.snooze is not None:
        return "lead"
    if holder.kind == "queue":
        return "queue"
    return "system" if lead.untold_since is not None else "rep"
