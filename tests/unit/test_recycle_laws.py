"""What holds for recycle after anything whatever, in any order."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.recycle.domain import policy
from services.recycle.domain.model import RecycledLead
from shared.baton import Holder
from shared.contracts.ingest import ConsentChanged, LeadErased, LeadMerged, LeadUpdated, OutcomeReported
from shared.contracts.recycle import OwnerMissing
from shared.contracts.routing import LeadAbsorbed, LeadWon
from shared.contracts.values import Person
from shared.effects import CommandRefused, Say
from shared.terms import Consent, Stage
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.unit.recycle_lead import AGREEMENT, NEW, RITA, Told, assigned, given_up, not_qualified, scored

NUMBERS = st.integers(2, 6)
SEQS = st.integers(1, 6)
REASONS = st.sampled_from([*AGREEMENT.reasons, "unheard-of"])
DESK = Holder("desk", "marketing", "maya@acme.example")

EVENTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(captured, consent=st.sampled_from(Consent)),
    st.builds(not_qualified, st.sampled_from([NEW, DESK, RITA]), seen=SEQS),
    st.builds(recorded, SEQS, st.sampled_from(["page_viewed", "demo_requested"])),
    st.builds(scored, SEQS, st.sampled_from([20, 80]), fast_seq=st.integers(0, 6), mql=st.booleans()),
    st.builds(given_up, REASONS, number=NUMBERS, seen=SEQS, rounds=st.integers(0, 3)),
    st.builds(assigned, NUMBERS, kind=st.sampled_from(["take", "move"])),
    st.builds(ConsentChanged, consent=st.sampled_from(Consent)),
    st.builds(OutcomeReported, outcome=st.sampled_from(["won", "lost"]), happened_at=st.just(NOON)),
    st.builds(
        LeadAbsorbed, absorbed=st.just("x"), stage=st.just(Stage.SAL), holder=st.just(RITA), number=NUMBERS
    ),
    st.just(LeadUpdated(person=Person(name="Ana"))),
    st.just(OwnerMissing(custodian="recycle", problem="", since=NOON)),
)
ENDINGS = st.sampled_from([LeadErased(), LeadMerged(survivor=lead_id("older")), LeadWon(by="rita")])
STEPS: st.SearchStrategy[Any] = st.one_of(
    EVENTS,
    EVENTS,
    EVENTS,
    st.tuples(st.just("fires"), st.sampled_from(["acknowledge", "return"])),
    st.tuples(st.sampled_from(["delivers", "gives up", "calls back"]), NUMBERS),
    ENDINGS,
)


def do(told: Told, step: Any) -> None:
    if not isinstance(step, tuple):
        told.hear(step)
        return
    what, which = step
    if what == "fires":
        if which in told.timers():
            told.fire(which)
    elif what == "delivers":
        told.delivered(which)
    elif what == "gives up":
        told.follow(policy.undelivered(told.lead, which, "404", told.scene))
    else:
        try:
            told.calls_back(which)
        except CommandRefused:
            assert told.lead.asked is None or told.lead.asked.number != which, "refused though in time"


def holds(told: Told) -> None:
    lead = told.lead
    custody = lead.custody
    assert (lead.asked is not None) == (custody.standing == "asked")
    assert (lead.stay is not None) == custody.ours
    assert ("acknowledge" in told.timers()) == (custody.standing == "asked"), "a clock for each question"
    if custody.standing == "holding":
        assert custody.holder is not None
        assert custody.holder.custodian == "recycle"
        assert not (lead.denied and custody.holder.kind == "track"), "nurtured though contact was refused"
        assert lead.won is None, "a deal is closed at once"
    if custody.standing == "ended":
        assert lead == RecycledLead(custody=custody, survivor=lead.survivor)


@given(st.lists(STEPS, max_size=14))
@settings(max_examples=400, deadline=None)
def test_the_laws_hold_after_anything_in_any_order(steps: list[Any]) -> None:
    told = Told()
    for step in steps:
        before = told.lead.custody
        at = len(told.effects)
        do(told, step)
        holds(told)
        said = [e.event.handover for e in told.effects[at:] if isinstance(e, Say) and e.event.handover]
        number = said[0].number if said else before.number
        for handover in said:
            assert handover.number in (number, number + 1), "numbers are consecutive"
            number = handover.number
        if said and said[-1].kind != "refuse":
            assert number == told.lead.custody.number


@given(st.lists(STEPS, max_size=10), st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_every_hand_over_to_a_tool_is_taken_back_or_stopped_once_it_is_over(
    steps: list[Any], at: int
) -> None:
    told = Told()
    for step in [*steps[:at], LeadErased()]:
        do(told, step)
    started = {number for action, number in told.errands() if action == "start"}
    ended = {number for action, number in told.errands() if action != "start"}
    assert started <= ended
