"""When a lead goes back to sales: a new signal, judged by what is remembered, by example."""

from datetime import date, timedelta

import pytest

from shared.agreement import load_text
from shared.baton import Handover
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.envelope import Event
from shared.contracts.ingest import ConsentChanged, LeadUpdated
from shared.contracts.recycle import LeadReturned
from shared.contracts.routing import LeadAbsorbed, LeadRejected
from shared.contracts.values import Deadline, Person
from shared.terms import Consent, Stage
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.unit.recycle_lead import (
    PRIVACY,
    RECEIPT,
    RITA,
    TEXT,
    Told,
    assigned,
    given_up,
    not_qualified,
    scored,
)


def nurtured(reason: str = "no-budget", *, before: list[Event] | None = None, **how: object) -> Told:
    """Rita gave it up after one activity that scored 82; the track has it, under number 3."""
    told = Told()
    told.hear(captured(), scored(1, 82), *(before or []), given_up(reason, **how))  # type: ignore[arg-type]
    told.delivered(told.lead.custody.number)
    return told


def only_return(said: list[Event]) -> LeadReturned:
    [event] = said
    assert isinstance(event, LeadReturned)
    return event


# ---- what is a signal


def test_the_old_score_alone_brings_nothing_back() -> None:
    told = nurtured()
    assert told.hear(scored(1, 90)) == []
    assert told.where == ("holding", 3, "warm")


def test_something_new_with_enough_points_is_offered_to_routing() -> None:
    told = nurtured()
    event = only_return(told.hear(recorded(2)))
    assert event.handover is not None
    assert (event.handover.kind, event.handover.number) == ("offer", 3)
    assert event.handover.seen == 2
    assert (event.round, event.first_time) == (1, False)
    assert "new activity 2" in event.signal


def test_something_new_with_too_few_points_waits_for_more() -> None:
    told = nurtured()
    told.hear(scored(1, 20))
    assert told.hear(recorded(2)) == []
    only_return(told.hear(scored(2, 61)))


def test_what_sales_had_seen_is_no_signal() -> None:
    told = Told()
    told.hear(captured(), scored(1, 82), recorded(2), given_up(seen=2))
    assert [type(event) for event in told.delivered(2)] != [LeadReturned]
    assert told.where[0] == "holding"


def test_a_signal_during_the_offer_brings_it_back_at_the_moment_it_is_taken() -> None:
    told = Told()
    told.hear(captured(), scored(1, 82), given_up(), recorded(2))
    _, back = told.delivered(2)
    assert isinstance(back, LeadReturned)


def test_a_signal_heard_before_the_offer_that_sales_had_not_seen_counts() -> None:
    told = Told()
    told.hear(captured(), scored(1, 82), recorded(2), given_up(seen=1))
    assert isinstance(told.delivered(2)[-1], LeadReturned)


def test_it_is_offered_once() -> None:
    told = nurtured()
    told.hear(recorded(2))
    assert told.hear(recorded(3), scored(3, 95)) == []


# ---- dates and rounds


def test_before_its_earliest_return_a_signal_waits_for_the_day() -> None:
    told = nurtured("no-need")
    assert told.hear(recorded(2)) == []
    only_return(told.fire("return"))
    assert told.now == NOON + timedelta(days=30)


def test_without_a_signal_the_day_brings_nothing() -> None:
    told = nurtured("no-need")
    assert told.fire("return") == []
    assert told.where[0] == "holding"


def test_the_day_of_an_earlier_stay_brings_nothing() -> None:
    told = nurtured("bad-timing", revisit_on=date(2026, 12, 1))
    first = told.timers()["return"]
    told.hear(scored(2, 40, fast_seq=2), assigned(4))
    told.hear(given_up("bad-timing", number=4, seen=2, revisit_on=date(2026, 11, 20)))
    told.delivered(4)
    told.now = first.due_at
    told.effects.append(first)
    assert told.fire("return") == []


def test_the_fast_lane_waits_for_no_day() -> None:
    told = nurtured("no-need")
    event = only_return(told.hear(scored(2, 40, fast_seq=2)))
    assert event.snapshot.fast_lane
    assert event.receipt is not None
    [early] = [rule for rule in event.receipt.rules if rule.name == "earliest return"]
    assert not early.matched


def test_the_fast_lane_is_known_before_scoring_says_so() -> None:
    event = only_return(nurtured("no-need").hear(recorded(2, "demo_requested")))
    assert event.snapshot.fast_lane
    assert "on the fast lane" in event.signal


def test_used_up_rounds_hold_a_signal_back_but_not_the_fast_lane() -> None:
    told = nurtured(number=6, rounds=2)
    assert told.where[2] == "last"
    assert told.hear(recorded(2)) == []
    assert only_return(told.hear(scored(3, 40, fast_seq=3))).round == 3


def test_a_date_agreed_with_the_lead_brings_it_back_without_a_signal() -> None:
    told = nurtured("bad-timing", revisit_on=date(2027, 1, 15))
    event = only_return(told.fire("return"))
    assert (told.now.date(), event.prefer) == (date(2027, 1, 15), RITA.answers)


def test_facts_put_right_bring_back_what_had_bad_ones() -> None:
    told = nurtured("bad-data")
    assert told.hear(recorded(2)) == []
    assert only_return(told.hear(LeadUpdated(person=Person(name="Ana Sousa")))).signal == (
        "its facts were put right"
    )


@pytest.mark.parametrize("reason", ["no-fit", "parked-for-good"])
def test_what_never_returns_never_does(reason: str) -> None:
    told = nurtured(reason)
    assert told.hear(recorded(2), scored(3, 99, fast_seq=3)) == []


