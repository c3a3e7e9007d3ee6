"""What a score looks back on: what is worth nothing any more is folded out, so a lead's state stays small."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from services.scoring.domain.fading import GONE_AFTER
from services.scoring.domain.model import SHOWN_MAX, ScoredLead
from services.scoring.domain.score import hits_of
from shared.agreement import Agreement, Facts
from shared.contracts.values import Activity

ACTIVITIES_MAX: Final = 500
"""How many activities a lead's score looks back on at most; as many again of leads merged into it."""
MANY: Final = 10_000
"""So many activities that are as old as `lasts` says are together worth at most 1 / PARTS of a point."""
PARTS: Final = 100


@lru_cache(maxsize=8)
def lasts(agreement: Agreement) -> timedelta:
    """How old an activity is when it is folded: it will never count again, whatever rules it met."""
    most = sum(abs(rule.points) for rule in agreement.sections.engagement.choices)
    halvings = (max(most, 1) * MANY * PARTS - 1).bit_length()
    return agreement.half_life * min(halvings, GONE_AFTER)


def folded(lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime) -> ScoredLead:
    """The lead without activities that are too old to count. `facts`: its own, of now.

    The last ones stay, however old: a rep is shown them. Of those merged leads did, only the beginning is
    folded, so that a receipt can name the others by their place.
    """
    if len(lead.activities) <= SHOWN_MAX and not lead.united:
        return lead
    young = lasts(agreement)
    older, shown = lead.activities[:-SHOWN_MAX], lead.activities[-SHOWN_MAX:]
    kept = tuple(bare(activity) for activity in older if now - activity.at < young)
    over = len(kept) + len(shown) - ACTIVITIES_MAX
    if over > 0:
        kept = _without(over, kept, lead, facts, agreement)
    first = max(0, len(lead.united) - ACTIVITIES_MAX)
    while first < len(lead.united) and now - lead.united[first].at >= young:
        first += 1
    if kept == older and not first:
        return lead
    return replace(
        lead,
        activities=(*kept, *shown),
        united=lead.united[first:],
        united_folded=lead.united_folded + first,
    )


def bare(activity: Activity) -> Activity:
    """What a score needs to know of an activity: not what the lead wrote, nor what its source calls it."""
    if activity.message is None and activity.own_id is None:
        return activity
    return replace(activity, message=None, own_id=None)


def _without(
    over: int, kept: tuple[Activity, ...], lead: ScoredLead, facts: Facts, agreement: Agreement
) -> tuple[Activity, ...]:
    """Without so many: first those that give no points as younger ones used up the cap, then the oldest."""
    giving = {hit.activity for hit in hits_of(lead.deeds, facts, agreement) if hit.points}
    least_first = sorted(kept, key=lambda activity: (activity in giving, activity.at))
    dropped = set(least_first[:over])
    return tuple(activity for activity in kept if activity not in dropped)
