"""While Baton can not tell anybody, no rep is late: nothing is lost, and in the end each is told once."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.contracts.routing import DeadlineBreached, DeadlineReminded, LeadAssigned
from shared.contracts.values import Person
from shared.runtime.errands import given_up
from shared.testing.leads import NOON
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme
from tests.service.telling_place import SLACK, live, posted, send, telling_at
from tests.service.test_routing_working_clocks import counting

pytestmark = pytest.mark.slow

OK = b'{"ok": true}'
HOUR = timedelta(hours=1)
SHORT = AGREEMENT.replace("accept_within: 4h", "accept_within: 30m")
LEADS = [f"lead {n}" for n in range(6)]


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def dora() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def place(database_url: str, side: OtherSide) -> AsyncIterator[RoutingPlace]:
    async with telling_at(database_url, side, agreement=SHORT) as place:
        yield place


async def test_a_slack_outage_of_two_hours_blames_no_rep_and_each_is_told_once(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("503 Service Unavailable")
    for name, slack in (("bob", "UBOB11"), ("cy", "UCY222")):
        await place.team("inside", name, notify=f"slack:{slack}")
    for lead in LEADS:
        await place.offered(lead, person=Person(name=lead))
        await live(place, timedelta(minutes=5), step=timedelta(minutes=1))
    await live(place, 2 * HOUR - timedelta(minutes=30), step=timedelta(minutes=1))
    # Each clock is of half an hour, and stood still.
    assert await place.said(DeadlineBreached) == []
    assert await place.said(DeadlineReminded) == []
    assert len(await place.said(LeadAssigned)) == len(LEADS)

    side.requests.clear()
    side.says("200 OK", OK)
    back = place.clock.at
    await _until_all_are_told(place)
    told = Counter(message["text"].partition(",")[0] for message in posted(side))
    assert told == {f"A lead for you: {lead}": 1 for lead in LEADS}
    assert place.clock.at - back <= timedelta(minutes=10)
    for lead in LEADS:
        clock = (await place.state(lead)).clock("accept")
        assert clock is not None
        assert clock.due_at - clock.started_at == timedelta(minutes=30, seconds=clock.aside["system"])
        assert clock.due_at > place.clock.at

    await live(place, HOUR, step=timedelta(minutes=1))
    breached = await place.said(DeadlineBreached)
    assert {event.spent["rep"] for event in breached} == {30 * 60}
    held = [event.spent["system"] for event in breached if "system" in event.spent]
    assert (len(held), min(held) > 90 * 60) == (len(LEADS), True)


async def _until_all_are_told(place: RoutingPlace) -> None:
    for _ in range(90):
        if all([(await place.state(lead)).untold_since is None for lead in LEADS]):
            return
        await live(place, timedelta(minutes=1), step=timedelta(minutes=1))
    raise AssertionError("somebody was never told")


async def test_the_clock_stands_still_from_the_assignment_on_and_goes_on_when_it_was_told(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("429 Too Many Requests", retry_after="600")
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    await send(place)
    state = await place.state()
    assert (state.untold_since, state.waits.keys()) == (NOON, {"untold", "stalled"} & state.waits.keys())
    side.says("200 OK", OK)
    await place.pass_time(timedelta(seconds=600))
    await send(place)
    state = await place.state()
    assert state.untold_since is None
    assert [deadline.due_at for deadline in state.deadlines] == [NOON + timedelta(minutes=40)]
    assert "12:40" in posted(side)[-1]["blocks"][-2]["text"]["text"]
    await place.pass_time(timedelta(minutes=30))
    [breached] = await place.said(DeadlineBreached)
    assert breached.spent == {"rep": 30 * 60, "system": 10 * 60}


async def test_who_acts_knows_whatever_could_not_be_delivered(place: RoutingPlace, side: OtherSide) -> None:
    side.says("503 Service Unavailable")
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    await send(place)
    await place.pass_time(timedelta(minutes=10))
    await place.do("accept", "bob")
    state = await place.state()
    assert (state.untold_since, state.accepted) == (None, True)
    assert state.waits.keys() == {"clock"}


async def test_a_reminder_that_fails_does_not_stop_the_clock(place: RoutingPlace, side: OtherSide) -> None:
    side.says("200 OK", OK)
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    await send(place)
    side.says("503 Service Unavailable")
    await live(place, timedelta(minutes=29), step=timedelta(minutes=1))
    assert len(await place.said(DeadlineReminded)) == 1
    assert (await place.state()).untold_since is None


async def test_the_deputy_is_told_once_and_baton_goes_on_trying(
    place: RoutingPlace, side: OtherSide, dora: OtherSide
) -> None:
    await place.team("enterprise", "dora", notify=dora.url)
    side.says("200 OK", b'{"ok": false, "error": "channel_not_found"}')
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    await live(place, HOUR, step=timedelta(minutes=1))
    assert [message["action"] for message in posted(dora)] == ["undelivered"]
    assert "channel_not_found" in posted(dora)[0]["note"]
    assert (await place.state()).untold_since == NOON
    assert len(side.requests) > 5
    assert len(await place.service.read(given_up)) > 5
    side.says("200 OK", OK)  # Somebody has corrected it.
    await live(place, timedelta(minutes=6), step=timedelta(minutes=1))
    assert (await place.state()).untold_since is None


async def test_if_it_is_a_deputy_who_can_not_be_told_another_one_is(
    database_url: str, side: OtherSide, dora: OtherSide
) -> None:
    two = SHORT.replace("deputy: [dora@acme.example]", "deputy: [dora@acme.example, dan@acme.example]")
    async with telling_at(database_url, side, agreement=two) as place:
        await place.team("enterprise", "dan", notify=dora.url)
        side.says("200 OK", b'{"ok": false, "error": "channel_not_found"}')
        await place.team("inside", "dora", notify=SLACK)
        await place.offered("ana")
        await live(place, timedelta(minutes=5), step=timedelta(minutes=1))
        assert [(message["action"], message["person"]) for message in posted(dora)] == [
            ("undelivered", at_acme("dan"))
        ]


async def test_who_can_not_be_told_for_a_day_loses_the_lead_and_is_not_blamed(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("503 Service Unavailable")
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    await place.team("inside", "cy")
    await live(place, timedelta(hours=24), step=timedelta(minutes=10))
    assert await place.holder() == "cy"
    assert (await place.state()).declined == {at_acme("bob"): "could not be told"}
    assert await place.said(DeadlineBreached) == []


async def test_a_last_resort_who_can_not_be_told_keeps_the_lead_and_is_late_after_a_day(
    database_url: str, side: OtherSide
) -> None:
    agreement = SHORT.replace("at: 100%, do: reassign", "at: 100%, do: escalate, to: lead")
    async with telling_at(database_url, side, agreement=agreement) as place:
        await place.team("enterprise", "lena", notify=SLACK)
        await place.team("inside", "bob")
        await place.offered("ana")
        side.says("503 Service Unavailable")
        await live(place, timedelta(hours=2), step=timedelta(minutes=10))
        assert (await place.holder(), (await place.state()).fallback) == ("lena", True)
        assert (await place.state()).untold_since is not None
        await live(place, timedelta(hours=26), step=timedelta(minutes=20))
        [late] = [event for event in await place.said(DeadlineBreached) if event.owner == at_acme("lena")]
        assert (late.spent["rep"], late.spent["system"] >= 24 * 3600) == (30 * 60, True)
        assert await place.holder() == "lena"


async def test_what_was_told_in_time_costs_nobody_time(place: RoutingPlace, side: OtherSide) -> None:
    side.says("200 OK", OK)
    await place.team("inside", "bob", notify=SLACK)
    await place.offered("ana")
    before = await place.state()
    await place.pass_time(timedelta(seconds=2))
    await send(place)
    assert await place.state() == before


async def test_an_account_executive_who_could_not_be_asked_has_not_let_it_lapse(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("200 OK", OK)
    await place.team("inside", "bob")
    await place.team("executives", "cy", notify=SLACK)
    await place.offered("ana")
    await place.do("accept", "bob")
    side.says("503 Service Unavailable")
    await place.do("qualify", "bob", answers={"need": "a", "timeline": "b"})
    await send(place)
    state = await place.state()
    assert state.untold_since == NOON
    assert state.handoff is not None
    await live(place, timedelta(hours=23), step=timedelta(minutes=10))
    side.says("200 OK", OK)
    await live(place, timedelta(minutes=45), step=timedelta(minutes=1))
    state = await place.state()
    clock = state.clock("handoff")
    assert clock is not None
    assert (state.handoff is not None, clock.due_at > NOON + timedelta(hours=46)) == (True, True)


async def test_an_account_executive_who_can_not_be_asked_for_a_day_has_refused_nothing(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("200 OK", OK)
    await place.team("inside", "bob")
    await place.team("executives", "cy=9", notify=SLACK)  # They would have the next turn too.
    await place.offered("ana")
    await place.do("accept", "bob")
    side.says("503 Service Unavailable")
    await place.do("qualify", "bob", answers={"need": "a", "timeline": "b"})
    await place.team("executives", "di")
    await live(place, timedelta(hours=24), step=timedelta(minutes=10))
    state = await place.state()
    assert state.handoff is not None
    assert (state.handoff.to, state.handoff_refusals) == (at_acme("di"), 0)
    assert await place.said(DeadlineBreached) == []


async def test_the_only_one_who_can_be_asked_has_the_whole_time_after_a_day(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("503 Service Unavailable")
    await place.team("inside", "bob")
    await place.team("enterprise", "alba", notify=SLACK)
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers={"need": "a", "timeline": "b"})
    await live(place, timedelta(hours=25), step=timedelta(minutes=10))
    state = await place.state()
    clock = state.clock("handoff")
    assert state.handoff is not None
    assert clock is not None
    assert (state.handoff.to, clock.due_at) == (at_acme("alba"), NOON + timedelta(hours=48))


async def test_what_nobody_could_know_of_is_not_used_up_when_clocks_are_computed_anew(
    database_url: str, side: OtherSide
) -> None:
    async with telling_at(database_url, side, agreement=counting("working")) as place:
        await place.team("inside", "bob", notify=SLACK, calendar="berlin")
        side.says("503 Service Unavailable")
        await place.offered("ana")  # At 13:00 in Berlin.
        await send(place)
        await place.pass_time(HOUR)
        await place.team("inside", "bob", notify=SLACK, calendar="new-york")  # It is 8:00 there.
        await place.pass_time(2 * HOUR)
        side.says("200 OK", OK)
        await send(place)
        state = await place.state()
        clock = state.clock("accept")
        assert clock is not None
        assert (state.untold_since, clock.aside) == (None, {"system": 3 * 3600})
        # At 10:00 in New York, with all of the four hours left, and lunch in between.
        assert clock.due_at == NOON + 8 * HOUR
