"""Who decides in the end, or stands in: nobody who is away or had the lead, while there is another."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.domain.people.roster import Row
from services.routing.handlers import decisions, roster
from shared.contracts.routing import HandoffOffered, LeadAssigned, RepChanged
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

ANSWERS = {"need": "a new line", "timeline": "spring"}
HOUR = timedelta(hours=1)
PTO = "2026-11-01/2026-11-30 pto"
TWO_DEPUTIES = AGREEMENT.replace(
    "deputy: [dora@acme.example]", "deputy: [dora@acme.example, dan@acme.example]"
)
TO_LEAD = TWO_DEPUTIES.replace("        - {at: 100%, do: reassign}\n", "")


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=TO_LEAD) as place:
        yield place


@pytest.fixture(params=["lead", "deputy"])
def to_whom(database_url: str, request: pytest.FixtureRequest) -> Iterator[tuple[RoutingPlace, str]]:
    agreed = TO_LEAD.replace("escalate, to: lead", f"escalate, to: {request.param}")
    with routing_at(database_url, agreement=agreed) as place:
        yield place, str(request.param)


async def is_away(place: RoutingPlace, person: str, **more: str) -> None:
    await place.team("enterprise", person, zone="UTC", absences=PTO, **more)
    await place.pass_time(timedelta())


async def replays(place: RoutingPlace) -> None:
    name = decisions.name_of(lead_id("ana"), (await place.state()).receipts)
    again = await place.service.read(lambda tx: decisions.replay(tx, name, {}, None))
    assert again.differs == []


@pytest.mark.parametrize(("cover", "has_it"), [({"cover": at_acme("eli")}, "eli"), ({}, "dora")])
async def test_what_escalates_to_a_lead_who_is_away_goes_to_their_cover_else_to_a_deputy(
    place: RoutingPlace, cover: dict[str, str], has_it: str
) -> None:
    await place.team("inside", "bob")
    await is_away(place, "lena", **cover)
    await place.offered("ana")
    await place.pass_time(12 * HOUR)
    assert await place.holder() == has_it
    note = (await place.said(LeadAssigned))[-1].receipt.note
    assert note.endswith(f"; {at_acme(has_it)} stands in for lena@acme.example")
    await replays(place)


async def test_a_queue_that_escalates_to_a_lead_who_is_away_is_their_covers(place: RoutingPlace) -> None:
    await is_away(place, "lena", cover=at_acme("eli"))
    await place.offered("ana")
    await place.pass_time(HOUR)
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.kind, last.owner.answers) == ("escalated", "queue", at_acme("eli"))


async def test_a_queue_is_anothers_when_its_deputy_goes_away_and_it_goes_on_as_before(
    place: RoutingPlace,
) -> None:
    away = "2026-11-02T12:10/2026-11-20 pto"
    more = {"cover": at_acme("dan"), "cover_takes_over": "true"}
    await place.team("enterprise", "dora", zone="UTC", absences=away, **more)
    await place.offered("ana")
    before = await place.state()
    await place.pass_time(HOUR / 6)
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.kind, last.owner.answers) == ("covered", "queue", at_acme("dan"))
    after = await place.state()
    assert (after.waiting, after.clocks, after.since) == (True, before.clocks, before.since)
    await place.team("inside", "bob")
    await place.pass_time(timedelta())
    assert await place.holder() == "bob"


async def test_a_dispute_stays_with_the_deputy_who_goes_away(place: RoutingPlace) -> None:
    away = "2026-11-02T12:10/2026-11-20 pto"
    more = {"cover": at_acme("dan"), "cover_takes_over": "true"}
    await place.team("enterprise", "dora", zone="UTC", absences=away, **more)
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("reject", "bob", reason="not-per-definition", note="", duplicate_of=None)
    await place.pass_time(HOUR)
    assert (await place.said(LeadAssigned))[-1].why == "disputed"
    assert (await place.state()).dispute is not None


async def test_if_the_lead_and_all_others_are_away_the_lead_has_it_all_the_same(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    for person in ("lena", "dora", "dan"):
        await is_away(place, person)
    await place.offered("ana")
    await place.pass_time(12 * HOUR)
    assert await place.holder() == "lena"


async def test_a_hand_off_that_nobody_can_take_is_not_offered_to_a_lead_who_is_away(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await is_away(place, "alba", cover=at_acme("eli"))
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    [offered] = await place.said(HandoffOffered)
    assert offered.to == at_acme("eli")
    await replays(place)


async def test_a_hand_off_that_is_refused_twice_does_not_go_to_a_lead_who_is_away(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al", "ann")
    await is_away(place, "alba", cover=at_acme("eli"))
    await place.offered("ana")
    await place.do("accept", "bob")
    for _ in range(2):
        await place.do("qualify", "bob", answers=ANSWERS)
        offered = (await place.said(HandoffOffered))[-1].to.removesuffix("@acme.example")
        await place.do("refuse_handoff", offered, reason="too small")
    assert await place.holder() == "eli"


async def dora_had_it(place: RoutingPlace, reason: str) -> None:
    """Dora, a deputy who is in the team too, has rejected it."""
    await place.team("inside", "dora")
    await place.offered("ana")
    await place.team("inside", "bob")
    await place.do("reject", "dora", reason=reason, note="", duplicate_of=None)


async def test_what_escalates_does_not_go_back_to_who_rejected_it(to_whom: tuple[RoutingPlace, str]) -> None:
    place, to = to_whom
    await dora_had_it(place, "wrong-team")
    assert await place.holder() == "bob"
    await place.pass_time(12 * HOUR)
    assert await place.holder() == {"lead": "lena", "deputy": "dan"}[to]


async def test_who_disputed_a_lead_does_not_answer_for_it_nor_has_it_after_silence(
    place: RoutingPlace,
) -> None:
    await dora_had_it(place, "not-per-definition")
    holder = (await place.state()).custody.holder
    assert holder is not None
    assert holder.answers == at_acme("dan")
    await place.pass_time(72 * HOUR)
    assert await place.holder() == "dan"
    await replays(place)


async def test_after_the_last_reassignment_the_deputy_answers_who_did_not_let_it_run_out(
    database_url: str,
) -> None:
    agreed = TWO_DEPUTIES.replace("reassign_at_most: 2", "reassign_at_most: 1")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "dora")
        await place.offered("ana")
        await place.team("inside", "bob")
        await place.pass_time(8 * HOUR)
        holder = (await place.state()).custody.holder
        assert holder is not None
        assert (holder.kind, holder.answers) == ("queue", at_acme("dan"))
        await replays(place)


async def test_if_nobody_else_is_left_who_had_it_has_it_again(database_url: str) -> None:
    with routing_at(database_url) as place:
        await dora_had_it(place, "not-per-definition")
        await place.pass_time(72 * HOUR)
        assert await place.holder() == "dora"


async def had_it(place: RoutingPlace, person: str, *others: str) -> None:
    """This colleague is in the team too, and has rejected it before the others came."""
    await place.team("inside", person)
    await place.offered("ana")
    for other in others:
        await place.team("inside", other)
    await place.do("reject", person, reason="wrong-team", note="", duplicate_of=None)


async def answers(place: RoutingPlace) -> tuple[str, str]:
    holder = (await place.state()).custody.holder
    assert holder is not None
    return holder.kind, holder.answers.removesuffix("@acme.example")


async def test_what_escalates_to_a_lead_who_rejected_it_goes_to_a_deputy(place: RoutingPlace) -> None:
    await had_it(place, "lena", "bob")
    await place.pass_time(12 * HOUR)
    assert await place.holder() == "dora"
    await replays(place)


async def test_a_queue_does_not_escalate_to_a_lead_who_rejected_what_is_in_it(place: RoutingPlace) -> None:
    await had_it(place, "lena")
    assert await answers(place) == ("queue", "dora")
    await place.pass_time(2 * HOUR)
    assert await answers(place) == ("queue", "dora")


async def test_who_covers_for_a_deputy_answers_for_nothing_that_they_rejected(place: RoutingPlace) -> None:
    await had_it(place, "dan")
    away = {"absences": "2026-11-02T12:10/2026-11-20 pto", "cover": at_acme("dan")}
    await place.team("enterprise", "dora", zone="UTC", cover_takes_over="true", **away)
    await place.pass_time(HOUR / 4)
    assert await answers(place) == ("queue", "dora")


@pytest.fixture
def deals(database_url: str) -> Iterator[RoutingPlace]:
    """The executives have a deputy who is not their lead."""
    agreed = AGREEMENT.replace("deputy: [alba@acme.example]", "deputy: [alba@acme.example, eli@acme.example]")
    with routing_at(database_url, agreement=agreed) as place:
        yield place


async def refused(place: RoutingPlace, times: int) -> None:
    """Bob has offered Ana so often, and whoever was asked refused."""
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    for _ in range(times):
        await place.do("qualify", "bob", answers=ANSWERS)
        to = (await place.said(HandoffOffered))[-1].to.removesuffix("@acme.example")
        await place.do("refuse_handoff", to, reason="too small")


async def test_a_lead_who_has_refused_a_hand_off_is_not_asked_because_nobody_else_can(
    deals: RoutingPlace,
) -> None:
    await deals.team("executives", "alba")
    await refused(deals, 1)
    await deals.do("qualify", "bob", answers=ANSWERS)
    assert [offered.to for offered in await deals.said(HandoffOffered)] == [at_acme("alba"), at_acme("eli")]
    await replays(deals)


async def test_the_second_refusal_is_no_way_back_to_a_lead_who_has_refused_it(deals: RoutingPlace) -> None:
    await deals.team("executives", "alba", "al")
    await refused(deals, 2)
    assert await deals.holder() == "eli"


async def bob_leaves_her_on_offer(place: RoutingPlace, **more: object) -> str:
    """Bob, who is in two teams, has given Ana up, and leaves. Returns who answers for her."""
    bob = {"person": at_acme("bob"), "teams": "inside; enterprise"}
    await place.tx(lambda tx: roster.import_roster(tx, [Row("line 2", {**bob, **more})]))
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.tx(lambda tx: roster.leave(tx, at_acme("bob")))
    await place.turn()
    holder = (await place.state()).custody.holder
    assert holder is not None
    assert holder.answers in [said.deputy for said in await place.said(RepChanged)]
    return holder.answers.removesuffix("@acme.example")


async def test_for_what_a_leaver_has_on_offer_a_deputy_of_its_team_answers(place: RoutingPlace) -> None:
    assert await bob_leaves_her_on_offer(place) == "dora"


async def test_no_deputy_who_is_away_answers_for_what_a_leaver_has_on_offer(place: RoutingPlace) -> None:
    await is_away(place, "dora")
    assert await bob_leaves_her_on_offer(place) == "dan"


async def test_the_covers_cover_answers_for_what_a_leaver_has_on_offer(place: RoutingPlace) -> None:
    await is_away(place, "cy", cover=at_acme("eli"))
    assert await bob_leaves_her_on_offer(place, cover=at_acme("cy")) == "eli"
