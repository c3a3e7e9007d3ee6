"""The week as a document: who was given what and why, which clocks were kept, how fast leads were called."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deploy.week.heaps import why_unreleased
from deploy.week.journeys import Breach, Journeys, Outcome, Queued
from deploy.week.leads import IMPORT_AFTER, WEEK
from services.recycle import handlers as recycle
from services.routing.domain.turns.fairness import Member
from services.routing.handlers.fairness import fairness_of
from shared.agreement import Team

if TYPE_CHECKING:
    from deploy.week.place import Place
    from deploy.week.reps import Late, Outside
    from deploy.week.script import Script

Document = dict[str, Any]
CLOCK_COLUMNS = ("clock", "policy", "met", "breached", "kept", "running", "moot")
COUNTED = {
    "captured": "lead.captured",
    "qualified": "lead.qualified",
    "accepted": "lead.accepted",
    "rejected": "lead.rejected",
    "contacted": "lead.contacted",
    "sales_qualified": "lead.sales_qualified",
    "given_up": "lead.disqualified",
}


def document(script: "Script", place: "Place", outside: "Outside", journeys: Journeys) -> Document:
    """All of it in plain values; durations in seconds."""
    ledger = place.read("recycle", recycle.summary)
    return {
        "agreement": script.agreement.ref,
        "from": script.start.isoformat(),
        "until": (script.start + WEEK).isoformat(),
        "seed": script.seed,
        "leads": script.leads,
        "monday_import": script.monday_import,
        "counts": {name: journeys.events[type_] for name, type_ in COUNTED.items()},
        "leads_without_owner": ledger.leads_without_owner,
        "teams": [_team(team, script, place, journeys) for team in script.agreement.teams.values()],
        "clocks": _clocks(journeys),
        "speed": {how: _speed(journeys, how) for how in ("form", "import")},
        "infeasible": {"leads": len(journeys.infeasible), "why": Counter(journeys.infeasible).most_common()},
        "late_while_off_shift": sum(breach.off_shift for breach in journeys.breaches),
        "reassigned": journeys.whys["reassigned"],
        "escalated": journeys.whys["escalated"],
        "messages": _messages(outside, journeys),
    }


def _team(team: Team, script: "Script", place: "Place", journeys: Journeys) -> Document:
    found = place.read("routing", lambda tx: fairness_of(tx, team.name))
    given = sum(member.given for member in found.members)
    late = Counter(breach.owner for breach in journeys.breaches if not breach.off_shift)
    stays = [stay for stay in journeys.queued if stay.team == team.name]
    paced = _stays(stay for stay in stays if stay.paced)
    members = [member.person for member in found.members if member.weight]
    begin, end = script.start + IMPORT_AFTER, script.start + WEEK
    why_still = why_unreleased(team, members, begin, end, journeys) if paced["still"] else ""
    return {
        "team": team.name,
        "turn": found.turn,
        "given": given,
        "members": [_member(member, given, late[member.person]) for member in found.members],
        "queue": _stays(stay for stay in stays if not stay.paced),
        "paced": {**paced, "why_still": why_still},
    }


def _member(member: Member, given: int, breached: int) -> Document:
    return {
        "person": member.person,
        "weight": member.weight,
        "given": member.given,
        "of_all": round(member.given / given, 3) if given else 0.0,
        "turns": member.turns,
        "worth": member.worth,
        "share": round(member.share, 2),
        "by_weight": round(member.by_weight, 2),
        "owed": round(member.owed, 2) + 0.0,
        "breached": breached,
        "why": member.why,
    }


def _stays(stays: Iterable[Queued]) -> Document:
    all_ = list(stays)
    over = [stay.lasted for stay in all_ if stay.lasted is not None]
    return {"leads": len(all_), "still": len(all_) - len(over), **_quantiles(over)}


def clock_cells(one: Document) -> tuple[str, ...]:
    """A row of `clocks` in words, by CLOCK_COLUMNS. `kept`: of those that ended, how many in time."""
    over = one["met"] + one["breached"]
    kept = f"{one['met'] / over:.0%}" if over else ""
    met, breached, running, moot = (f"{one[how]:,}" for how in ("met", "breached", "running", "moot"))
    return one["clock"], one["policy"], met, breached, kept, running, moot


def _clocks(journeys: Journeys) -> list[Document]:
    outcomes: tuple[Outcome, ...] = ("met", "breached", "running", "moot")
    kinds = sorted({(clock, policy) for clock, policy, _ in journeys.clocks})
    return [
        {"clock": clock, "policy": policy, **{how: journeys.clocks[clock, policy, how] for how in outcomes}}
        for clock, policy in kinds
    ]


def _speed(journeys: Journeys, how: str) -> Document:
    found = [one for one in journeys.contacted if one.how == how]
    return {
        "leads": len(found),
        "wall": _quantiles([one.wall for one in found]),
        "working": _quantiles([one.working for one in found]),
    }


def _messages(outside: "Outside", journeys: Journeys) -> Document:
    late = outside.late_news()
    return {
        "sent": outside.sent,
        "failed": outside.failed,
        "told_late": len(late) - len(outside.untold),
        "never_told": len(outside.untold),
        "blamed_while_untold": sum(_untold(breach, late) for breach in journeys.breaches),
    }


def _untold(breach: Breach, late: "Iterable[Late]") -> bool:
    """Whether a clock ran out with somebody who could not know of it."""
    return any(
        (one.person, one.lead) == (breach.owner, breach.lead) and one.since <= breach.at < one.until
        for one in late
    )


def _quantiles(durations: Sequence[timedelta]) -> dict[str, int | None]:
    """Half, and nine of ten, are no longer than this; in seconds."""
    ordered = sorted(int(one.total_seconds()) for one in durations)
    return {
        name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
        for name, share in (("p50_s", 0.5), ("p90_s", 0.9))
    }
