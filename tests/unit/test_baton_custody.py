"""The baton by example: the rules that people get wrong. The search proves that they suffice."""

from typing import Any

import pytest

from shared import baton
from shared.baton import Absorbed, Custody, Handover, Holder, Memory, NotCustodian

INTAKE = Holder("intake", "intake", "maya@acme.example")
ANA = Holder("rep", "ana@acme.example", "ana@acme.example")
BEN = Holder("rep", "ben@acme.example", "ben@acme.example")
QUEUE = Holder("queue", "inside", "dan@acme.example")
TRACK = Holder("track", "keep-warm", "maya@acme.example")
DESK = Holder("desk", "marketing", "maya@acme.example")
PRIVACY = Holder("desk", "privacy", "pia@acme.example")

OFFER = Handover(kind="offer", number=2, giver=ANA, seen=4)


def held_by(holder: Holder, number: int = 2, **more: Any) -> Custody:
    return Custody(standing="holding", number=number, holder=holder, **more)


def asked(**more: Any) -> Custody:
    custody = baton.hear_offer(Custody(**more), OFFER)
    assert custody is not None
    return custody


def test_an_offer_repeats_the_number_and_a_take_is_one_higher() -> None:
    offering, offer = baton.offer(held_by(ANA))
    taken, take = baton.take(asked(), TRACK)

    assert (offer.kind, offer.number, offering.standing) == ("offer", 2, "offering")
    assert (take.kind, take.number, taken.standing) == ("take", 3, "holding")


def test_only_the_custodian_may_move_a_lead() -> None:
    offering, _ = baton.offer(held_by(ANA))

    with pytest.raises(NotCustodian, match="it is offering here, not holding"):
        baton.move(offering, BEN)


def test_a_move_to_another_custodians_holder_gives_the_lead_away() -> None:
    assert baton.move(held_by(INTAKE, 1), TRACK)[0].standing == "gone"
    assert baton.move(held_by(ANA), BEN)[0].standing == "holding"


def test_an_offer_that_was_refused_is_not_heard_again() -> None:
    refused, _ = baton.refuse(asked())

    assert baton.hear_offer(refused, OFFER) is None


def test_a_late_acknowledgement_takes_nothing() -> None:
    refused, _ = baton.lapse(asked(), DESK)

    assert baton.acknowledge(refused, 2, TRACK) is None


def test_an_acknowledgement_of_an_earlier_question_takes_nothing() -> None:
    assert baton.acknowledge(asked(), 1, TRACK) is None


def test_the_second_refusal_in_a_row_goes_to_a_desk() -> None:
    once, refusal = baton.lapse(asked(), DESK)
    again = baton.hear_offer(once, Handover(kind="offer", number=3, giver=QUEUE))
    assert again is not None
    twice, take = baton.lapse(again, DESK)

    assert (refusal.kind, take.kind, twice.holder) == ("refuse", "take", DESK)


def test_what_is_refused_goes_to_the_deputy_under_a_new_number() -> None:
    offering, _ = baton.offer(held_by(ANA))
    passed = baton.refused_by_nurture(offering, Handover(kind="refuse", number=2), QUEUE)

    assert passed is not None
    assert (passed[0].holder, passed[1].number) == (QUEUE, 3)


def test_after_the_agreed_reassignments_the_deputy_has_it_for_good() -> None:
    first = baton.reassign(held_by(ANA), BEN, deputy=QUEUE, at_most=1)
    assert first is not None
    second = baton.reassign(first[0], ANA, deputy=QUEUE, at_most=1)
    assert second is not None

    assert (first[0].holder, second[0].holder) == (BEN, QUEUE)
    assert baton.reassign(second[0], ANA, deputy=QUEUE, at_most=1) is None


def test_an_activity_that_nobody_was_told_of_is_a_new_signal() -> None:
    told = baton.saw(held_by(ANA), 7)
    untold = baton.saw(asked(), 7)

    assert (told.seen, untold.seen) == (7, 4)


def test_a_signal_is_new_by_its_count() -> None:
    nurtured = held_by(TRACK, seen=4)

    assert not baton.is_new(nurtured, Memory(seq=4))
    assert baton.is_new(nurtured, Memory(seq=5))


def test_nothing_leaves_a_desk_by_a_signal() -> None:
    demo = Memory(seq=9, fast_seq=9)
    wanted: dict[str, Any] = {"wanted": True, "ripe": True, "rounds_at_most": 3}

    assert baton.comes_back(held_by(TRACK), demo, **wanted)
    assert not baton.comes_back(held_by(DESK), demo, **wanted)


def test_a_fast_lane_ignores_dates_and_rounds() -> None:
    nurtured = held_by(TRACK, rounds=3)
    closed: dict[str, Any] = {"wanted": False, "ripe": False, "rounds_at_most": 3}

    assert not baton.comes_back(nurtured, Memory(seq=9), **closed)
    assert baton.comes_back(nurtured, Memory(seq=9, fast_seq=9), **closed)


def test_the_first_time_out_of_a_track_uses_no_round() -> None:
    assert baton.offer_back(held_by(TRACK), Memory(), first_time=True)[1].rounds == 0
    assert baton.offer_back(held_by(TRACK), Memory(), first_time=False)[1].rounds == 1


def test_of_two_reports_about_a_merged_lead_the_higher_number_counts() -> None:
    offered, taken = Absorbed("a", 2, ANA), Absorbed("a", 3, TRACK)
    memory = baton.remember_absorbed(baton.remember_absorbed(Memory(), taken), offered)

    assert memory.absorbed == (taken,)


def test_both_sides_of_an_open_offer_answer_for_a_merged_lead_but_not_who_was_only_asked() -> None:
    offering, _ = baton.offer(held_by(ANA))
    ended, remains = baton.absorb(offering) or (None, None)

    assert remains == (2, ANA)
    assert ended is not None
    assert (ended.standing, ended.ending) == ("ended", "merged")
    assert (baton.absorb(asked()) or (None, "over"))[1] is None


def test_denied_consent_takes_an_offer_at_once_and_moves_what_is_held() -> None:
    taken, moved = baton.to_privacy(asked(), PRIVACY), baton.to_privacy(held_by(TRACK), PRIVACY)
    assert taken is not None
    assert moved is not None

    assert (taken[1].kind, moved[1].kind) == ("take", "move")
    assert baton.to_privacy(held_by(PRIVACY), PRIVACY) is None


def test_an_outcome_waits_for_the_answer_to_an_offer() -> None:
    offering, _ = baton.offer(held_by(ANA))

    assert baton.routing_must(offering, denied=False, won=True) is None
    assert baton.routing_must(held_by(ANA), denied=False, won=True) == "close"
    assert baton.recycle_must(asked(), PRIVACY, denied=False, won=True) is None


def test_a_tombstone_is_kept_by_who_never_knew_the_lead() -> None:
    ended = baton.hear_tombstone(Custody(), "erased")
    assert ended is not None

    assert baton.hear_offer(ended, OFFER) is None
