"""What is set aside goes to whom it belongs; what cooled in a queue is offered to nurture."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from services.routing.domain.model import RoutedLead
from services.routing.domain.words import DESTINATION
from services.routing.handlers.decisions import replay
from shared.baton import Handover, Holder
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.recycle import LeadReturned
from shared.contracts.routing import LeadAssigned, LeadDisqualified
from shared.contracts.scoring import LeadCooled, LeadSetAside
from shared.contracts.values import Account, RuleTried, ScoreReceipt, Whose
from shared.runtime.errands import claim_errands
from shared.terms import Consent, Stage
from shared.testing.leads import INTAKE, NOON, activity, lead_id
from tests.service.routing_place import AGREEMENT, SNAPSHOT, RoutingPlace, at_acme, routing_at

RECEIPT = ScoreReceipt(agreement="acme@1", at=NOON)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


def set_aside(**more: Any) -> LeadSetAside:
    offer = Handover(kind="offer", number=1, giver=INTAKE)
    given: dict[str, Any] = {"rule": "customer", "snapshot": SNAPSHOT, "receipt": RECEIPT}
    return LeadSetAside(handover=offer, score=1, grade="D", mql=False, **given | more)


def cooled(*, seq: int = 1) -> LeadCooled:
    return LeadCooled(score=20, grade="B", mql=False, seq=seq, receipt=RECEIPT, since=NOON)


async def receipt_of(place: RoutingPlace, lead: str = "ana") -> list[str]:
    [assigned] = await place.said(LeadAssigned, lead)
    return [f"{rule.name}: {rule.sentence}" for rule in assigned.receipt.rules]


async def test_who_is_named_and_has_left_is_passed_over_with_the_reason(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.say(set_aside(person=at_acme("gone"), team="inside"))
    await place.turn()
    assert await place.holder() == "bob"
    assert await receipt_of(place) == [
        "customer: it is set aside, and no MQL; passed over: gone@acme.example is not active"
    ]


async def test_who_is_nobody_elses_after_all_goes_by_the_rules_and_the_receipt_keeps_why(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.say(set_aside())
    await place.turn()
    assert await place.holder() == "bob"
    assert (await receipt_of(place))[
        0
    ] == "customer: it is set aside, and no MQL; passed over: it names no person"


async def test_whom_the_rule_tells_is_told(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="https://reps.example/hook")
    await place.say(set_aside(team="inside", tell=at_acme("bob")))
    await place.turn()
    errands = await claim_errands(place.service)
    told = {errand.action: errand.body["person"] for errand in errands if errand.destination == DESTINATION}
    assert told == {"assigned": at_acme("bob"), "set aside": at_acme("bob")}


async def test_rules_may_ask_for_the_account_behind_a_lead(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    for lead in ("a", "b", "c"):
        await place.offered(lead, account=Account(domain="northwind.example", owner=at_acme("cy")))
    assert {await place.holder(lead) for lead in ("a", "b", "c")} == {"cy"}


# ---- what cools


async def test_what_cools_in_a_queue_is_offered_to_nurture(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.say(cooled())
    await place.turn()
    [said] = await place.said(LeadDisqualified)
    assert (said.reason, said.by) == ("cooled", "scoring")
    assert said.handover is not None
    assert said.handover.kind == "offer"
    assert said.snapshot.score == 20


async def test_what_cools_in_the_hands_of_a_rep_stays_there(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.say(cooled())
    await place.turn()
    assert await place.said(LeadDisqualified) == []
    assert await place.holder() == "bob"


async def test_what_did_something_that_scoring_had_not_heard_has_not_cooled(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.say(ActivityRecorded(activity=activity(2, "form_submitted")))
    await place.say(cooled(seq=1))
    await place.turn()
    assert await place.said(LeadDisqualified) == []
    assert (await place.state()).waiting


# ---- what turns out to be somebody else's later


def turned_out(**whose: Any) -> LeadSetAside:
    tried = RuleTried(name="customer", matched=True, sentence="account.relation is customer")
    receipt = replace(RECEIPT, set_aside=tried)
    return LeadSetAside(
        rule="customer", snapshot=SNAPSHOT, receipt=receipt, score=1, grade="D", mql=False, **whose
    )


async def told(place: RoutingPlace) -> dict[str, str]:
    errands = await claim_errands(place.service)
    return {errand.body["person"]: errand.body["note"] for errand in errands if errand.action == "set aside"}


async def test_a_rep_keeps_what_turns_out_to_be_somebody_elses_and_is_told_whose(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="https://reps.example/hook")
    await place.offered("ana")
    await place.team("inside", "cy")
    await place.say(turned_out(person=at_acme("cy"), tell=at_acme("bob")))
    await place.turn()
    assert await place.holder() == "bob"
    assert await told(place) == {
        at_acme("bob"): "set aside by the rule 'customer'; it belongs to cy@acme.example"
    }
    assert (await place.state()).story.receipt.set_aside.name == "customer"


async def test_a_queue_gives_it_to_whose_it_is(place: RoutingPlace) -> None:
    await place.offered("ana")
    assert (await place.state()).waiting
    await place.team("inside", "cy")
    await place.say(turned_out(person=at_acme("cy")))
    await place.turn()
    assert await place.holder() == "cy"
    assert (await place.said(LeadAssigned))[-1].why == "set aside"


async def test_a_queue_gives_what_a_desk_shall_hold_to_recycle(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.say(turned_out(desk="marketing"))
    await place.turn()
    [said] = await place.said(LeadDisqualified)
    assert (said.reason, said.by) == ("set aside", "scoring")


async def test_what_nurture_gives_to_its_person_goes_there_as_no_mql(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    whose = Whose(rule="customer", person=at_acme("cy"))
    await place.say(
        LeadReturned(
            handover=Handover(kind="offer", number=2, giver=Holder("track", "new", at_acme("maya"))),
            signal="set aside by the rule 'customer'",
            round=0,
            whose=whose,
            snapshot=SNAPSHOT,
        )
    )
    await place.turn()
    assert await place.holder() == "cy"
    [assigned] = await place.said(LeadAssigned)
    assert (assigned.why, assigned.stage) == ("set aside", Stage.INQUIRY)


# ---- what a desk has


def at_desk(consent: Consent = Consent.GRANTED, **whose: Any) -> LeadSetAside:
    snapshot = replace(SNAPSHOT, consent=consent)
    return replace(turned_out(tell=at_acme("bob"), **whose), snapshot=snapshot)


@pytest.fixture
async def bob(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="https://reps.example/hook")


@pytest.mark.usefixtures("bob")
async def test_whom_the_rule_tells_is_told_of_a_lead_that_a_desk_has_and_routing_never_had(
    place: RoutingPlace,
) -> None:
    await place.say(at_desk(desk="marketing"))
    await place.turn()
    assert await told(place) == {at_acme("bob"): "set aside by the rule 'customer'; it belongs to marketing"}
    assert await place.state() == RoutedLead(), "nothing of the person is kept"


@pytest.mark.usefixtures("bob")
async def test_of_what_nurture_will_bring_they_are_told_when_it_comes(place: RoutingPlace) -> None:
    await place.say(at_desk(person=at_acme("cy")))
    await place.turn()
    assert await told(place) == {}


@pytest.mark.usefixtures("bob")
async def test_nobody_is_told_of_who_refused_contact(place: RoutingPlace) -> None:
    await place.say(at_desk(Consent.DENIED, desk="marketing"))
    await place.turn()
    assert await told(place) == {}


@pytest.mark.usefixtures("bob")
async def test_they_are_told_of_what_a_queue_gives_to_a_desk(place: RoutingPlace) -> None:
    await place.offered("ana", segment="enterprise")
    assert (await place.state()).waiting
    await place.say(at_desk(desk="marketing"))
    await place.turn()
    assert list(await told(place)) == [at_acme("bob")]


# ---- whom the rule names, as it says it

CHOOSES = AGREEMENT.replace(
    "definitions:",
    """  set_aside:
    - name: spanish
      when: {account.relation: customer}
      to: {team: inside, who: {speaks: es}, else: {team: enterprise}}
    - {name: open, when: {source: x}, to: {first_open: [inside, enterprise]}}
    - {name: waits, when: {source: y}, to: {queue: inside}}
    - {name: enterprise only, when: {source: w}, to: {team: enterprise}}
    - {name: manager, when: {source: z}, to: {person: account.manager, else: {team: inside}}}
