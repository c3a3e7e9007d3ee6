"""What a lead does: how it is kept, and when it is judged."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from services.scoring.domain.cooling import with_cooling
from services.scoring.domain.facts import facts_of
from services.scoring.domain.folding import folded
from services.scoring.domain.given import fast_lane_by, given_by
from services.scoring.domain.judging import Scored, rescored
from services.scoring.domain.model import ScoredLead
from shared.agreement import Agreement, Facts
from shared.contracts.envelope import Heard
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.values import Activity

_by_seq: Final = attrgetter("seq")


def recorded(
    lead: ScoredLead, run: Sequence[Heard[ActivityRecorded]], agreement: Agreement, now: datetime
) -> Iterator[tuple[Heard[ActivityRecorded], Scored]]:
    """The decisions on what a lead did, of which nothing else was heard in between.

    An activity waits to be judged with the next one if that leads to the same: so there may be fewer
    decisions than activities. Each comes with the event with which it was made.
    """
    if not lead.known:
        return
    facts = facts_of(lead, agreement, now)
    newer = lead
    for heard, then in zip_longest(run, run[1:]):
        newer = with_activity(newer, heard.event.activity, facts, agreement, now)
        if then is None or not _may_wait(lead, then.event.activity, facts, agreement):
            judged = rescored(lead, newer, facts, agreement, now)
            decision = with_cooling(lead, judged, agreement, now)
            lead = newer = decision.state
            yield heard, decision


def _may_wait(lead: ScoredLead, for_: Activity, facts: Facts, agreement: Agreement) -> bool:
    """Whether a judgement before this activity would change nothing: then one after it says all.

    A score that the activity lowers may have been enough before. What may cool may have been cold, and what
    sets a lead aside looks at the newest activity only.
    """
    may_cool = agreement.cools_below is not None and lead.mql and lead.may_cool
    if may_cool or _set_aside_by_activity(agreement):
        return False
    return all(one.rule.points >= 0 for one in given_by(agreement)(for_, facts))


@lru_cache(maxsize=8)
def _set_aside_by_activity(agreement: Agreement) -> bool:
    rules = agreement.sections.set_aside.choices
    return any(name.startswith("activity.") for rule in rules for name in rule.condition.names)


def with_activity(
    lead: ScoredLead, activity: Activity, facts: Facts, agreement: Agreement, now: datetime
) -> ScoredLead:
    """The lead after one more activity, which may take the fast lane. `facts`: its own, without it."""
    known = (*lead.activities, activity)
    if activity.seq <= lead.seq:
        if any(one.seq == activity.seq for one in lead.activities):
            return lead
        known = tuple(sorted(known, key=_by_seq))
    fast = fast_lane_by(agreement)(activity, facts)
    newer = replace(
        lead,
        activities=known,
        seq=max(lead.seq, activity.seq),
        fast_seq=lead.fast_seq if fast is None else max(lead.fast_seq, activity.seq),
        fast_lane=fast or lead.fast_lane,
    )
    return folded(newer, facts, agreement, now)
