"""When a lead that nobody touches stops being an MQL: computed, so that one timer can wait for it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.scoring.domain.facts import facts_of
from services.scoring.domain.fading import GONE_AFTER, WHOLE, left_of
from services.scoring.domain.fit import fit_of
from services.scoring.domain.judging import Scored
from services.scoring.domain.model import ScoredLead
from services.scoring.domain.score import Hit, hits_of, weigh
from shared.agreement import Agreement
from shared.effects import CancelTimer, SetTimer

COOL: Final = "cool"
"""The purpose of the timer at the instant at which a lead stops being an MQL."""
RECOOL: Final = "recool"
"""The purpose of the timer after a version took over: another batch of leads waits by that one."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_END: Final = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // _SECOND
"""Nobody waits longer; instants end soon after."""


def recooled(lead: ScoredLead, agreement: Agreement, now: datetime) -> Scored:
    """Another version has taken over: the instant at which the lead will have cooled, by that one."""
    return _waiting(lead, Scored(lead), agreement, now)


def with_cooling(before: ScoredLead, decision: Scored, agreement: Agreement, now: datetime) -> Scored:
    """The decision, with the timer at the instant at which the lead will have cooled."""
    if agreement.cools_below is None or decision.state is before:
        return decision
    return _waiting(before, decision, agreement, now)


def _waiting(before: ScoredLead, decision: Scored, agreement: Agreement, now: datetime) -> Scored:
    lead = decision.state
    cools = agreement.cools_below is not None and lead.mql and lead.may_cool
    cools_at = first_cold(lead, agreement, now) if cools else None
    if cools_at == before.cools_at:
        return decision
    timer = CancelTimer(COOL) if cools_at is None else SetTimer(COOL, cools_at)
    waiting = replace(lead, cools_at=cools_at)
    return replace(decision, state=waiting, effects=(*decision.effects, timer))


def first_cold(lead: ScoredLead, agreement: Agreement, now: datetime) -> datetime | None:
    """The first whole second from `now` on at which an untouched lead is cold; None if it never is."""
    start = _second_of(now + _SECOND) if now.microsecond else _second_of(now)
    for end in (*_turns(lead, agreement, start), None):
        cold = _cold_before(lead, agreement, start, end)
        if cold is not None:
            return _at(cold)
        start = end or start
    return None


def _turns(lead: ScoredLead, agreement: Agreement, start: int) -> list[int]:
    """The seconds after `start` from which on a rule no longer holds because of the clock alone."""
    acted: list[datetime | None] = [activity.at for activity in lead.deeds]
    instants = {"captured.at": [lead.captured_at], "activity.at": acted}
    turns = {
        _second_of(at + length) + 1
        for name, length in agreement.sections.scoring_withins
        for at in instants[name]
        if at is not None
    }
    return sorted(turn for turn in turns if turn > start)


def _cold_before(lead: ScoredLead, agreement: Agreement, start: int, end: int | None) -> int | None:
    """The first cold second from `start` on and before `end`, while the same rules hold."""
    at = _at(start)
    facts = facts_of(lead, agreement, at)
    hits = [hit for hit in hits_of(lead.deeds, facts, agreement) if hit.points]
    least = _least_warm(agreement, fit_of(facts, agreement).points)
    if least is None:
        return start
    if least == 0:
        return None
    ages = [_second_of(hit.activity.at) + 1 for hit in hits]
    last = max([start, *ages]) + GONE_AFTER * int(agreement.half_life.total_seconds())
    until = min(last, _END) if end is None else end - 1
    return _first_below(hits, least * WHOLE, agreement.half_life, start, until)


def _least_warm(agreement: Agreement, fit_points: int) -> int | None:
    """The fewest engagement points with which the score is still warm; None if none are enough."""
    assert agreement.cools_below is not None
    enough = (
        points
        for points in range(agreement.engagement_cap + 1)
        if weigh(agreement, fit_points, points) >= agreement.cools_below
    )
    return next(enough, None)


def _first_below(hits: Sequence[Hit], least: int, half_life: timedelta, low: int, high: int) -> int | None:
    """The first second of `low` to `high` at which the points are worth less than `least`.

    Every point only fades: between two instants the sum is no less than the gains at the later one and the
    losses at the earlier one. A stretch in which that is enough is passed over, any other is halved.
    """
    late, early = _at(high), _at(low)
    floor = sum(
        hit.points * left_of((late if hit.points > 0 else early) - hit.activity.at, half_life) for hit in hits
    )
    if floor >= least:
        return None
    if low == high:
        return low
    middle = (low + high) // 2
    found = _first_below(hits, least, half_life, low, middle)
    return found if found is not None else _first_below(hits, least, half_life, middle + 1, high)


def _second_of(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND


def _at(second: int) -> datetime:
    return _EPOCH + second * _SECOND
