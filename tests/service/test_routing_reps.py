"""What reps do with leads: each command once in effect, refused to the wrong person or at the wrong stage."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.domain.steps.reporting import Contact
from shared.contracts.routing import (
    HandoffOffered,
    HandoffRefused,
    LeadAccepted,
    LeadAssigned,
    LeadClosed,
    LeadContacted,
    LeadDisqualified,
    LeadLost,
    LeadRejected,
    LeadSalesQualified,
    LeadWon,
)
from shared.effects import CommandRefused
from shared.terms import Stage
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at

ANSWERS = {"need": "a new line", "timeline": "spring"}


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def with_bob(place: RoutingPlace, *, accepted: bool = True) -> None:
    """Bob has the lead Ana; others of his team could have it too."""
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.team("inside", "cy")
    if accepted:
        await place.do("accept", "bob")


async def refused(place: RoutingPlace, verb: str, who: str, **content: object) -> CommandRefused:
    with pytest.raises(CommandRefused) as found:
        await place.do(verb, who, **content)
    return found.value


async def test_accepting_makes_it_an_sal_and_the_touch_clock_runs(place: RoutingPlace) -> None:
    await with_bob(place)
    [accepted] = await place.said(LeadAccepted)
    assert accepted.by == at_acme("bob")
    assert [(d.name, d.due_at) for d in accepted.deadlines] == [
        ("touch", place.clock.now() + timedelta(hours=24)),
        ("attempts", place.clock.now() + timedelta(days=10)),
    ]
    assert (await place.state()).stage is Stage.SAL


async def test_accepting_twice_accepts_once(place: RoutingPlace) -> None:
    await with_bob(place)
    await place.do("accept", "bob")
    assert len(await place.said(LeadAccepted)) == 1


async def test_only_who_answers_for_a_lead_may_act_on_it_or_a_manager(place: RoutingPlace) -> None:
    await with_bob(place, accepted=False)
    no = await refused(place, "accept", "cy")
    assert (no.because, str(no)) == (
        "wrong person",
        "bob@acme.example answers for this lead; ask them, or a manager",
    )
    await place.do("accept", "manager")
    [accepted] = await place.said(LeadAccepted)
    assert accepted.by == at_acme("bob")


async def test_a_lead_that_routing_never_had_is_unknown_and_one_that_is_over_is_gone(
    place: RoutingPlace,
) -> None:
    assert (await refused(place, "accept", "bob")).because == "unknown"
    await with_bob(place, accepted=False)
    await place.do("reject", "bob", reason="not-a-lead", note="a vendor", duplicate_of=None)
    assert (await refused(place, "accept", "bob")).because == "gone"


@pytest.mark.parametrize(
    ("verb", "content"),
    [
        ("contact", {"said": Contact("phone")}),
        ("qualify", {"answers": ANSWERS}),
        ("disqualify", {"why": GivingUp("no-need")}),
        ("win", {"value": None, "currency": None}),
        ("lose", {"why": GivingUp("lost")}),
    ],
)
async def test_nothing_is_done_with_a_lead_before_it_is_accepted(
    place: RoutingPlace, verb: str, content: dict[str, object]
) -> None:
    await with_bob(place, accepted=False)
    no = await refused(place, verb, "bob", **content)
    assert (no.because, str(no)) == ("wrong stage", "accept it first")


async def test_a_rejected_lead_goes_to_another_rep_and_never_back(place: RoutingPlace) -> None:
    await with_bob(place, accepted=False)
    for _ in range(2):
        await place.do("reject", "bob", reason="wrong-team", note="", duplicate_of=None)
    [rejected] = await place.said(LeadRejected)
    assert (rejected.reason, rejected.what_follows) == ("wrong-team", "reroute")
    assert await place.holder() == "cy"
    assert (await place.state()).custody.reassignments == 1
    await place.do("reject", "cy", reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == "queue of inside"


async def test_a_reason_that_the_agreement_does_not_know_is_named_with_those_it_knows(
    place: RoutingPlace,
) -> None:
    await with_bob(place, accepted=False)
    no = await refused(place, "reject", "bob", reason="bored", note="", duplicate_of=None)
    assert no.because == "invalid"
    assert "use one of not-per-definition, wrong-team, duplicate, not-a-lead" in str(no)


async def test_a_lead_is_no_duplicate_of_itself(place: RoutingPlace) -> None:
    await with_bob(place, accepted=False)
    no = await refused(place, "reject", "bob", reason="duplicate", note="", duplicate_of=lead_id("ana"))
    assert (no.because, "name the other one" in str(no)) == ("invalid", True)


async def test_what_is_no_lead_is_closed(place: RoutingPlace) -> None:
    await with_bob(place, accepted=False)
    for _ in range(2):
        await place.do("reject", "bob", reason="not-a-lead", note="a vendor", duplicate_of=None)
    [closed] = await place.said(LeadClosed)
    assert closed.handover is not None
    assert (closed.handover.kind, closed.handover.number, closed.note) == ("close", 3, "a vendor")
    state = await place.state()
    assert (state.custody.ending, state.snapshot, state.waits) == ("closed", None, {})


async def test_the_first_contact_ends_the_touch_clock_and_enough_of_them_the_attempts(
    place: RoutingPlace,
) -> None:
    await with_bob(place)
    await place.do("contact", "bob", said=Contact("phone", outcome="no answer"))
    assert [clock.name for clock in (await place.state()).clocks] == ["attempts"]
    await place.do("contact", "bob", said=Contact("phone", outcome="no answer"))
    assert [contacted.attempt for contacted in await place.said(LeadContacted)] == [1, 2]
    assert (await place.state()).clocks == ()


async def test_the_same_key_is_the_same_command_and_with_other_content_an_error(place: RoutingPlace) -> None:
    await with_bob(place)
    for _ in range(2):
        await place.do("contact", "bob", said=Contact("phone"), key="k1")
    assert len(await place.said(LeadContacted)) == 1
    no = await refused(place, "contact", "bob", said=Contact("e-mail"), key="k1")
    assert "was used for another request" in str(no)


async def test_an_sql_needs_every_answer_that_the_agreement_requires(place: RoutingPlace) -> None:
    await with_bob(place)
    no = await refused(place, "qualify", "bob", answers={"need": "x", "timeline": " "})
    assert (no.because, str(no)) == ("invalid", "an SQL needs answers to timeline")


async def test_the_sdr_holds_an_sql_until_the_account_executive_accepts(place: RoutingPlace) -> None:
    await with_bob(place)
    await place.team("executives", "al")
    for _ in range(2):
        await place.do("qualify", "bob", answers=ANSWERS)
    [qualified], [offered] = await place.said(LeadSalesQualified), await place.said(HandoffOffered)
    assert (qualified.answers, offered.to, offered.handover) == (ANSWERS, at_acme("al"), None)
    assert await place.holder() == "bob"
    assert (await refused(place, "accept_handoff", "bob")).because == "wrong person"
    for _ in range(2):
        await place.do("accept_handoff", "al")
    taken = [a for a in await place.said(LeadAssigned) if a.why == "handed to account executive"]
    assert [(a.owner.name, a.stage, a.by) for a in taken] == [(at_acme("al"), Stage.SQL, at_acme("al"))]
    assert [deadline.name for deadline in taken[0].deadlines] == ["touch"]
    assert taken[0].receipt.candidates[0].person == at_acme("al")


async def test_a_refused_hand_off_restarts_the_sdrs_touch_clock_and_the_second_goes_to_the_lead(
    place: RoutingPlace,
) -> None:
    await with_bob(place)
    await place.team("executives", "al", "ann")
    for _ in range(2):
        await place.do("qualify", "bob", answers=ANSWERS)
        asked = (await place.said(HandoffOffered))[-1].to.removesuffix("@acme.example")
        await place.do("refuse_handoff", asked, reason="too small")
    refusals = await place.said(HandoffRefused)
    assert [[deadline.name for deadline in refusal.deadlines] for refusal in refusals] == [["touch"], []]
    assert {offer.to for offer in await place.said(HandoffOffered)} == {at_acme("al"), at_acme("ann")}
    assert await place.holder() == "alba"
    assert (await place.state()).stage is Stage.SQL
    assert (await place.said(LeadAssigned))[-1].why == "escalated"


async def test_a_deal_is_won_or_lost_by_an_sql_only(place: RoutingPlace) -> None:
    await with_bob(place)
    assert (await refused(place, "win", "bob", value=None, currency=None)).because == "wrong stage"
    await place.team("executives", "al")
    await place.do("qualify", "bob", answers=ANSWERS)
    await place.do("accept_handoff", "al")
    for _ in range(2):
        await place.do("win", "al", value="1200", currency="USD")
    [won] = await place.said(LeadWon)
    assert (won.by, won.value, won.currency) == (at_acme("al"), "1200", "USD")


async def test_a_lost_deal_is_offered_to_nurture_with_its_story(place: RoutingPlace) -> None:
    await with_bob(place)
    await place.team("executives", "al")
    await place.do("qualify", "bob", answers=ANSWERS)
    await place.do("accept_handoff", "al")
    await place.do("lose", "al", why=GivingUp("lost", note="chose a rival"))
    [lost] = await place.said(LeadLost)
    assert lost.handover is not None
    assert lost.handover.kind == "offer"
    assert lost.snapshot.stage is Stage.SQL
    assert [chapter.note for chapter in lost.snapshot.history][-1] == "chose a rival"


async def test_a_disqualified_lead_stays_with_its_rep_until_nurture_takes_it(place: RoutingPlace) -> None:
    await with_bob(place)
    for _ in range(2):
        await place.do("disqualify", "bob", why=GivingUp("no-need", note="maybe later"))
    [offered] = await place.said(LeadDisqualified)
    assert offered.handover is not None
    assert (offered.handover.kind, offered.handover.number, offered.handover.seen) == ("offer", 2, 1)
    assert await place.holder() == "bob"
    no = await refused(place, "contact", "bob", said=Contact("phone"))
    assert (no.because, "wait until a track has taken it" in str(no)) == ("wrong stage", True)
    await place.recycle_takes()
    state = await place.state()
    assert (state.custody.standing, state.snapshot, state.waits) == ("gone", None, {})
    assert "maya@acme.example does" in str(await refused(place, "accept", "bob"))


async def test_what_nurture_refuses_goes_to_the_deputy_with_a_clock(place: RoutingPlace) -> None:
    await with_bob(place)
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.recycle_refuses()
    assert await place.holder() == "dora"
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, [deadline.name for deadline in last.deadlines]) == ("refused by nurture", ["accept"])


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (GivingUp("no-fit"), "no-fit needs a sub_reason"),
        (GivingUp("no-authority"), "no-authority needs an answer to who_decides: give it in answers"),
        (GivingUp("no-authority", answers={"who_decides": " "}), "needs an answer to who_decides"),
        (
            GivingUp("no-authority", revisit_on=date(2027, 1, 4)),
            "needs an answer to who_decides: give it in answers",
        ),
        (
            GivingUp("wrong-one", revisit_on=date(2026, 11, 1)),
            "wrong-one needs a sub_reason, and a date that is ahead; 2026-11-01 is past, and an answer to "
            "contract_ends",
        ),
        (GivingUp("unreachable"), "unreachable needs 2 attempts; 0 are recorded"),
        (GivingUp("bad-timing"), "bad-timing needs a date: give revisit_on"),
        (GivingUp("tired"), "no reason is called 'tired' in the agreement"),
    ],
)
async def test_a_reason_asks_for_what_the_agreement_wants(
    place: RoutingPlace, why: GivingUp, said: str
) -> None:
    await with_bob(place)
    no = await refused(place, "disqualify", "bob", why=why)
    assert no.because == "invalid"
    assert said in str(no)


async def test_a_complete_reason_goes_through_and_one_that_ends_it_closes_the_lead(
    place: RoutingPlace,
) -> None:
    await with_bob(place)
    await place.do("disqualify", "bob", why=GivingUp("bad-timing", revisit_on=date(2027, 1, 4)))
    assert (await place.said(LeadDisqualified))[0].revisit_on == date(2027, 1, 4)
    await place.offered("bea")
    rep = await place.holder("bea")
    await place.do("accept", rep, "bea")
    await place.do("disqualify", rep, "bea", why=GivingUp("spam"))
    assert [closed.reason for closed in await place.said(LeadClosed)] == ["spam"]