definitions:""",
    1,
)


@pytest.fixture
def choosing(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=CHOOSES) as place:
        yield place


async def test_a_rule_that_asks_who_speaks_something_is_followed(choosing: RoutingPlace) -> None:
    await choosing.team("inside", "bob")
    await choosing.team("inside", "cy", languages="es")
    for lead in ("a", "b", "c"):
        await choosing.say(set_aside(rule="spanish", team="inside"), lead)
    await choosing.turn()
    assert {await choosing.holder(lead) for lead in ("a", "b", "c")} == {"cy"}


async def test_what_stands_behind_else_is_followed(choosing: RoutingPlace) -> None:
    await choosing.team("inside", "bob")
    await choosing.team("enterprise", "eva")
    await choosing.say(set_aside(rule="spanish", team="inside"))
    await choosing.turn()
    assert await choosing.holder() == "eva"


async def test_the_first_open_team_is_found(choosing: RoutingPlace) -> None:
    await choosing.team("enterprise", "eva")
    await choosing.say(set_aside(rule="open", team="inside"))
    await choosing.turn()
    assert await choosing.holder() == "eva"


async def test_a_queue_that_is_named_has_it(choosing: RoutingPlace) -> None:
    await choosing.team("inside", "bob")
    await choosing.say(set_aside(rule="waits", team="inside"))
    await choosing.turn()
    state = await choosing.state()
    assert state.custody.holder == Holder("queue", "inside", at_acme("dora"))


async def test_a_decision_by_such_a_rule_is_made_again_to_the_letter(choosing: RoutingPlace) -> None:
    await choosing.team("inside", "bob", "mark")
    story = replace(SNAPSHOT, account=Account(domain="northwind.example", manager=at_acme("mark")))
    for lead, rule in (("a", "spanish"), ("b", "manager"), ("c", "open")):
        await choosing.say(set_aside(rule=rule, team="inside", snapshot=story), lead)
    await choosing.turn()
    assert await choosing.holder("b") == "mark"
    for lead in ("a", "b", "c"):
        again = await choosing.service.read(lambda tx, lead=lead: replay(tx, f"{lead_id(lead)}.1", {}))
        assert again.differs == []
