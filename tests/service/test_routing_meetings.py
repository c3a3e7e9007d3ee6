"""Meetings with a lead: one that is ahead is the next step, one that was missed asks for another."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.routing.domain.model import GivingUp
from services.routing.domain.steps.reporting import Contact
from shared.contracts.clocks import DeadlineBreached, LeadResumed
from shared.contracts.meetings import MeetingBooked, MeetingCancelled, MeetingHeld, MeetingMissed
from shared.contracts.routing import LeadContacted, LeadStalled
from shared.effects import CommandRefused
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

DAY = timedelta(days=1)
WITH_NEXT_STEP = AGREEMENT.replace(
    "      attempts: {at_least: 2", "      next_step_within: 3d\n      attempts: {at_least: 2"
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=WITH_NEXT_STEP) as place:
        yield place


async def accepted(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.do("accept", await place.holder())


async def book(place: RoutingPlace, days: float, attendee: str | None = None) -> datetime:
    starts_at = place.clock.now() + days * DAY
    await place.do("book_meeting", await place.holder(), starts_at=starts_at, attendee=attendee, note="")
    return starts_at


async def say(place: RoutingPlace, verb: str, note: str = "") -> None:
    await place.do(verb, await place.holder(), note=note)


async def clocks(place: RoutingPlace) -> list[str]:
    return [deadline.name for deadline in (await place.state()).deadlines]


async def told(place: RoutingPlace) -> dict[str, str]:
    """Who is told what."""
    table = place.service.messaging.errands
    rows = await place.tx(lambda tx: tx.conn.execute(select(table.c.action, table.c.body)).all())
    return {row.action: row.body["person"] for row in rows}


async def test_a_meeting_that_is_ahead_is_the_next_step_and_counts_as_a_touch(place: RoutingPlace) -> None:
    await accepted(place)
    assert await clocks(place) == ["touch", "attempts"]
    starts_at = await book(place, 5)
    assert await clocks(place) == []
    [booked] = await place.said(MeetingBooked)
    rep = at_acme(await place.holder())
    assert (booked.starts_at, booked.attendee, booked.by) == (starts_at, rep, rep)
    assert (await place.state()).attempts == 1


async def test_after_a_meeting_that_began_while_baton_was_down_the_next_step_counts_from_it(
    place: RoutingPlace,
) -> None:
    await accepted(place)
    starts_at = await book(place, 1)
    await place.sleep_through(2 * DAY)
    [next_step] = (await place.state()).deadlines
    assert (next_step.name, next_step.due_at) == ("next_step", starts_at + 3 * DAY)


async def test_two_meetings_of_one_outage_count_each_from_its_own_time(place: RoutingPlace) -> None:
    await accepted(place)
    await place.offered("ben")
    await place.do("accept", await place.holder("ben"), "ben")
    began = [place.clock.now() + days * DAY for days in (1, 1.5)]
    for lead, starts_at in zip(("ana", "ben"), began, strict=True):
        rep = await place.holder(lead)
        await place.do("book_meeting", rep, lead, starts_at=starts_at, attendee=None, note="")
    await place.sleep_through(2 * DAY)
    due = [(await place.state(lead)).deadlines[0].due_at for lead in ("ana", "ben")]
    assert due == [starts_at + 3 * DAY for starts_at in began]


async def test_a_call_before_the_meeting_starts_no_clock(place: RoutingPlace) -> None:
    await accepted(place)
    await book(place, 5)
    await place.do("contact", await place.holder(), said=Contact("phone"))
    assert await clocks(place) == []


async def test_a_lead_with_a_meeting_ahead_is_not_stalled_until_long_after(place: RoutingPlace) -> None:
    await accepted(place)
    await book(place, 30)
    await place.pass_time(30 * DAY + 9 * DAY)
    assert await place.said(LeadStalled) == []
    await place.pass_time(DAY)
    assert len(await place.said(LeadStalled)) == 1


async def test_once_it_has_begun_the_rep_is_to_say_what_became_of_it(place: RoutingPlace) -> None:
    await accepted(place)
    await book(place, 5)
    await place.pass_time(5 * DAY)
    assert await clocks(place) == ["next_step"]
    await place.pass_time(3 * DAY)
    assert [late.deadline.name for late in await place.said(DeadlineBreached)] == ["next_step"]


@pytest.mark.parametrize(("verb", "event"), [("hold_meeting", MeetingHeld), ("miss_meeting", MeetingMissed)])
async def test_what_was_held_or_missed_starts_the_next_step_clock_anew(
    place: RoutingPlace, verb: str, event: type[MeetingHeld | MeetingMissed]
) -> None:
    await accepted(place)
    starts_at = await book(place, 5)
    await place.pass_time(6 * DAY)
    for _ in range(2):
        await say(place, verb)
    [said] = await place.said(event)
    assert said.starts_at == starts_at
    assert [(d.name, d.due_at) for d in said.deadlines] == [("next_step", place.clock.now() + 3 * DAY)]
    assert (await place.state()).meeting is None


async def test_after_a_missed_one_another_may_be_booked_held_and_told_apart(place: RoutingPlace) -> None:
    await accepted(place)
    for _ in range(2):
        await book(place, 2)
        await place.pass_time(2 * DAY)
        await say(place, "miss_meeting", "no show")
    assert len(await place.ids(MeetingMissed)) == 2
    history = (await place.state()).story.history
    assert [chapter.note for chapter in history if "in vain" in chapter.what] == ["no show", "no show"]


async def test_a_meeting_is_moved_by_booking_another_time_and_the_same_again_changes_nothing(
    place: RoutingPlace,
) -> None:
    await accepted(place)
    first = await book(place, 5)
    second = await book(place, 8, "al@acme.example")
    await book(place, 8, "al@acme.example")
    assert [(b.starts_at, b.instead_of) for b in await place.said(MeetingBooked)] == [
        (first, None),
        (second, first),
    ]
    await place.pass_time(5 * DAY)
    assert await clocks(place) == []


async def refused(place: RoutingPlace, verb: str, **content: Any) -> str:
    with pytest.raises(CommandRefused) as found:
        await place.do(verb, await place.holder(), **content)
    return str(found.value)


async def test_what_can_not_be_is_refused_with_what_to_do(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    now = place.clock.now()
    later = {"starts_at": now + DAY, "attendee": None, "note": ""}
    assert await refused(place, "book_meeting", **later) == "accept it first"
    await place.do("accept", "bob")
    past, far = later | {"starts_at": now}, later | {"starts_at": now + 181 * DAY}
    assert await refused(place, "book_meeting", **past) == (
        "2026-11-02 12:00:00 UTC is past; give an instant that is ahead"
    )
    assert "at most 180 days ahead" in await refused(place, "book_meeting", **far)
    assert "no meeting is booked" in await refused(place, "hold_meeting", note="")
    await book(place, 2)
    assert await refused(place, "miss_meeting", note="") == (
        "it begins 2026-11-04 12:00:00 UTC; say so after that"
    )
    assert "a meeting is ahead" in await refused(place, "snooze", until=now + DAY, reason="holidays")


async def test_booking_a_meeting_ends_the_waiting(place: RoutingPlace) -> None:
    await accepted(place)
    await place.do("snooze", await place.holder(), until=place.clock.now() + 3 * DAY, reason="holidays")
    await book(place, 5)
    [resumed] = await place.said(LeadResumed)
    assert (resumed.because, (await place.state()).snooze) == ("a meeting is booked", None)


async def test_who_gets_the_lead_next_knows_of_the_meeting_and_nurture_does_not(place: RoutingPlace) -> None:
    await accepted(place)
    starts_at = await book(place, 5)
    await place.team("executives", "al")
    await place.do("qualify", await place.holder(), answers={"need": "a line", "timeline": "spring"})
    await place.do("accept_handoff", "al")
    kept = (await place.state()).meeting
    assert kept is not None
    assert kept.starts_at == starts_at
    await place.do("lose", "al", why=GivingUp("no-need"))
    state = await place.state()
    assert (state.meeting, state.waits) == (None, {})


async def test_a_contact_says_whether_the_rep_or_a_tool_reported_it(place: RoutingPlace) -> None:
    await accepted(place)
    await place.do("contact", await place.holder(), said=Contact("phone", outcome="no answer"))
    await place.do("contact", "tool dialler", said=Contact("phone", "in", "reached"))
    said = [(one.reported_by, one.through, one.direction) for one in await place.said(LeadContacted)]
    assert said == [("rep", "", "out"), ("tool", "dialler", "in")]
    assert {one.by for one in await place.said(LeadContacted)} == {at_acme(await place.holder())}
    state = await place.state()
    assert (state.attempts, state.reported) == (2, 1)


async def test_one_that_is_called_off_asks_for_the_next_step_and_blames_nobody(place: RoutingPlace) -> None:
    await accepted(place)
    starts_at = await book(place, 30)
    await place.pass_time(DAY)
    for _ in range(2):
        await say(place, "cancel_meeting", "Their week is full")
    [said] = await place.said(MeetingCancelled)
    assert (said.starts_at, said.note) == (starts_at, "Their week is full")
    assert [(d.name, d.due_at) for d in said.deadlines] == [("next_step", place.clock.now() + 3 * DAY)]
    state = await place.state()
    assert (state.meeting, state.attempts) == (None, 1)
    await place.pass_time(10 * DAY)  # Nothing is ahead any more: it stalls as any other lead.
    assert len(await place.said(LeadStalled)) == 1


async def test_what_has_begun_is_held_or_missed_and_not_called_off(place: RoutingPlace) -> None:
    await accepted(place)
    with pytest.raises(CommandRefused, match="no meeting is booked"):
        await say(place, "cancel_meeting")
    await book(place, 5)
    await place.pass_time(5 * DAY)
    with pytest.raises(CommandRefused, match="say whether it was held or missed"):
        await say(place, "cancel_meeting")
    assert await place.said(MeetingCancelled) == []


async def test_when_it_begins_the_rep_is_asked_what_became_of_it(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="https://reps.example/bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await book(place, 5)
    await place.pass_time(5 * DAY - timedelta(seconds=1))
    assert "meeting begins" not in await told(place)
    await place.pass_time(timedelta(seconds=1))
    assert (await told(place))["meeting begins"] == at_acme(await place.holder())