def test_nothing_leaves_a_desk_by_a_signal() -> None:
    told = Told()
    told.hear(captured(), given_up("do-not-contact"))
    assert told.hear(recorded(2), scored(3, 99, fast_seq=3)) == []
    assert told.where[2] == PRIVACY.name


# ---- the first time


def test_leaving_the_first_track_is_no_return() -> None:
    told = Told()
    told.hear(captured(), not_qualified())
    assert told.hear(recorded(2), scored(2, 70, mql=False)) == []
    event = only_return(told.hear(scored(3, 55)))
    assert (event.first_time, event.round) == (True, 0)
    assert event.handover is not None
    assert event.handover.rounds == 0
    assert (event.avoid, event.prefer) == (None, None)


def test_better_facts_alone_make_an_mql_of_it_the_first_time() -> None:
    told = Told()
    told.hear(captured(), not_qualified())
    assert only_return(told.hear(scored(1, 55))).first_time


def test_after_the_first_time_a_round_is_used() -> None:
    told = Told()
    told.hear(captured(), not_qualified(), scored(2, 82), assigned(3))
    assert told.where == ("gone", 3, RITA.name)
    told.hear(given_up(number=3, seen=2))
    told.delivered(3)
    assert only_return(told.hear(recorded(3))).round == 1


# ---- to whom


def test_the_tool_stops_once_routing_has_it_and_not_before() -> None:
    told = nurtured()
    told.hear(recorded(2))
    assert told.errands() == [("start", 2)]
    told.hear(assigned(4))
    assert told.errands() == [("start", 2), ("stop", 2)]


def test_everything_that_routing_needs_goes_along() -> None:
    snapshot = only_return(nurtured().hear(recorded(2, "pricing"))).snapshot
    assert snapshot.email is not None
    assert snapshot.email.address == "ana@northwind.example"
    assert snapshot.company.employees == 120
    assert snapshot.score == 82
    assert snapshot.receipt is not None
    assert snapshot.stage is Stage.MQL
    assert [one.seq for one in snapshot.activities] == [1, 2]


def test_the_scores_receipt_is_kept_also_when_the_score_was_heard_before_the_capture() -> None:
    told = Told()
    told.hear(not_qualified(), captured())
    assert told.lead.snapshot.receipt == RECEIPT


def test_the_reason_says_whether_the_same_rep_another_or_the_rules_have_it() -> None:
    assert only_return(nurtured("no-budget").hear(recorded(2))).prefer == RITA.answers
    assert only_return(nurtured("no-authority").hear(recorded(2))).avoid == RITA.answers
    ruled = only_return(nurtured("cooled").hear(recorded(2)))
    assert (ruled.avoid, ruled.prefer) == (None, None)


CLOCK = Deadline(name="touch", due_at=NOON, policy="hot")
REJECT = LeadRejected(by=RITA.answers, reason="not-per-definition", what_follows="dispute")
BREACH = DeadlineBreached(deadline=CLOCK, owner=RITA.answers, late_by_s=1)


@pytest.mark.parametrize("failure", [REJECT, BREACH])
def test_after_a_reject_or_a_breach_it_never_goes_to_the_same_rep(failure: Event) -> None:
    event = only_return(nurtured("no-budget", before=[failure]).hear(recorded(2)))
    assert (event.avoid, event.prefer) == (RITA.answers, None)


def test_another_ones_breach_is_not_ritas() -> None:
    theirs = DeadlineBreached(deadline=CLOCK, owner="otto@acme.example", late_by_s=1)
    assert only_return(nurtured("no-budget", before=[theirs]).hear(recorded(2))).prefer == RITA.answers


def test_a_lead_merged_into_it_is_a_signal_that_prefers_the_rep_who_worked_it() -> None:
    told = nurtured("no-need")
    absorbed = LeadAbsorbed(absorbed=lead_id("bea"), stage=Stage.SAL, holder=RITA, number=2)
    event = only_return(told.hear(absorbed))
    assert event.prefer == RITA.answers
    assert lead_id("bea") in event.signal


def test_a_merge_that_sales_knew_of_is_no_signal() -> None:
    absorbed = LeadAbsorbed(absorbed=lead_id("bea"), stage=Stage.SAL, holder=RITA, number=2)
    told = nurtured(before=[absorbed], absorbed=(lead_id("bea"),))
    assert told.where[0] == "holding"


def test_without_the_consent_that_routing_needs_nothing_is_routed() -> None:
    strict = TEXT.replace(
        "nurture_needs: granted, routing_needs: not_denied",
        "nurture_needs: not_denied, routing_needs: granted",
    )
    told = Told(agreement=load_text(strict))
    told.hear(captured(consent=Consent.UNKNOWN), scored(1, 82), given_up())
    told.delivered(2)
    assert told.hear(recorded(2)) == []
    only_return(told.hear(ConsentChanged(consent=Consent.GRANTED)))


def test_who_refused_contact_is_not_routed() -> None:
    told = nurtured()
    told.hear(ConsentChanged(consent=Consent.DENIED))
    assert told.hear(recorded(2), scored(3, 90, fast_seq=3)) == []


def test_a_receipt_says_what_was_tried() -> None:
    event = only_return(nurtured().hear(recorded(2)))
    assert event.receipt is not None
    assert [rule.name for rule in event.receipt.rules] == ["return_when", "earliest return", "rounds"]
    assert all(rule.sentence for rule in event.receipt.rules)
    assert event.receipt.agreement == "recycled@3"


def test_routing_can_not_take_what_was_not_offered() -> None:
    told = nurtured()
    told.hear(assigned(4))
    assert told.where[0] == "holding"
    told.hear(recorded(2), assigned(3))
    assert told.where[0] == "offering"
    assert told.lead.custody.holder is not None
    handover = told.said(LeadReturned)[0].handover
    assert isinstance(handover, Handover)
