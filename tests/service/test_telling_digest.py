"""Many messages for one person in a short time come together: none is lost, none comes twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.routing.handlers.telling import DIGEST
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.routing import DeadlineBreached
from shared.contracts.values import Activity
from shared.runtime.errands import given_up
from shared.testing.leads import NOON, lead_id
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, qualified
from tests.service.telling_place import SLACK, live, posted, send, telling_at
from tests.service.test_routing_aside import turned_out

pytestmark = pytest.mark.slow

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[RoutingPlace]:
    async with telling_at(database_url, digest_after=3, digest_window_s=60, agreement=UNCAPPED) as place:
        yield place


UNCAPPED = AGREEMENT.replace("      at_most: {open: 3}\n", "")


def leads(n: int, first: int = 0) -> list[str]:
    return [f"lead {i}" for i in range(first, first + n)]


def told_of(messages: list[dict[str, Any]]) -> list[str]:
    """The leads that were told of, each as often as it was."""
    return sorted(
        lead
        for message in messages
        for lead in ([one["lead"] for one in message["leads"]] if "leads" in message else [message["lead"]])
    )


async def test_a_few_come_one_by_one_at_once(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(3):
        await place.offered(lead)
    await send(place)
    assert [message["action"] for message in posted(side)] == ["assigned"] * 3


async def test_what_is_more_than_that_comes_together_when_the_minute_is_over(
    place: RoutingPlace, side: OtherSide
) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(8):
        await place.offered(lead)
    await live(place, timedelta(seconds=59), step=timedelta(seconds=1))
    assert len(posted(side)) == 3
    await live(place, timedelta(seconds=1))
    assert [message["action"] for message in posted(side)] == ["assigned"] * 3 + ["digest"]
    assert told_of(posted(side)) == sorted(lead_id(lead) for lead in leads(8))
    assert {one["action"] for one in posted(side)[3]["leads"]} == {"assigned"}


async def test_of_a_batch_the_first_come_at_once_and_the_rest_as_one_message(
    place: RoutingPlace, side: OtherSide
) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(50):
        await place.say(qualified(), lead)
    await place.turn()
    await send(place)
    assert [message["action"] for message in posted(side)] == ["assigned"] * 3
    await live(place, MINUTE)
    assert [message["action"] for message in posted(side)] == ["assigned"] * 3 + ["digest"]
    assert told_of(posted(side)) == sorted(lead_id(lead) for lead in leads(50))


async def test_nobody_is_late_with_a_lead_that_is_held_back(database_url: str, side: OtherSide) -> None:
    hasty = UNCAPPED.replace("accept_within: 4h", "accept_within: 40s\n      clock: always")
    async with telling_at(database_url, digest_after=3, digest_window_s=60, agreement=hasty) as place:
        await place.team("inside", "bob", notify=side.url)
        for lead in leads(8):
            await place.say(qualified(), lead)
        await place.turn()
        await live(place, MINUTE, step=timedelta(seconds=1))
        assert len(await place.said(DeadlineBreached)) == 3  # Those of which bob was told.
        [told] = [message for message in posted(side) if message["action"] == "digest"]
        new = [one for one in told["leads"] if one["action"] == "assigned"]
        assert [one["deadlines"][0]["due_at"] for one in new] == ["2026-11-02T12:01:40Z"] * 5
        await live(place, timedelta(seconds=39), step=timedelta(seconds=1))
        assert len(await place.said(DeadlineBreached)) == 3
        await live(place, timedelta(seconds=1), step=timedelta(seconds=1))
        late = (await place.said(DeadlineBreached))[3:]
        assert [event.spent for event in late] == [{"rep": 40, "system": 60}] * 5


async def test_a_digest_says_first_of_all_that_a_lead_is_theirs(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(4):
        await place.offered(lead)
    await place.say(
        ActivityRecorded(activity=Activity(seq=9, type="call", at=NOON, source="phone")), "lead 3"
    )
    await place.turn()
    await live(place, MINUTE)
    assert [one["action"] for one in posted(side)[3]["leads"]] == ["assigned"]


async def test_what_a_desk_has_is_in_a_digest_too(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(8):
        await place.say(turned_out(desk="marketing", tell=at_acme("bob")), lead)
    await place.turn()
    await live(place, MINUTE)
    assert told_of(posted(side)) == sorted(lead_id(lead) for lead in leads(8))
    assert [one["action"] for one in posted(side)[3]["leads"]] == ["set aside"] * 5


async def test_while_a_flood_goes_on_there_is_one_digest_a_minute_and_after_it_they_come_alone_again(
    place: RoutingPlace, side: OtherSide
) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(40):
        await place.offered(lead)
        await live(place, timedelta(seconds=5), step=timedelta(seconds=5))
    await live(place, 2 * MINUTE)
    actions = [message["action"] for message in posted(side)]
    assert (actions.count("assigned"), actions.count("digest")) == (3, 4)
    assert told_of(posted(side)) == sorted(lead_id(lead) for lead in leads(40))
    await place.offered("one more")
    await send(place)
    assert posted(side)[-1]["action"] == "assigned"


async def test_each_person_has_their_own_flood(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob", "cy", notify=side.url)
    for lead in leads(6):
        await place.offered(lead)
    await send(place)
    assert [message["action"] for message in posted(side)] == ["assigned"] * 6


async def test_a_digest_that_fails_is_tried_again_and_comes_once(
    place: RoutingPlace, side: OtherSide
) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(8):
        await place.say(qualified(), lead)
    await place.turn()
    await send(place)
    side.requests.clear()
    side.says("503 Service Unavailable")
    await live(place, MINUTE)
    tried = len(side.requests)
    assert tried >= 1
    side.says("200 OK")
    await live(place, 5 * MINUTE)
    keys = {request.headers["idempotency-key"] for request in side.requests}
    assert (len(keys), len(side.requests) > tried) == (1, True)
    assert len(told_of(posted(side)[-1:])) == 5


async def test_a_digest_tells_of_no_lead_that_moved_on(place: RoutingPlace, side: OtherSide) -> None:
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(5):
        await place.say(qualified(), lead)
    await place.turn()
    await send(place)
    at_once = told_of(posted(side))
    gone, other = (lead for lead in leads(5) if lead_id(lead) not in at_once)
    await place.do("reject", "bob", gone, reason="not-a-lead", note="", duplicate_of=None)
    await live(place, MINUTE)
    assert told_of(posted(side)[3:]) == [lead_id(other)]


async def test_a_digest_that_is_given_up_is_no_reps_delay_and_the_deputy_is_told(
    place: RoutingPlace, side: OtherSide
) -> None:
    side.says("410 Gone")
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(5):
        await place.say(qualified(), lead)
    await place.turn()
    await live(place, MINUTE)
    assert len(await place.service.read(given_up)) == 4
    assert all([(await place.state(lead)).untold_since is not None for lead in leads(5)])


async def test_a_digest_in_slack_has_a_link_for_each_lead(side: OtherSide) -> None:
    side.says("200 OK", b'{"ok": true}')
    async with telling_at("sqlite://", side, digest_after=1, agreement=UNCAPPED) as place:
        await place.team("inside", "bob", notify=SLACK)
        for lead in leads(51):
            await place.say(qualified(), lead)
        await place.turn()
        await live(place, MINUTE)
    _, message = posted(side)
    text = "\n".join(b["text"]["text"] for b in message["blocks"] if b["type"] == "section")
    assert (text.count("|Answer>"), "10 more" in text) == (40, True)


async def test_a_restart_between_loses_nothing(place: RoutingPlace, side: OtherSide) -> None:
    # What is held back, and the timer that lets it go, are in the database.
    await place.team("inside", "bob", notify=side.url)
    for lead in leads(8):
        await place.say(qualified(), lead)
    await place.turn()
    timers = place.service.messaging.timers
    waiting = await place.service.read(
        lambda tx: tx.conn.execute(timers.select().where(timers.c.purpose == DIGEST)).all()
    )
    assert len(waiting) == 1
    await place.sleep_through(timedelta(hours=1))
    await send(place)
    assert told_of(posted(side)) == sorted(lead_id(lead) for lead in leads(8))
