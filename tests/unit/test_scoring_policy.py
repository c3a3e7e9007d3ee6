"""What scoring decides, by example."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.scoring.domain.model import ScoredLead
from services.scoring.domain.policy import react
from shared.agreement import Agreement, load, load_text
from shared.baton import Handover, Holder
from shared.contracts.envelope import Event
from shared.contracts.ingest import ConsentChanged, LeadErased, LeadMerged, LeadUpdated
from shared.contracts.recycle import OwnerConfirmed, OwnerMissing
from shared.contracts.routing import LeadAbsorbed, LeadAssigned
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadScored
from shared.contracts.values import Company, Person, RouteReceipt
from shared.effects import Say
from shared.terms import Consent
from shared.testing.leads import NOON, activity, captured, heard, lead_id, recorded

DEMO = activity(1, "demo_requested")


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return load(Path("agreements/starter.yaml"))


def after(agreement: Agreement, *events: Event, at: Any = NOON) -> tuple[ScoredLead, list[Event]]:
    """The lead after these events, and everything that was said."""
    lead, said = ScoredLead(), []
    for number, event in enumerate(events):
        decision = react(lead, heard(event, id=str(number)), agreement, at)
        lead = decision.state
        said += [effect.event for effect in decision.effects if isinstance(effect, Say)]
    return lead, said


def test_a_demo_request_is_offered_to_routing(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(first=DEMO))
    assert isinstance(said, LeadQualified)
    assert said.why == "fast lane"
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("offer", 1)


def test_a_first_form_of_a_good_fit_is_an_mql_by_threshold(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured())
    assert isinstance(said, LeadQualified)
    assert said.why == "threshold"
    assert said.receipt.fit_points == 95
    assert said.receipt.grade == "A"
    assert said.receipt.score == 56  # 0.4 × 95 + 0.6 × 30


def test_a_score_is_rounded_not_cut(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(), at=NOON + timedelta(days=16))
    assert isinstance(said, LeadNotQualified)
    assert said.receipt.engagement_points == 13
    assert said.receipt.score == 46  # 0.4 × 95 + 0.6 × 13 = 45.8


def test_what_is_no_mql_moves_to_the_track_and_says_what_is_missing(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(person=Person(name="Ana"), company=Company()))
    assert isinstance(said, LeadNotQualified)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("move", 2)
    assert said.to == Holder("track", "new", "maya@acme.example")
    assert any("points" in line for line in said.missing)


def test_who_refuses_contact_goes_to_the_privacy_desk_fast_lane_or_not(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(first=DEMO, consent=Consent.DENIED))
    assert isinstance(said, LeadNotQualified)
    assert said.to == Holder("desk", "privacy", "privacy@acme.example")


def test_a_refusal_heard_before_the_capture_counts(agreement: Agreement) -> None:
    _, [said] = after(agreement, ConsentChanged(consent=Consent.DENIED), captured(first=DEMO))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert said.to.name == "privacy"


def test_who_may_not_be_nurtured_waits_at_the_marketing_desk(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(company=Company(), person=Person(), consent=Consent.UNKNOWN))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert said.to.name == "marketing"


def test_an_mql_that_nobody_may_call_is_nurtured_and_its_reason_says_why() -> None:
    text = Path("agreements/starter.yaml").read_text("utf-8")
    asks = load_text(
        text.replace("nurture_needs: granted", "nurture_needs: not_denied").replace(
            "routing_needs: not_denied", "routing_needs: granted"
        )
    )
    _, [said] = after(asks, captured(first=DEMO, consent=Consent.UNKNOWN))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert (said.mql, said.to.kind, said.reason) == (True, "track", "consent to be called is unknown")


def test_a_predecessor_that_was_no_lead_goes_to_a_desk_fast_lane_or_not(agreement: Agreement) -> None:
    _, [said] = after(agreement, captured(first=DEMO, earlier=lead_id("before"), earlier_was_no_lead=True))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert said.to.kind == "desk"


def test_later_signals_are_information_and_move_nothing(agreement: Agreement) -> None:
    poor = captured(person=Person(name="Ana"), company=Company())
    _, said = after(agreement, poor, recorded(2, "demo_requested"), recorded(3, "demo_requested"))
    later = said[1:]
    assert [type(event) for event in later] == [LeadQualified, LeadScored]
    assert all(event.handover is None for event in later)
    assert later[1].fast_seq == 3  # type: ignore[attr-defined]  # a scoring event


def test_the_same_activity_twice_counts_once(agreement: Agreement) -> None:
    once, _ = after(agreement, captured(), recorded(2))
    twice, _ = after(agreement, captured(), recorded(2), recorded(2))
    assert once == twice


def test_activities_out_of_order_give_the_same_score(agreement: Agreement) -> None:
    forms = [recorded(n, "form_submitted", at=NOON - timedelta(days=n)) for n in (2, 3, 4)]
    in_order, _ = after(agreement, captured(), *forms)
    reverse, _ = after(agreement, captured(), *reversed(forms))
    assert (in_order.score, in_order.activities) == (reverse.score, reverse.activities)


def test_at_most_caps_points_in_their_window(agreement: Agreement) -> None:
    forms = [recorded(n, "form_submitted") for n in range(2, 8)]
    _, said = after(agreement, captured(), *forms)
    assert isinstance(said[-1], LeadScored)
    assert said[-1].receipt.engagement_points == 60


def test_better_facts_raise_the_score(agreement: Agreement) -> None:
    poor = captured(person=Person(name="Ana"), company=Company())
    better = LeadUpdated(person=captured().person, email=captured().email, company=captured().company)
    _, said = after(agreement, poor, better)
    assert isinstance(said[1], LeadQualified)
    assert said[1].handover is None


def test_once_taken_the_baton_is_gone(agreement: Agreement) -> None:
    rep = Holder("rep", "rita@acme.example", "rita@acme.example")
    taken = LeadAssigned(
        handover=Handover(kind="take", number=2, taker=rep),
        owner=rep,
        why="new",
        receipt=RouteReceipt(agreement="starter@1", at=NOON, why="new"),
    )
    lead, _ = after(agreement, captured(first=DEMO), taken)
    assert (lead.custody.standing, lead.custody.number) == ("gone", 2)


def test_an_erased_lead_leaves_nothing_but_its_ending(agreement: Agreement) -> None:
    lead, _ = after(agreement, captured(), LeadErased(), recorded(2))
    assert lead == ScoredLead(custody=lead.custody)
    assert lead.custody.ending == "erased"


def test_a_tombstone_before_the_capture_holds(agreement: Agreement) -> None:
    lead, said = after(agreement, LeadErased(), captured(first=DEMO))
    assert said == []
    assert lead.custody.standing == "ended"


def test_a_merge_during_its_offer_tells_the_survivor_who_held_it(agreement: Agreement) -> None:
    merged = LeadMerged(survivor=lead_id("older"))
    _, said = after(agreement, captured(first=DEMO), merged)
    assert isinstance(said[-1], LeadAbsorbed)
    assert said[-1].number == 1


def test_the_auditor_gets_an_answer(agreement: Agreement) -> None:
    question = OwnerMissing(custodian="scoring", problem="nobody", since=NOON)
    _, said = after(agreement, captured(first=DEMO), question)
    assert isinstance(said[-1], OwnerConfirmed)
