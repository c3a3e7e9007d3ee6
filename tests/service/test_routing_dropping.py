"""No version of the agreement takes a team, or who answers for one, away from leads."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.handlers import still_held
from services.routing.handlers.roster import leave
from shared.agreement import load_text
from tests.service.routing_place import AGREEMENT, WITH_CALENDAR, RoutingPlace, at_acme, routing_at

INSIDE = AGREEMENT[AGREEMENT.index("    - name: inside") : AGREEMENT.index("    - {name: enterprise, lead")]
WITHOUT_INSIDE = AGREEMENT.replace(INSIDE, "").replace("to: {team: inside}", "to: {team: enterprise}")
WITHOUT_EXECUTIVES = AGREEMENT.replace(
    "    - {name: executives, lead: alba@acme.example, deputy: [alba@acme.example], queue_within: 30m}\n", ""
).replace("  hand_off: {at: sql, rules: [{to: {team: executives}}], accept_within: 24h}\n", "")
OTHER_DEPUTY = AGREEMENT.replace("deputy: [dora@acme.example]", "deputy: [otto@acme.example]")
ANSWERS = {"need": "a new line", "timeline": "spring"}


TO_SUE = AGREEMENT.replace("do: escalate, to: lead", "do: escalate, to: sue@acme.example")


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as found:
        yield found


async def held(place: RoutingPlace, text: str) -> list[str]:
    return await place.tx(lambda tx: still_held(tx, load_text(text)))


async def test_a_team_that_holds_leads_can_not_be_dropped(place: RoutingPlace) -> None:
    assert await held(place, WITHOUT_INSIDE) == []
    await place.team("inside", "bob")
    await place.offered("ana", "bea")
    assert await held(place, AGREEMENT) == []
    [reason] = await held(place, WITHOUT_INSIDE)
    assert reason.startswith("it drops the team 'inside', which still holds 2 leads")


async def test_what_nurture_has_taken_holds_no_team_up(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.recycle_takes()
    assert await held(place, WITHOUT_INSIDE) == []


async def test_a_deputy_who_answers_for_a_queue_can_not_be_dropped(place: RoutingPlace) -> None:
    await place.offered("ana")
    [reason] = await held(place, OTHER_DEPUTY)
    assert reason.startswith("it names dora@acme.example no more, who still answers for 1 lead: ")
    await place.team("inside", "bob")  # The queue gives her out.
    await place.pass_time(timedelta(0))
    assert await held(place, OTHER_DEPUTY) == []


async def test_somebody_to_whom_a_ladder_escalates_is_named_by_it(database_url: str) -> None:
    with routing_at(database_url, agreement=TO_SUE) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana")
        await place.sleep_through(timedelta(hours=30))
        assert await place.holder() == "sue"
        assert await held(place, TO_SUE) == []
        [reason] = await held(place, AGREEMENT)
        assert reason.startswith("it names sue@acme.example no more, who still answers for 1 lead: ")


async def test_whom_the_roster_has_need_not_be_named(place: RoutingPlace) -> None:
    await place.team("enterprise", "dora")
    await place.offered("ana")
    assert await place.holder() == "queue of inside"
    assert await held(place, OTHER_DEPUTY) == []


async def test_a_team_whose_people_are_asked_to_take_a_lead_over_can_not_be_dropped(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    [reason] = await held(place, WITHOUT_EXECUTIVES)
    assert reason.startswith("it drops the team 'executives', which is asked to take over 1 lead: ")
    await place.do("refuse_handoff", "al", reason="no time")
    assert await held(place, WITHOUT_EXECUTIVES) == []


async def test_who_is_asked_to_take_a_lead_over_can_not_be_dropped(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    reasons = await held(place, WITHOUT_EXECUTIVES)
    assert [reason.partition(":")[0] for reason in reasons] == [
        "it drops the team 'executives', which is asked to take over 1 lead",
        "it names alba@acme.example no more, who is asked to take over 1 lead",
    ]


async def test_a_calendar_by_which_people_work_can_not_be_dropped(database_url: str) -> None:
    with routing_at(database_url, agreement=WITH_CALENDAR) as place:
        await place.team("inside", "bob", calendar="lisbon")
        assert await held(place, WITH_CALENDAR) == []
        [reason] = await held(place, AGREEMENT)
        assert reason.startswith("it drops the calendar 'lisbon', by which 1 of the roster work: give them")
        await place.tx(lambda tx: leave(tx, at_acme("bob")))
        assert await held(place, AGREEMENT) == [], "who has left works by none"
