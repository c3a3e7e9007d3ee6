"""The clocks of a lead: remind, breach, reassign, escalate; in order, once, also after a sleep."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.steps.reporting import Contact
from shared.contracts.clocks import DeadlineBreached, DeadlineReminded
from shared.contracts.routing import HandoffRefused, LeadAssigned, LeadStalled
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

HOUR = timedelta(hours=1)
ANSWERS = {"need": "a new line", "timeline": "spring"}


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def whys(place: RoutingPlace) -> list[str]:
    return [assigned.why for assigned in await place.said(LeadAssigned)]


async def test_a_rep_is_reminded_then_the_lead_goes_to_another_who_has_the_whole_time(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob", notify="https://bob.example/hook")
    await place.offered("ana")
    await place.team("inside", "cy")
    await place.pass_time(3 * HOUR)
    [reminded] = await place.said(DeadlineReminded)
    assert (reminded.told, reminded.deadline.name) == (at_acme("bob"), "accept")
    await place.pass_time(1 * HOUR)
    [breached] = await place.said(DeadlineBreached)
    assert (breached.owner, breached.late_by_s, breached.spent) == (at_acme("bob"), 0, {"rep": 14400})
    assert breached.what_follows == "reassign"
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.name) == ("reassigned", at_acme("cy"))
    assert last.deadlines[0].due_at == place.clock.now() + 4 * HOUR
    assert last.handover is not None
    assert last.handover.reassignments == 1


async def test_after_as_many_reassignments_as_agreed_the_teams_lead_has_it(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy", "di", "ed")
    await place.offered("ana")
    await place.pass_time(12 * HOUR)
    assert await whys(place) == ["new", "reassigned", "reassigned", "escalated"]
    assert await place.holder() == "lena"
    assert len(await place.said(DeadlineBreached)) == 3
    late = [breached.owner for breached in await place.said(DeadlineBreached)]
    assert (await place.state()).declined == dict.fromkeys(late, "let its clock run out")
    await place.pass_time(24 * HOUR)
    assert len(await whys(place)) == 4


async def test_what_was_escalated_never_goes_back_to_whoever_let_it_run_out(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.sleep_through(30 * HOUR)
    assert await place.holder() == "lena"
    assert (await place.said(DeadlineBreached))[0].owner == at_acme("bob")
    await place.do("reject", "lena", reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == "queue of inside"


async def test_without_escalation_in_time_the_deputys_queue_holds_it_and_gives_nothing_out(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob", "cy", "di", "ed")
    await place.offered("ana")
    for _ in range(3):
        await place.do("reject", await place.holder(), reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == "queue of inside"
    state = await place.state()
    assert (state.custody.reassignments, state.waiting) == (2, False)
    await place.team("inside", "flo")
    await place.pass_time(29 * timedelta(minutes=1))
    assert await place.holder() == "queue of inside"


async def test_accepting_forgets_the_reassignments_before_it(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy", "di")
    await place.offered("ana")
    await place.pass_time(4 * HOUR)
    await place.do("accept", await place.holder())
    assert (await place.state()).custody.reassignments == 0


async def test_who_accepts_and_does_not_get_in_touch_loses_the_lead_too(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    first = await place.holder()
    await place.do("accept", first)
    await place.pass_time(24 * HOUR)
    [breached] = await place.said(DeadlineBreached)
    assert breached.deadline.name == "touch"
    assert await place.holder() != first
    assert (await place.state()).accepted is False


async def test_a_touch_in_time_stops_the_clock(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    rep = await place.holder()
    await place.do("accept", rep)
    await place.do("contact", rep, said=Contact("phone"))
    await place.pass_time(48 * HOUR)
    assert await place.said(DeadlineBreached) == []
    assert await place.holder() == rep


async def test_who_slept_through_reminder_and_breach_does_what_still_makes_sense(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.team("inside", "cy")
    await place.sleep_through(9 * HOUR)
    assert await place.said(DeadlineReminded) == []
    [breached] = await place.said(DeadlineBreached)
    assert (breached.late_by_s, breached.outage) == (5 * 3600, True)
    assert await place.holder() == "cy"


@pytest.mark.parametrize(("late", "outage"), [(9, False), (10, True)])
async def test_whose_clock_ran_out_while_baton_was_down_did_not_let_it(
    place: RoutingPlace, late: int, outage: bool
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    had_it = await place.holder()
    await place.pass_time(3 * HOUR)
    await place.sleep_through(HOUR + timedelta(seconds=late))
    [breached] = await place.said(DeadlineBreached)
    assert (breached.late_by_s, breached.outage, breached.what_follows) == (late, outage, "reassign")
    why_not = "had it while Baton was not running" if outage else "let its clock run out"
    assert (await place.state()).declined == {at_acme(had_it): why_not}
    assert await place.holder() != had_it


async def test_a_step_that_comes_later_says_nothing_of_when_the_clock_ran_out(database_url: str) -> None:
    alone = AGREEMENT.replace("        - {at: 100%, do: reassign}\n", "")
    with routing_at(database_url, agreement=alone) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        await place.pass_time(12 * HOUR)
        assert await place.holder() == "lena"
        assert [breached.outage for breached in await place.said(DeadlineBreached)] == [False]
        assert (await place.state()).declined == {at_acme("bob"): "let its clock run out"}


async def test_who_slept_through_everything_escalates_and_reassigns_nothing(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.sleep_through(30 * HOUR)
    assert await whys(place) == ["new", "escalated"]
    assert await place.holder() == "lena"


async def test_a_queue_has_a_clock_too_and_then_the_teams_lead_answers_for_it(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.pass_time(timedelta(minutes=30))
    [breached] = await place.said(DeadlineBreached)
    assert (breached.owner, breached.spent) == (at_acme("dora"), {"queue": 1800})
    await place.pass_time(timedelta(minutes=30))
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.kind, last.owner.answers) == ("escalated", "queue", at_acme("lena"))
    await place.team("inside", "bob")
    await place.pass_time(timedelta(0))
    assert await place.holder() == "bob"


async def test_a_queue_whose_time_ran_out_while_routing_was_away_was_late_all_the_same(
    place: RoutingPlace,
) -> None:
    await place.offered("ana")
    await place.sleep_through(timedelta(hours=2))
    [breached] = await place.said(DeadlineBreached)
    assert (breached.deadline.name, breached.what_follows) == ("queue", "escalate")
    assert (await place.said(LeadAssigned))[-1].why == "escalated"


async def test_a_lead_that_nobody_touches_is_offered_to_nurture(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.pass_time(timedelta(hours=20))
    await place.do("contact", "bob", said=Contact("phone"))
    touched_at = place.clock.now()
    await place.pass_time(timedelta(days=9, hours=23))
    assert await place.said(LeadStalled) == []
    await place.pass_time(HOUR)
    [stalled] = await place.said(LeadStalled)
    assert stalled.since == touched_at
    assert stalled.handover is not None
    assert stalled.handover.kind == "offer"
    assert (await place.state()).waits == {}


async def test_a_hand_off_that_nobody_answers_lapses(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    await place.pass_time(24 * HOUR)
    [refused], [breached] = await place.said(HandoffRefused), await place.said(DeadlineBreached)
    assert (refused.by, refused.reason) == (at_acme("al"), "no answer in time")
    assert (breached.owner, breached.what_follows) == (at_acme("al"), "lapse")
    assert await place.holder() == "bob"
    assert [deadline.name for deadline in (await place.state()).deadlines] == ["touch"]


async def test_what_account_executives_have_stays_among_them(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "al", "ann")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    handoff = (await place.state()).handoff
    assert handoff is not None
    first = handoff.to.removesuffix("@acme.example")
    await place.do("accept_handoff", first)
    await place.pass_time(24 * HOUR)
    assert {first, await place.holder()} == {"al", "ann"}


async def test_timers_of_the_database_are_those_that_the_state_waits_for(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("a", "b")
    rep = await place.holder("a")
    await place.do("accept", rep, "a")
    await place.do("contact", rep, "a", said=Contact("phone"))
    await place.do("reject", await place.holder("b"), "b", reason="not-a-lead", note="", duplicate_of=None)
    await place.pass_time(timedelta(0))
    table = place.service.messaging.timers
    rows = await place.tx(lambda tx: tx.conn.execute(table.select()).all())
    assert [(row.purpose, row.due_at) for row in rows] == [
        ("clock", place.clock.now() + 0.75 * timedelta(days=10))
    ]


async def test_a_lead_has_one_timer_the_next_of_its_instants(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    [clock] = (await place.state()).clocks
    table = place.service.messaging.timers
    rows = await place.tx(
        lambda tx: tx.conn.execute(table.select().where(table.c.lead_id == lead_id())).all()
    )
    assert [(row.purpose, row.due_at) for row in rows] == [("clock", clock.rungs[0].at)]


async def test_who_slept_until_it_stalled_first_climbs_the_ladder(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.sleep_through(timedelta(days=11))
    assert len(await place.said(DeadlineBreached)) == 1
    assert len(await place.said(LeadStalled)) == 1
