"""What is folded out of a lead's state would never again have been worth a hundredth of a point."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.scoring.domain import folding
from services.scoring.domain.facts import facts_of
from services.scoring.domain.fading import WHOLE, left_of
from services.scoring.domain.folding import ACTIVITIES_MAX, MANY, PARTS, lasts
from services.scoring.domain.judging import United
from services.scoring.domain.model import SHOWN_MAX, ScoredLead
from services.scoring.domain.policy import unite, with_activity
from services.scoring.domain.replay import differences, replayed
from services.scoring.domain.score import add_up
from shared.contracts.ingest import LeadMerged
from shared.contracts.values import Activity
from shared.effects import CommandRefused
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.unit.scoring_lead import AGREEMENT, Told

HALF_LIFE = AGREEMENT.half_life
LASTS = lasts(AGREEMENT)
KINDS = ("form_submitted", "page_viewed", "email_unsubscribed", "nothing_known")
ANA = ScoredLead(captured_at=NOON)


def unrounded(lead: ScoredLead, done: tuple[Activity, ...], wait: timedelta) -> Fraction:
    """The part of the score that engagement is, before anything is rounded."""
    at = NOON + wait
    points = Fraction(add_up(done, facts_of(lead, AGREEMENT, at), AGREEMENT, at).engagement, WHOLE)
    return AGREEMENT.score_weights.engagement * min(max(points, Fraction(0)), AGREEMENT.engagement_cap)


def after(done: list[Activity]) -> ScoredLead:
    """Ana after all of it, heard by noon in the order in which it is numbered."""
    lead = ANA
    for one in done:
        lead = with_activity(lead, one, facts_of(lead, AGREEMENT, NOON), AGREEMENT, NOON)
    return lead


# Ages in half-lives, most of them around that at which activities are folded, some in one window.
AGES = st.one_of(st.floats(-1, 60), st.sampled_from([26.999, 27, 27.001, 27.25]), st.floats(0, 6))
DONE = st.lists(st.tuples(st.sampled_from(KINDS), AGES), max_size=30).map(
    lambda done: [activity(seq, kind, at=NOON - age * HALF_LIFE) for seq, (kind, age) in enumerate(done, 1)]
)


@settings(deadline=None)
@given(DONE, DONE, st.timedeltas(timedelta(0), 2 * LASTS), DONE)
def test_folding_changes_no_score_by_a_hundredth_whatever_comes_late_or_is_merged(
    mine: list[Activity], others: list[Activity], wait: timedelta, late: list[Activity]
) -> None:
    bea, half_way, at = United(lead_id("bea"), after(others).deeds, None), NOON + wait / 2, NOON + wait
    late = [replace(one, seq=len(mine) + one.seq) for one in late]
    lead = unite(after(mine), bea, AGREEMENT, half_way).state
    for one in late:
        lead = with_activity(lead, one, facts_of(lead, AGREEMENT, at), AGREEMENT, at)
    everything = (*mine, *others, *late)
    for further in (wait, wait + HALF_LIFE, wait + LASTS):
        whole, kept = (unrounded(ANA, done, further) for done in (everything, lead.deeds))
        assert abs(whole - kept) <= Fraction(1, 100)


def test_ten_thousand_that_meet_every_rule_are_worth_a_hundredth_of_a_point_when_they_are_folded() -> None:
    most = sum(abs(rule.points) for rule in AGREEMENT.sections.engagement.choices)
    assert most * MANY * left_of(LASTS, HALF_LIFE) <= WHOLE // PARTS
    assert most * MANY * left_of(LASTS - HALF_LIFE, HALF_LIFE) > WHOLE // PARTS


def test_what_is_old_is_folded_and_what_is_a_second_younger_is_not() -> None:
    old, young = NOON - LASTS, NOON - LASTS + timedelta(seconds=1)
    shown = [activity(seq) for seq in range(3, 3 + SHOWN_MAX)]
    lead = after([activity(1, at=old), activity(2, at=young), *shown])
    assert [one.seq for one in lead.activities] == [2, 3, 4, 5, 6, 7]


def test_the_last_ones_stay_however_old_as_a_rep_is_shown_them() -> None:
    lead = after([activity(seq, at=NOON - 2 * LASTS, message="hello") for seq in range(1, 9)])
    assert [(one.seq, one.message) for one in lead.activities] == [(seq, "hello") for seq in range(4, 9)]


def test_of_the_others_a_score_keeps_nothing_that_somebody_wrote() -> None:
    lead = after([activity(seq, message="call me", own_id="crm-1") for seq in range(1, 8)])
    assert [one.message for one in lead.activities] == [None, None] + ["call me"] * SHOWN_MAX
    assert lead.activities[0].own_id is None


@pytest.mark.parametrize("kinds", [("page_viewed",), ("page_viewed", "nothing_known", "form_submitted")])
def test_a_lead_keeps_so_many_at_most_and_what_a_cap_used_up_goes_first(
    kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "ACTIVITIES_MAX", 40)
    hour = timedelta(hours=1)
    done = [activity(n, kinds[n % len(kinds)], at=NOON - (1000 - n) * hour) for n in range(1, 1001)]
    lead = after(done)
    assert len(lead.activities) == 40 < ACTIVITIES_MAX
    assert unrounded(ANA, lead.deeds, timedelta(0)) == unrounded(ANA, tuple(done), timedelta(0))


def test_so_many_of_merged_leads_are_kept_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "ACTIVITIES_MAX", 5)
    done = tuple(activity(seq, at=NOON - timedelta(hours=seq)) for seq in range(1, 9))
    lead = unite(ANA, United(lead_id("bea"), done, None), AGREEMENT, NOON).state
    assert [one.at for one in lead.united] == [NOON - timedelta(hours=ago) for ago in (5, 4, 3, 2, 1)]
    assert lead.united_folded == 3


# ---- receipts


def merged(*others: Told) -> Told:
    """Ana, into whom these were merged, one after the other."""
    mine = Told()
    mine.hear(captured(first=activity(1, "page_viewed")))
    for other in others:
        other.hear(LeadMerged(survivor=lead_id()))
        assert other.united is not None
        mine.unite(other.united)
    return mine


def other(days: int) -> Told:
    told = Told()
    told.hear(captured("bea", first=activity(1, "form_submitted", at=NOON - timedelta(days=days))))
    return told


def test_a_receipt_can_be_replayed_as_long_as_what_it_counted_is_there() -> None:
    told = merged(other(9))
    told.hear(recorded(2, at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))
    assert len(told.kept) == 3
    for kept in told.kept:
        assert differences(kept.receipt, replayed(kept, told.lead, AGREEMENT)) == []


def test_a_receipt_that_counted_what_is_folded_since_can_not_be_replayed_and_the_next_can() -> None:
    told, later = merged(other(9)), NOON + LASTS - timedelta(days=5)
    told.hear(*(recorded(seq, "form_submitted", at=later) for seq in range(2, 9)), at=later)
    assert (len(told.lead.united), told.lead.united_folded) == (0, 1)
    with pytest.raises(CommandRefused, match="what has faded away is folded out"):
        replayed(told.kept[1], told.lead, AGREEMENT)
    newest = told.kept[-1]
    assert differences(newest.receipt, replayed(newest, told.lead, AGREEMENT)) == []


def test_what_is_merged_after_something_was_folded_is_not_taken_for_it() -> None:
    told, later = merged(other(9)), NOON + LASTS
    told.hear(recorded(2, "form_submitted", at=later), at=later)
    another = Told()
    another.hear(captured("cid", first=activity(1, "page_viewed", at=later)), at=later)
    another.hear(LeadMerged(survivor=lead_id()), at=later)
    assert another.united is not None
    told.unite(another.united)
    assert len(told.lead.united) == told.kept[1].united == 1
    with pytest.raises(CommandRefused, match="not all of the activities"):
        replayed(told.kept[1], told.lead, AGREEMENT)
