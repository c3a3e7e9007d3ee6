"""Action links: opening one does nothing, a click does it once, and every other case says what happened."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from services.routing.api.links import create_router
from services.routing.domain.telling import links
from services.routing.domain.telling.links import Link, Verb
from services.routing.domain.telling.pages import DAYS as DAYS_ASKED
from shared.contracts.meetings import MeetingCancelled, MeetingHeld, MeetingMissed
from shared.contracts.routing import LeadAccepted, LeadContacted, LeadRejected
from shared.runtime.http import add_errors, join
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at
from tests.service.telling_place import LINK_SECRET

pytestmark = pytest.mark.slow

OTHER_SECRET: Final = "whsec_" + base64.b64encode(b"x" * 32).decode()
DAYS: Final = timedelta(days=3)
HOUR: Final = timedelta(hours=1)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


@pytest.fixture
async def browser(place: RoutingPlace, tmp_path: object) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(place, LINK_SECRET) as browser:
        yield browser


@asynccontextmanager
async def browser_of(place: RoutingPlace, *secrets: str) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_errors(app)
    join(app, create_router(place.service, secrets))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        yield client


async def link_to(place: RoutingPlace, verb: Verb, who: str = "bob", **more: str) -> str:
    """A link as the next message about the lead has it."""
    lead, state = lead_id("ana"), await place.state()
    expires = int((place.clock.at + DAYS).timestamp())
    link = Link(lead, state.custody.number, links.whom(lead, at_acme(who)), verb, expires)
    return f"/a/{links.sealed(link, [more.get('secret', LINK_SECRET)])}"


async def with_bob(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")


async def test_opening_a_link_does_nothing_and_its_button_does_it(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await with_bob(place)
    link, before = await link_to(place, "accept"), await place.state()
    for _ in range(3):  # A mail scanner, a preview, and the rep.
        page = await browser.get(link)
        assert page.status_code == 200
        assert '<form method="post"><button>Accept</button></form>' in page.text
    assert await place.state() == before
    done = await browser.post(link)
    assert (done.status_code, "The lead is yours" in done.text) == (200, True)
    await place.turn()
    assert (await place.state()).accepted
    assert [event.by for event in await place.said(LeadAccepted)] == [at_acme("bob")]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_only_a_click_acts(place: RoutingPlace, browser: httpx.AsyncClient, method: str) -> None:
    await with_bob(place)
    before = await place.state()
    assert (await browser.request(method, await link_to(place, "accept"))).status_code == 405
    assert await place.state() == before


async def test_a_link_works_once(place: RoutingPlace, browser: httpx.AsyncClient) -> None:
    await with_bob(place)
    await browser.post(await link_to(place, "accept"))
    link = await link_to(place, "contact")
    fields = {"channel": "phone", "outcome": "reached", "note": "Call again\0 in May"}
    answers = await asyncio.gather(*(browser.post(link, data=fields) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410]
    again = await browser.get(link)
    assert (again.status_code, "This link was used before" in again.text) == (410, True)
    await place.turn()
    [contacted] = await place.said(LeadContacted)
    assert (contacted.channel, contacted.outcome, contacted.note) == ("phone", "reached", "Call again in May")


async def test_a_link_that_is_too_old_says_so(place: RoutingPlace, browser: httpx.AsyncClient) -> None:
    await with_bob(place)
    link, before = await link_to(place, "accept"), await place.state()
    place.clock.advance(DAYS)
    for answer in (await browser.get(link), await browser.post(link)):
        assert (answer.status_code, "This link is too old" in answer.text) == (410, True)
    assert await place.state() == before


async def test_a_link_that_was_changed_does_not_open(place: RoutingPlace, browser: httpx.AsyncClient) -> None:
    await with_bob(place)
    link, before = await link_to(place, "accept"), await place.state()
    forged = await link_to(place, "accept", secret=OTHER_SECRET)
    longer = link + "x" * 400
    for wrong in (link[:-1], longer, link[:-1] + ("A" if link[-1] != "A" else "B"), forged, "/a/x", "/a/x.y"):
        for answer in (await browser.get(wrong), await browser.post(wrong)):
            assert (answer.status_code, "Nothing was done" in answer.text) == (404, True)
    assert await place.state() == before


async def test_a_link_signed_by_the_secret_before_still_opens(place: RoutingPlace) -> None:
    await with_bob(place)
    link = await link_to(place, "accept")
    async with browser_of(place, OTHER_SECRET, LINK_SECRET) as browser:
        assert (await browser.get(link)).status_code == 200
    async with browser_of(place) as browser:
        assert (await browser.get(link)).status_code == 404


async def test_once_the_lead_moved_on_the_link_of_who_had_it_does_nothing(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    first = await place.holder()
    link = await link_to(place, "accept", first)
    await place.pass_time(timedelta(hours=4))
    assert await place.holder() != first
    before = await place.state()
    for answer in (await browser.get(link), await browser.post(link)):
        assert (answer.status_code, "The lead has moved on" in answer.text) == (409, True)
    assert await place.state() == before


async def test_a_link_is_for_one_person_and_no_other(place: RoutingPlace, browser: httpx.AsyncClient) -> None:
    await with_bob(place)
    before = await place.state()
    assert (await browser.post(await link_to(place, "accept", "eve"))).status_code == 409
    assert await place.state() == before


async def test_what_does_not_apply_says_why_and_the_link_can_be_used_later(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await with_bob(place)
    link = await link_to(place, "contact")
    early = await browser.post(link, data={"channel": "phone"})
    assert (early.status_code, "accept it first" in early.text) == (409, True)
    await place.do("accept", "bob")
    assert (await browser.post(link, data={"channel": "phone"})).status_code == 200


async def test_a_no_asks_for_one_of_the_agreed_reasons(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await with_bob(place)
    link = await link_to(place, "reject")
    page = (await browser.get(link)).text
    assert "<option>wrong-team</option>" in page
    refused = await browser.post(link, data={"reason": "<script>bored</script>"})
    assert (refused.status_code, "<script>" in refused.text) == (409, False)
    assert (await browser.post(link, data={"reason": "not-a-lead", "note": "spam"})).status_code == 200
    await place.turn()
    assert [event.reason for event in await place.said(LeadRejected)] == ["not-a-lead"]


async def test_a_rep_waits_for_a_lead_by_a_click(place: RoutingPlace, browser: httpx.AsyncClient) -> None:
    await with_bob(place)
    await place.do("accept", "bob")
    link = await link_to(place, "snooze")
    assert '<select name="days" required><option>1</option>' in (await browser.get(link)).text
    assert (await browser.post(link, data={"days": "3", "reason": " "})).status_code == 409
    assert (await browser.post(link, data={"days": "3", "reason": "on holiday"})).status_code == 200
    snooze = (await place.state()).snooze
    assert snooze is not None
    assert (snooze.until - place.clock.at, snooze.reason) == (timedelta(days=3), "on holiday")


async def test_one_may_wait_for_no_more_days_than_are_agreed(database_url: str) -> None:
    short = AGREEMENT.replace("  stalled_after: 10d", "  stalled_after: 10d\n  snooze_at_most: 3d")
    with routing_at(database_url, agreement=short) as place:
        await with_bob(place)
        await place.do("accept", "bob")
        async with browser_of(place, LINK_SECRET) as browser:
            page = (await browser.get(await link_to(place, "snooze"))).text
            assert [f"<option>{days}</option>" in page for days in DAYS_ASKED] == [True] * 3 + [False] * 3
            await browser.post(await link_to(place, "snooze"), data={"days": "3", "reason": "on holiday"})
            await place.pass_time(timedelta(days=2, hours=1))
            refused = await browser.get(await link_to(place, "snooze"))
            assert (refused.status_code, "for 3 days at most, all in all" in refused.text) == (409, True)


async def test_a_hand_off_is_taken_or_refused_by_a_click(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await place.team("inside", "bob")
    await place.team("executives", "cy")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers={"need": "a", "timeline": "b"})
    no, yes = await link_to(place, "refuse", "cy"), await link_to(place, "take over", "cy")
    blank = await browser.post(no, data={"reason": " "})
    assert (blank.status_code, "say why in a few words" in blank.text) == (409, True)
    assert (await browser.post(yes)).status_code == 200
    assert await place.holder() == "cy"
    assert (await browser.post(no, data={"reason": "no room"})).status_code == 409


async def test_pages_are_kept_by_nobody_and_run_nothing(
    place: RoutingPlace, browser: httpx.AsyncClient
) -> None:
    await with_bob(place)
    for link in (await link_to(place, "accept"), "/a/x"):
        headers = (await browser.get(link)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
    page = (await browser.get(await link_to(place, "accept"))).text
    assert "Ana" not in page
    assert "bob" not in page


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&" * 100, b"a=1&" * 1000, b"reason=" + b"x" * 20_000])
async def test_a_body_that_makes_no_sense_harms_nothing(
    place: RoutingPlace, browser: httpx.AsyncClient, body: bytes
) -> None:
    await with_bob(place)
    before = await place.state()
    answer = await browser.post(await link_to(place, "reject"), content=body)
    assert answer.status_code in (409, 413)
    assert await place.state() == before


@pytest.mark.parametrize(
    ("verb", "after", "event"),
    [
        ("held", HOUR, MeetingHeld),
        ("missed", HOUR, MeetingMissed),
        ("cancel", timedelta(0), MeetingCancelled),
    ],
)
async def test_what_became_of_a_meeting_is_said_by_a_click(
    place: RoutingPlace,
    browser: httpx.AsyncClient,
    verb: Verb,
    after: timedelta,
    event: type[MeetingHeld | MeetingMissed | MeetingCancelled],
) -> None:
    await with_bob(place)
    await place.do("accept", "bob")
    await place.do("book_meeting", "bob", starts_at=place.clock.at + HOUR, attendee=None, note="")
    await place.pass_time(after)
    link = await link_to(place, verb)
    for status in (200, 410):
        assert (await browser.post(link, data={"note": "in their words"})).status_code == status
    await place.turn()
    assert [one.note for one in await place.said(event)] == ["in their words"]
