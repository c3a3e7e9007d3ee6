"""What routing does with leads that are offered to it: it always takes them, and says why they went where."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from shared.baton import Handover
from shared.contracts.ingest import ActivityRecorded, ConsentChanged, LeadUpdated, OutcomeReported
from shared.contracts.routing import (
    LeadAssigned,
    LeadDisqualified,
    LeadLost,
    LeadReEngaged,
    LeadWon,
)
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import Account, Activity, Company, Person, ScoreReceipt
from shared.db.migrate import check
from shared.terms import Consent, Stage
from shared.testing.leads import INTAKE, NOON
from tests.service.routing_place import SNAPSHOT, RoutingPlace, at_acme, qualified, routing_at


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def test_an_offered_lead_goes_to_a_rep_with_a_clock_and_a_receipt(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    [assigned] = await place.said(LeadAssigned)
    assert assigned.handover is not None
    assert (assigned.handover.kind, assigned.handover.number) == ("take", 2)
    assert (assigned.why, assigned.team, assigned.stage) == ("new", "inside", Stage.MQL)
    assert assigned.owner.answers in (at_acme("bob"), at_acme("cy"))
    [deadline] = assigned.deadlines
    assert (deadline.name, deadline.due_at) == ("accept", NOON + timedelta(hours=4))
    assert [rule.name for rule in assigned.receipt.rules] == ["known owner", "enterprise", "rest"]
    assert [rule.matched for rule in assigned.receipt.rules] == [False, False, True]
    reasons = {candidate.person: candidate.why_not for candidate in assigned.receipt.candidates}
    assert reasons.pop(assigned.owner.name) == ""
    assert "their turn comes later" in next(iter(reasons.values()))


async def test_the_scores_receipt_which_an_offer_has_beside_its_snapshot_stays_with_the_lead(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    receipt = (await place.state()).story.receipt
    assert receipt is not None
    assert (receipt.score, receipt.grade) == (60, "B")


async def test_the_same_offer_again_takes_nothing_and_uses_no_turn(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana", "ana")
    await place.offered("bea")
    owners = [assigned.owner.name for assigned in await place.said(LeadAssigned)]
    assert len(owners) == 2
    assert len(set(owners)) == 2


async def test_leads_are_shared_by_weight(place: RoutingPlace) -> None:
    await place.team("enterprise", "bob=1", "cy=2")
    await place.offered(*(f"lead-{n}" for n in range(9)), segment="enterprise")
    counted = Counter(assigned.owner.name for assigned in await place.said(LeadAssigned))
    assert counted == {at_acme("bob"): 3, at_acme("cy"): 6}


async def test_a_rule_that_names_somebody_who_is_not_active_is_passed_over_with_the_reason(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana", account=Account(owner=at_acme("gone")))
    [assigned] = await place.said(LeadAssigned)
    assert assigned.owner.name == at_acme("bob")
    first = assigned.receipt.rules[0]
    assert first.matched
    assert f"passed over: {at_acme('gone')} is not active" in first.sentence


async def test_after_a_rule_that_was_passed_over_the_next_that_holds_decides(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "cy")
    await place.offered("ana", account=Account(owner=at_acme("gone")), segment="enterprise")
    assert await place.holder() == "cy"
    [assigned] = await place.said(LeadAssigned)
    assert [(rule.name, rule.matched) for rule in assigned.receipt.rules] == [
        ("known owner", True),
        ("enterprise", True),
    ]


async def test_a_rule_does_not_give_a_lead_back_to_who_rejected_it(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana", account=Account(owner=at_acme("bob")))
    await place.do("reject", "bob", reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == "cy"
    assert (
        f"passed over: {at_acme('bob')} rejected it"
        in (await place.said(LeadAssigned))[-1].receipt.rules[0].sentence
    )


async def test_a_rule_that_names_a_person_uses_no_turn(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    for lead in "ab":
        await place.offered(lead, account=Account(owner=at_acme("bob")))
    await place.offered("d", "e")
    assert {await place.holder("d"), await place.holder("e")} == {"bob", "cy"}


async def test_what_is_set_aside_goes_to_whom_it_names_and_is_no_mql(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al")
    receipt = ScoreReceipt(agreement="acme@1", at=NOON)
    for lead, person in {"known": at_acme("al"), "left": at_acme("gone")}.items():
        offer = LeadSetAside(
            handover=Handover(kind="offer", number=1, giver=INTAKE),
            rule="customer",
            person=person,
            team="inside",
            snapshot=SNAPSHOT,
            score=1,
            grade="D",
            mql=False,
            receipt=receipt,
        )
        await place.say(offer, lead)
    await place.turn()
    assert [await place.holder("known"), await place.holder("left")] == ["al", "bob"]
    assert {assigned.stage for assigned in await place.said(LeadAssigned)} == {Stage.INQUIRY}
    assert {assigned.why for assigned in await place.said(LeadAssigned)} == {"set aside"}


async def test_a_returned_lead_goes_rather_to_whom_it_had_and_never_to_whom_it_must_not(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob", "cy")
    for lead in ("liked", "avoided", "away"):
        await place.offered(lead)
        rep = await place.holder(lead)
        await place.do("accept", rep, lead)
        await place.do("disqualify", rep, lead, why=GivingUp("no-need"))
        await place.recycle_takes(lead)
    await place.recycle_returns("liked", prefer=at_acme("cy"))
    await place.recycle_returns("avoided", avoid=at_acme("cy"))
    await place.recycle_returns("away", prefer=at_acme("gone"))
    assert [await place.holder("liked"), await place.holder("avoided")] == ["cy", "bob"]
    assert await place.holder("away") in ("bob", "cy")
    assert (await place.state("liked")).custody.rounds == 1


async def test_a_returned_lead_waits_rather_than_going_to_whom_it_must_not(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.recycle_takes()
    await place.recycle_returns(avoid=at_acme("bob"))
    assert await place.holder() == "queue of inside"


async def test_a_lead_whose_person_said_no_goes_straight_to_nurture_and_bothers_no_rep(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.say(ConsentChanged(consent=Consent.DENIED))
    await place.offered("ana")
    [assigned], [offered] = await place.said(LeadAssigned), await place.said(LeadDisqualified)
    assert assigned.owner.kind == "queue"
    assert (offered.reason, offered.handover and offered.handover.kind) == ("do-not-contact", "offer")
    assert offered.snapshot.consent is Consent.DENIED
    assert (await place.state()).waits == {}


async def test_consent_denied_while_a_rep_has_it_gives_it_up_at_once(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.say(ConsentChanged(consent=Consent.DENIED))
    await place.turn()
    [offered] = await place.said(LeadDisqualified)
    assert offered.reason == "do-not-contact"
    assert (await place.state()).custody.standing == "offering"


async def test_consent_denied_during_an_offer_is_acted_on_when_nurture_refuses(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.say(ConsentChanged(consent=Consent.DENIED))
    await place.recycle_refuses()
    assert [offered.reason for offered in await place.said(LeadDisqualified)] == ["no-need", "do-not-contact"]


async def test_a_deal_that_the_crm_reports_won_is_closed_also_if_it_was_heard_too_early(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    won = OutcomeReported(outcome="won", happened_at=NOON, value="100", currency="EUR")
    await place.offered("held")
    for lead in ("held", "early"):
        await place.say(won, lead)
    await place.turn()
    await place.offered("early")
    closings = await place.said(LeadWon)
    assert [closing.value for closing in closings] == ["100", "100"]
    assert all(closing.handover and closing.handover.kind == "close" for closing in closings)
    assert (await place.state("early")).custody.ending == "won"


async def test_a_deal_lost_is_offered_to_nurture_but_not_one_lost_before_this_offer(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    lost = OutcomeReported(outcome="lost", happened_at=NOON)
    await place.say(lost, "old")
    await place.turn()
    place.clock.advance(timedelta(days=90))
    await place.offered("old", "held")
    await place.say(lost, "held")
    await place.turn()
    assert len(await place.said(LeadLost)) == 1
    assert (await place.state("old")).custody.standing == "holding"


async def test_a_held_lead_that_acts_again_is_told_to_its_rep_once(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="https://bob.example/hook")
    await place.offered("ana")
    for seq in (1, 2, 2):  # The first came with the offer.
        activity = Activity(seq=seq, type="page_viewed", at=NOON, source="website")
        await place.say(ActivityRecorded(activity=activity))
    await place.turn()
    [told] = await place.said(LeadReEngaged)
    assert (told.seq, told.told) == (2, at_acme("bob"))
    assert (await place.state()).story.activities[-1].seq == 2
    assert (await place.state()).custody.seen == 2


async def test_an_activity_that_nobody_was_told_of_is_not_passed_on_as_seen(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.say(ActivityRecorded(activity=Activity(seq=7, type="page_viewed", at=NOON, source="website")))
    await place.turn()
    assert (await place.state()).custody.seen == 1
    assert await place.said(LeadReEngaged) == []


async def test_what_ingest_said_last_is_shown_even_if_the_offer_is_older(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    newer = LeadUpdated(person=Person(name="Ana Costa"), company=Company(name="Southwind"))
    await place.say(newer)
    await place.turn()
    await place.offered("ana")
    assert (await place.state()).story.person.name == "Ana Costa"


async def test_a_qualified_lead_that_is_no_offer_moves_nothing_and_refreshes_the_score(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    event = qualified(score=95)
    await place.say(type(event)(**{f: getattr(event, f) for f in event.__struct_fields__ if f != "handover"}))
    await place.turn()
    assert len(await place.said(LeadAssigned)) == 1
    assert (await place.state()).story.score == 95


async def test_the_migrations_say_what_the_tables_say(place: RoutingPlace) -> None:
    await place.service.database.tx(lambda conn: check(conn, "routing"))
