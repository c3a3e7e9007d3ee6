"""How a lead's time with recycle ends: a deal, a merge, erasure; by example."""

import pytest

from services.recycle.domain.model import RecycledLead
from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.ingest import ConsentChanged, LeadErased, LeadMerged, OutcomeReported
from shared.contracts.recycle import (
    LeadRecycled,
    LeadRecycleRefused,
    OwnerConfirmed,
    OwnerMissing,
)
from shared.contracts.routing import LeadAbsorbed, LeadWon
from shared.effects import CommandRefused, Say
from shared.terms import Consent, Stage
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.unit.recycle_lead import (
    RITA,
    Told,
    asked,
    given_up,
    not_qualified,
    nurtured,
    offering,
    scored,
)

DENIED = ConsentChanged(consent=Consent.DENIED)
WON = OutcomeReported(outcome="won", happened_at=NOON, value="24000", currency="USD")
MERGED = LeadMerged(survivor=lead_id("older"))


# ---- a deal


def test_a_deal_closes_what_is_in_nurture() -> None:
    told = nurtured()
    [said] = told.hear(WON)
    assert isinstance(said, LeadWon)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("close", 3)
    assert (said.value, told.lead.custody.ending) == ("24000", "won")
    assert told.errands()[-1] == ("stop", 2)


def test_a_deal_waits_while_a_track_is_asked_and_closes_when_it_has_taken() -> None:
    told = asked()
    assert told.hear(WON) == []
    taken, won = told.delivered(2)
    assert isinstance(taken, LeadRecycled)
    assert isinstance(won, LeadWon)
    assert won.handover is not None
    assert won.handover.number == 4


def test_a_deal_that_waits_closes_also_what_the_privacy_desk_had_to_take() -> None:
    told = asked()
    told.hear(WON)
    assert [type(event) for event in told.hear(DENIED)] == [LeadRecycled, LeadWon]
    assert told.lead.custody.ending == "won"


def test_a_deal_that_waits_is_routings_when_the_track_refuses() -> None:
    told = asked()
    told.hear(WON)
    [said] = told.fire("acknowledge")
    assert isinstance(said, LeadRecycleRefused)


def test_a_deal_waits_while_it_is_offered_to_routing() -> None:
    told = offering()
    assert told.hear(WON) == []


def test_an_opportunity_or_a_loss_closes_nothing() -> None:
    told = nurtured()
    lost = OutcomeReported(outcome="lost", happened_at=NOON)
    assert told.hear(lost, OutcomeReported(outcome="opportunity", happened_at=NOON)) == []


# ---- tombstones


def test_an_erased_lead_leaves_nothing_but_its_ending_and_the_tool_stops() -> None:
    told = nurtured()
    told.hear(LeadErased(), recorded(2), scored(3, 99, fast_seq=3))
    assert told.lead == RecycledLead(custody=told.lead.custody)
    assert told.lead.custody.ending == "erased"
    assert told.errands()[-1] == ("stop", 2)


def test_a_tombstone_of_an_unknown_lead_holds() -> None:
    told = Told()
    told.hear(LeadErased(), captured(), not_qualified(), given_up())
    assert told.where[0] == "ended"
    assert told.errands() == []


def test_an_erasure_while_a_track_is_asked_takes_it_back() -> None:
    told = asked()
    told.hear(LeadErased())
    assert told.errands()[-1] == ("take back", 2)
    with pytest.raises(CommandRefused) as refused:
        told.calls_back(2)
    assert refused.value.because == "gone"


def test_a_merged_lead_of_ours_tells_the_survivor_who_held_it() -> None:
    told = nurtured()
    [said] = told.hear(MERGED)
    assert isinstance(said, LeadAbsorbed)
    assert (said.absorbed, said.number, said.holder.name) == (told.id, 2, "new")
    [effect] = [e for e in told.effects if isinstance(e, Say)]
    assert effect.key == lead_id("older")


def test_a_merged_lead_that_is_offered_to_us_is_routings_to_tell() -> None:
    told = asked()
    assert told.hear(MERGED) == []
    assert told.errands()[-1] == ("take back", 2)


def test_a_lead_moved_to_us_after_its_merge_is_told_by_us() -> None:
    told = Told()
    told.hear(captured(), MERGED)
    [said] = told.hear(not_qualified())
    assert isinstance(said, LeadAbsorbed)
    assert said.number == 2
    assert told.where[0] == "ended"
    assert told.errands() == []


BEA = LeadAbsorbed(absorbed=lead_id("bea"), stage=Stage.SAL, holder=RITA, number=2)


@pytest.mark.parametrize("order", [(BEA, MERGED), (MERGED, BEA)])
def test_merges_chain_to_one_root_in_any_order(order: tuple[Event, Event]) -> None:
    told = Told()
    told.hear(captured(), *order)
    assert [(e.key, e.event) for e in told.effects if isinstance(e, Say)] == [(lead_id("older"), BEA)]


def test_whom_sales_was_told_of_already_is_not_passed_on() -> None:
    told = Told()
    told.hear(captured(), given_up(absorbed=(lead_id("bea"),)), BEA)
    assert told.hear(MERGED) == []


# ---- the auditor asks us, too


def test_the_auditor_gets_a_confirmation() -> None:
    told = nurtured()
    [said] = told.hear(OwnerMissing(custodian="recycle", problem="a hole", since=NOON))
    assert said == OwnerConfirmed(number=2, holder=Holder("track", "new", "maya@acme.example"))


def test_a_question_for_routing_is_not_ours() -> None:
    assert nurtured().hear(OwnerMissing(custodian="routing", problem="a hole", since=NOON)) == []


def test_a_track_whose_owner_is_another_by_now_is_put_right_by_a_move() -> None:
    told = Told()
    told.hear(captured(), not_qualified(Holder("track", "new", "gone@acme.example")))
    [said] = told.hear(OwnerMissing(custodian="recycle", problem="they left", since=NOON))
    assert isinstance(said, LeadRecycled)
    assert said.owner.answers == "maya@acme.example"
    assert told.where == ("holding", 3, "new")


def test_a_deal_that_waited_for_a_track_is_closed_by_the_desk_that_takes_at_the_second_lapse() -> None:
    told = Told()
    told.hear(captured())
    told.hear(given_up())
    told.fire("acknowledge")
    told.hear(given_up(number=3), WON)
    said = told.fire("acknowledge")
    assert [type(event).__name__ for event in said] == ["LeadRecycled", "LeadWon"]
    assert told.where[0] == "ended"
