"""Laws of the score, tried on activities that nobody thought of."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.scoring.domain.cooling import first_cold
from services.scoring.domain.facts import facts_of
from services.scoring.domain.fading import WHOLE
from services.scoring.domain.model import ScoredLead
from services.scoring.domain.score import Sum, add_up, hits_of
from shared.agreement import Agreement, load_text
from shared.agreement.facts import facts_of_activity
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.values import Activity, Company, Person
from shared.testing.leads import NOON, activity, captured
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told, is_cold

pytestmark = pytest.mark.slow

POSITIVE = ("form_submitted", "page_viewed")
KINDS = (*POSITIVE, "email_unsubscribed", "nothing_known")
DAYS = timedelta(days=40)
SHORT = load_text(TEXT.replace("half_life: 14d", "half_life: 10m").replace("per 7d", "per 5m"))
BY_THE_CLOCK = load_text(
    TEXT.replace("half_life: 14d", "half_life: 10m").replace(
        "{activity.type: page_viewed}", "{activity.type: page_viewed, activity.at: {within: 3m}}"
    )
)


def activities(kinds: tuple[str, ...] = KINDS, span: timedelta = DAYS) -> st.SearchStrategy[list[Activity]]:
    """Some activities, before and after noon, numbered in any order of time."""
    one = st.tuples(st.sampled_from(kinds), st.timedeltas(-span, span / 4))
    return st.lists(one, max_size=12).map(
        lambda done: [
            Activity(seq=seq, type=kind, at=NOON + at, source="website")
            for seq, (kind, at) in enumerate(done, 1)
        ]
    )


def worth(done: list[Activity], at: datetime = NOON) -> Sum:
    return add_up(done, {}, AGREEMENT, at)


@given(activities(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_sum(done: list[Activity], dice: random.Random) -> None:
    shuffled = list(done)
    dice.shuffle(shuffled)
    assert worth(shuffled) == worth(done)


@settings(deadline=None)
@given(activities(), st.randoms(use_true_random=False))
def test_heard_in_any_order_and_twice_the_score_is_the_same(
    done: list[Activity], dice: random.Random
) -> None:
    told, first = Told(), activity(len(done) + 1)
    events = [ActivityRecorded(activity=one) for one in done] * 2
    dice.shuffle(events)
    told.hear(captured(first=first), *events)
    assert (
        told.lead.score == add_up([first, *done], facts_of(told.lead, AGREEMENT, NOON), AGREEMENT, NOON).score
    )
    assert len(told.lead.activities) == len(done) + 1


@given(activities(), st.sampled_from(POSITIVE), st.timedeltas(-DAYS, DAYS / 4))
def test_one_more_good_deed_never_lowers_the_sum(done: list[Activity], kind: str, at: timedelta) -> None:
    more = Activity(seq=len(done) + 1, type=kind, at=NOON + at, source="website")
    assert worth([*done, more]).engagement >= worth(done).engagement


@given(activities(POSITIVE), st.timedeltas(timedelta(0), 3 * DAYS))
def test_waiting_never_raises_a_sum_of_good_deeds(done: list[Activity], wait: timedelta) -> None:
    assert worth(done, NOON + wait).engagement <= worth(done).engagement


@given(st.timedeltas(timedelta(0), DAYS))
def test_nothing_is_lost_by_rounding_each_activity(age: timedelta) -> None:
    def of(*kinds: str) -> int:
        return worth(
            [Activity(seq=n, type=kind, at=NOON - age, source="x") for n, kind in enumerate(kinds)]
        ).engagement

    assert of("page_viewed", "page_viewed") == of("form_submitted")


@given(activities())
def test_the_sum_has_a_floor_and_a_cap(done: list[Activity]) -> None:
    total = worth(done)
    assert 0 <= total.engagement_points <= AGREEMENT.engagement_cap
    assert 0 <= total.score <= 100


@given(activities())
def test_no_window_gives_more_than_its_cap(done: list[Activity]) -> None:
    given_points: dict[tuple[str, object], int] = {}
    for hit in worth(done).hits:
        if hit.rule.at_most is not None:
            week = (hit.activity.at - datetime(1970, 1, 1, tzinfo=NOON.tzinfo)) // timedelta(days=7)
            window = (hit.rule.name, week)
            given_points[window] = given_points.get(window, 0) + hit.points
            assert given_points[window] <= hit.rule.at_most.points


def test_a_window_is_a_multiple_of_its_length_since_1970_for_everybody() -> None:
    thursday = datetime(2026, 10, 29, tzinfo=NOON.tzinfo)
    forms = [thursday + timedelta(hours=hours) for hours in (-3, -2, -1, 0, 1, 2)]
    done = [Activity(seq=n, type="form_submitted", at=at, source="x") for n, at in enumerate(forms, 1)]
    assert [hit.points for hit in worth(done).hits] == [30, 30, 0, 30, 30, 0]


@given(activities(POSITIVE))
def test_the_newest_in_a_window_counts_in_full(done: list[Activity]) -> None:
    whole = worth(done)
    hits = whole.hits
    if hits:
        assert hits[0].points == hits[0].rule.points
    assert whole.engagement <= sum(hit.points for hit in hits) * WHOLE


BY_WHO = load_text(
    TEXT.replace(
        "{activity.type: page_viewed}", "{activity.type: page_viewed, company.employees: {at_least: 100}}"
    )
)


@given(activities(), st.sampled_from([AGREEMENT, BY_THE_CLOCK, BY_WHO]), st.sampled_from([50, 500, None]))
def test_every_rule_that_holds_gives_its_points_whatever_was_asked_before(
    done: list[Activity], agreement: Agreement, employees: int | None
) -> None:
    lead = replace(lead_of(done), company=Company(employees=employees))
    facts = facts_of(lead, agreement, NOON)
    met = {one.seq: {**facts, **facts_of_activity(one)} for one in done}
    holding = [
        (seq, rule.name, rule.sentence(facts))
        for seq, facts in met.items()
        for rule in agreement.engagement_for(facts)
    ]
    hits = hits_of(done, facts, agreement)
    assert sorted((hit.activity.seq, hit.rule.name, hit.sentence) for hit in hits) == sorted(holding)


# ---- cooling

MINUTES = timedelta(minutes=20)


def lead_of(done: list[Activity]) -> ScoredLead:
    return ScoredLead(
        person=Person(title="Director"),
        company=Company(employees=500),
        captured_at=NOON,
        activities=tuple(done),
    )


def by_brute_force(lead: ScoredLead, agreement: Agreement) -> datetime | None:
    seconds = (NOON + timedelta(seconds=second) for second in range(2400))
    return next((at for at in seconds if is_cold(lead, agreement, at)), None)


@settings(max_examples=60, deadline=None)
@given(activities(span=MINUTES), st.sampled_from([SHORT, BY_THE_CLOCK]))
def test_it_cools_at_the_first_second_that_is_cold(done: list[Activity], agreement: Agreement) -> None:
    lead = lead_of(done)
    computed, found = first_cold(lead, agreement, NOON), by_brute_force(lead, agreement)
    assert computed == found or (found is None and (computed is None or computed > NOON + 2 * MINUTES))


def test_who_is_cold_for_a_while_only_because_of_a_bad_deed_cools_now() -> None:
    soon = NOON + timedelta(minutes=20)
    kinds = {"email_unsubscribed": NOON, "form_submitted": soon, "page_viewed": soon}
    done = [Activity(seq=n, type=kind, at=at, source="x") for n, (kind, at) in enumerate(kinds.items(), 1)]
    assert not is_cold(lead_of(done), SHORT, soon)
    assert first_cold(lead_of(done), SHORT, NOON) == NOON


def test_who_is_good_enough_without_doing_anything_never_cools() -> None:
    fit_alone = load_text(TEXT.replace("{fit: 0.4, engagement: 0.6}", "{fit: 0.7, engagement: 0.3}"))
    assert first_cold(lead_of([]), fit_alone, NOON) is None


def test_who_is_cold_already_cools_at_once() -> None:
    assert first_cold(lead_of([]), AGREEMENT, NOON) == NOON
