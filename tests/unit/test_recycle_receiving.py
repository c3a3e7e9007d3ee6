"""How a lead comes to a track or a desk: asked, acknowledged, refused, by example."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from services.recycle.domain import policy
from shared.baton import Handover, Holder
from shared.contracts.ingest import ConsentChanged
from shared.contracts.recycle import LeadRecycled, LeadRecycleRefused
from shared.contracts.routing import LeadClosed, LeadLost, LeadStalled
from shared.contracts.values import Person, Snapshot
from shared.effects import CommandRefused, Errand
from shared.terms import Consent
from shared.testing.leads import NOON, captured, recorded
from tests.unit.recycle_lead import PRIVACY, RITA, SOMEBODY_ELSES, Told, given_up, not_qualified, scored

MARKETING = Holder("desk", "marketing", "maya@acme.example")


def known() -> Told:
    told = Told()
    told.hear(captured())
    return told


def test_what_is_no_mql_is_held_by_the_tracks_owner_and_its_tool_is_told() -> None:
    told = known()
    told.hear(not_qualified())
    assert told.where == ("holding", 2, "new")
    [errand] = [e for e in told.effects if isinstance(e, Errand)]
    assert (errand.destination, errand.action, errand.key) == ("mautic", "start", f"{told.id}/2/start")


def test_a_move_to_a_queue_is_not_ours() -> None:
    told = known()
    told.hear(not_qualified(Holder("queue", "inside", "ines@acme.example")))
    assert told.where == ("none", 0, None)


def test_an_errand_carries_nothing_personal() -> None:
    told = known()
    told.hear(given_up())
    [errand] = [e for e in told.effects if isinstance(e, Errand)]
    assert "Ana" not in str(errand.body)
    assert "northwind" not in str(errand.body)


def test_an_offer_asks_the_track_and_the_giver_answers_until_it_has_acknowledged() -> None:
    told = known()
    assert told.hear(given_up("no-need")) == []
    assert told.where == ("asked", 2, RITA.name)
    assert told.timers()["acknowledge"].due_at == NOON + timedelta(minutes=15)
    assert told.errands() == [("start", 2)]


def test_a_delivery_acknowledges_where_the_track_takes_it_for_one() -> None:
    told = known()
    told.hear(given_up("no-need"))
    [said] = told.delivered(2)
    assert isinstance(said, LeadRecycled)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("take", 3)
    assert said.owner.answers == "noor@acme.example"
    assert said.not_before == NOON + timedelta(days=30)
    assert said.receipt is not None
    assert said.receipt.acknowledged_by == "mautic"
    assert "acknowledge" not in told.timers()
    assert told.timers()["return"].due_at == said.not_before


def test_where_a_call_back_is_asked_for_a_delivery_is_none() -> None:
    told = known()
    told.hear(given_up("silent"))
    assert told.delivered(2) == []
    assert told.where[0] == "asked"
    assert [type(e) for e in told.calls_back(2)] == [LeadRecycled]
    assert told.where == ("holding", 3, "by-call")


def test_a_second_call_back_changes_nothing() -> None:
    told = known()
    told.hear(given_up("silent"))
    told.calls_back(2)
    assert told.calls_back(2) == []


def test_without_acknowledgement_it_is_refused_and_the_tool_must_forget_it() -> None:
    told = known()
    told.hear(given_up())
    [said] = told.fire("acknowledge")
    assert isinstance(said, LeadRecycleRefused)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("refuse", 2)
    assert told.where[0] == "gone"
    assert told.errands() == [("start", 2), ("take back", 2)]


def test_a_late_call_back_is_refused() -> None:
    told = known()
    told.hear(given_up("silent"))
    told.fire("acknowledge")
    with pytest.raises(CommandRefused, match="take it out of your track") as refused:
        told.calls_back(2)
    assert refused.value.because == "wrong stage"


def test_a_late_delivery_is_taken_back() -> None:
    told = known()
    told.hear(given_up())
    told.fire("acknowledge")
    assert told.delivered(2) == []
    assert told.errands()[-1] == ("take back", 2)
    keys = [e.key for e in told.effects if isinstance(e, Errand)]
    assert len(set(keys)) == len(keys), "the tool would take the second for a repeat of the first"


def test_a_delivery_of_what_it_still_holds_is_no_late_one() -> None:
    told = known()
    told.hear(not_qualified())
    assert told.delivered(2) == []
    assert told.errands() == [("start", 2)]


def test_the_second_refusal_in_a_row_goes_to_a_desk() -> None:
    told = known()
    told.hear(given_up())
    told.fire("acknowledge")
    told.hear(given_up(number=3))
    [said] = told.fire("acknowledge")
    assert isinstance(said, LeadRecycled)
    assert said.owner == Holder("desk", "marketing", "maya@acme.example")
    assert told.errands()[-1] == ("take back", 3)


def test_a_timer_that_was_overtaken_is_moot() -> None:
    told = known()
    told.hear(given_up())
    overdue = told.timers()["acknowledge"]
    told.delivered(2)
    told.effects.append(overdue)
    assert told.fire("acknowledge") == []
    assert told.where[0] == "holding"


def test_the_timer_of_an_earlier_question_does_not_end_a_later_one() -> None:
    told = known()
    told.hear(given_up())
    first = told.timers()["acknowledge"]
    told.fire("acknowledge")
    told.later(minutes=1).hear(given_up(number=3))
    told.effects.append(first)
    assert told.fire("acknowledge") == []
    assert told.where[0] == "asked"


def test_a_tool_that_can_never_have_it_is_not_waited_for() -> None:
    told = known()
    told.hear(given_up())
    [said] = told.follow(policy.undelivered(told.lead, 2, "404 Not Found", told.scene))
    assert isinstance(said, LeadRecycleRefused)
    assert "404" in said.reason


def test_a_track_without_a_tool_takes_at_once() -> None:
    told = known()
    [said] = told.hear(given_up("unreachable"))
    assert isinstance(said, LeadRecycled)
    assert told.where == ("holding", 3, "by-hand")
    assert told.errands() == []


def test_do_not_contact_is_taken_by_the_privacy_desk_at_once() -> None:
    told = known()
    [said] = told.hear(given_up("do-not-contact"))
    assert isinstance(said, LeadRecycled)
    assert said.owner == PRIVACY
    assert told.errands() == []


def test_what_was_no_lead_is_closed() -> None:
    told = known()
    said = told.hear(given_up("not-a-lead"))
    assert [type(event) for event in said] == [LeadRecycled, LeadClosed]
    assert [event.handover.number for event in said if event.handover] == [3, 4]
    assert told.where[0] == "ended"


def test_who_may_not_be_nurtured_waits_at_a_desk_until_consent_is_given() -> None:
    told = Told()
    told.hear(captured(consent=Consent.UNKNOWN), given_up())
    assert told.where == ("holding", 3, "marketing")
    [said] = told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert isinstance(said, LeadRecycled)
    assert said.handover is not None
    assert said.handover.kind == "move"
    assert told.where == ("holding", 4, "warm")
    assert told.errands() == [("start", 4)]


def test_what_waited_for_consent_has_its_earliest_return_from_when_it_was_given_up() -> None:
    told = Told()
    told.hear(captured(consent=Consent.UNKNOWN), given_up("no-need"), scored(2, 80))
    told.later(days=10).hear(ConsentChanged(consent=Consent.GRANTED))
    assert told.where == ("holding", 4, "warm")
    told.fire("return")
    assert told.now == NOON + timedelta(days=30)
    assert told.where[0] == "offering"


def aside() -> Told:
    """A lead that the agreement sets aside to a desk."""
    told = Told()
    told.hear(captured(), not_qualified(MARKETING, reason="set aside", receipt=SOMEBODY_ELSES))
    return told


def test_what_is_set_aside_is_not_nurtured_when_consent_is_given() -> None:
    told = Told()
    told.hear(captured(consent=Consent.UNKNOWN))
    told.hear(not_qualified(MARKETING, reason="set aside", receipt=SOMEBODY_ELSES))
    assert told.hear(ConsentChanged(consent=Consent.GRANTED)) == []
    assert told.where == ("holding", 2, "marketing")


def test_what_is_set_aside_is_nurtured_when_it_is_nobody_elses_any_more() -> None:
    told = aside()
    told.hear(scored(1, 20, mql=False))
    assert told.where == ("holding", 3, "new")


def test_nothing_that_it_does_brings_what_is_set_aside_from_its_desk() -> None:
    told = aside()
    told.hear(recorded(2, "demo_requested"), replace(scored(2, 90, fast_seq=2), receipt=SOMEBODY_ELSES))
    assert told.where == ("holding", 2, "marketing")


def test_what_has_cooled_is_no_mql_for_its_first_track() -> None:
    told = Told()
    told.hear(captured(), not_qualified(), scored(1, 40, mql=False))
    assert told.where == ("holding", 2, "new")
    assert told.hear(scored(1, 40)) != []


def test_a_reason_that_the_agreement_does_not_know_goes_to_its_first_track() -> None:
    told = known()
    told.hear(given_up("from-an-older-version"))
    [said] = told.delivered(2)
    assert isinstance(said, LeadRecycled)
    assert said.owner.name == "new"
    assert said.receipt is not None
    assert "knows no reason 'from-an-older-version'" in said.receipt.why


def test_used_up_rounds_end_in_the_last_track_which_is_asked_like_any_other() -> None:
    told = known()
    told.hear(given_up(number=6, rounds=2))
    assert told.where[0] == "asked"
    told.delivered(6)
    assert told.where == ("holding", 7, "last")


def test_a_stale_offer_is_not_taken_again() -> None:
    told = known()
    told.hear(given_up())
    told.fire("acknowledge")
    assert told.hear(given_up()) == []
    assert told.where[0] == "gone"


@pytest.mark.parametrize("late", [False, True])
def test_stalled_and_lost_are_offers_too(late: bool) -> None:
    told = known()
    offer = Handover(kind="offer", number=2, giver=RITA, seen=1)
    snapshot = Snapshot(person=Person())
    event = (
        LeadStalled(handover=offer, since=NOON, snapshot=snapshot)
        if late
        else LeadLost(handover=offer, by=RITA.name, snapshot=snapshot)
    )
    told.hear(event)
    assert told.where[0] == "asked"


def test_an_event_without_a_handover_moves_nothing() -> None:
    told = known()
    told.hear(LeadStalled(since=NOON, snapshot=Snapshot(person=Person())), recorded(2))
    assert told.where == ("none", 0, None)


def test_a_call_back_about_a_lead_that_nobody_knows() -> None:
    with pytest.raises(CommandRefused) as refused:
        Told().calls_back(2)
    assert refused.value.because == "unknown"
