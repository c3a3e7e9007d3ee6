"""People are told where they are: Slack, e-mail, Teams, an address of their own; or it is tried again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from services.routing.gateway import mail as gateway
from shared.runtime.errands import given_up
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import RoutingPlace, qualified
from tests.service.telling_place import PUBLIC, SLACK, Mailbox, by_mail, mail_server, posted, send, telling_at

pytestmark = pytest.mark.slow

OK = b'{"ok": true}'


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mail_server() as box:
        yield box


place_of = partial(telling_at, "sqlite://")


async def waits(place: RoutingPlace) -> list[tuple[str | None, float]]:
    """The errands that wait: their last error, and for how many seconds."""
    errands = place.service.messaging.errands
    rows = await place.service.read(lambda tx: tx.conn.execute(errands.select().order_by(errands.c.id)).all())
    now = place.clock.now()
    return [(row.last_error, (row.next_at - now).total_seconds()) for row in rows if row.next_at is not None]


async def lost(place: RoutingPlace) -> list[str | None]:
    """The errors of what was given up."""
    return [row.last_error for row in await place.service.read(given_up)]


# ---- Slack


async def test_a_bot_tells_a_member_of_slack(side: OtherSide) -> None:
    side.says("200 OK", OK)
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        assert await send(place) == 1
        assert await waits(place) == []
    [request], [message] = side.requests, posted(side)
    assert request.line == "POST /chat.postMessage HTTP/1.1"
    assert request.headers["authorization"] == "Bearer xoxb-1"
    assert message["channel"] == "U12345"
    urls = [button["url"] for button in message["blocks"][-1]["elements"]]
    assert [url.startswith(f"{PUBLIC}/a/") for url in urls] == [True, True]


async def test_an_incoming_webhook_of_slack_is_enough(side: OtherSide) -> None:
    side.says("200 OK", b"ok")
    async with place_of(slack_token=None) as place:
        await place.team("inside", "bob", notify=f"slack:{side.url}")
        await place.offered("ana")
        await send(place)
        assert await waits(place) == []
    assert "channel" not in posted(side)[0]
    assert "authorization" not in side.requests[0].headers


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "invalid_auth"])
async def test_slack_says_no_in_a_200_and_is_asked_again(side: OtherSide, error: str) -> None:
    side.says("200 OK", f'{{"ok": false, "error": "{error}"}}'.encode())
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        await send(place)
        [(said, _)] = await waits(place)
        assert said == f"Slack: {error}"


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "msg_too_long"])
async def test_what_slack_will_never_take_is_given_up_at_once(side: OtherSide, error: str) -> None:
    side.says("200 OK", f'{{"ok": false, "error": "{error}"}}'.encode())
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        await send(place)
        assert await lost(place) == [f"Slack: {error}"]


@pytest.mark.parametrize("body", [b"", b"<html>Sorry</html>", b"{}", b"[1]"])
async def test_a_200_that_is_no_answer_of_slack_is_no_success(side: OtherSide, body: bytes) -> None:
    side.says("200 OK", body)
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        await send(place)
        assert [said for said, _ in await waits(place)] == ["Slack: no answer that can be read"]


async def test_slack_is_left_alone_for_as_long_as_it_asks(side: OtherSide) -> None:
    side.says("429 Too Many Requests", retry_after="90")
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        await send(place)
        assert await waits(place) == [("429 Too Many Requests", 90.0)]
        side.says("200 OK", OK)
        await place.pass_time(timedelta(seconds=89))
        assert await send(place) == 0
        await place.pass_time(timedelta(seconds=1))
        assert await send(place) == 1


async def test_without_a_token_it_says_what_to_set() -> None:
    async with place_of(slack_token=None) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana")
        await send(place)
        [(said, _)] = await waits(place)
        assert "BATON_ROUTING_SLACK_TOKEN" in (said or "")


# ---- Teams


async def test_teams_gets_a_card(side: OtherSide) -> None:
    side.says("202 Accepted")
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"teams:{side.url}")
        await place.offered("ana")
        await send(place)
        assert await waits(place) == []
    assert posted(side)[0]["attachments"][0]["content"]["type"] == "AdaptiveCard"


async def test_teams_says_no_in_a_200_and_is_asked_again(side: OtherSide) -> None:
    side.says(
        "200 OK",
        b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
    )
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"teams:{side.url}")
        await place.offered("ana")
        await send(place)
        [(said, _)] = await waits(place)
        assert (said or "").startswith("Teams: Webhook message delivery failed")


# ---- e-mail


async def test_a_mail_server_takes_the_story(box: Mailbox) -> None:
    async with place_of(**by_mail(box)) as place:
        await place.team("inside", "bob", notify="mailto:bob@acme.example")
        await place.offered("ana")
        await send(place)
        assert await waits(place) == []
    [message] = box.got
    assert (message["From"], message["To"]) == ("Baton <baton@acme.example>", "bob@acme.example")
    assert message["Subject"].startswith("A lead for you: Ana Silva")
    text = message.get_body(("plain",))
    assert text is not None
    assert f"Accept: {PUBLIC}/a/" in text.get_content()


@pytest.mark.parametrize(
    ("refusal", "final"), [("550 no such mailbox", True), ("451 try later", False), ("450 greylisted", False)]
)
async def test_a_mailbox_that_is_not_there_is_given_up_and_a_busy_one_is_not(
    box: Mailbox, refusal: str, final: bool
) -> None:
    box.refuses = refusal
    async with place_of(**by_mail(box)) as place:
        await place.team("inside", "bob", notify="mailto:bob@acme.example")
        await place.offered("ana")
        await send(place)
        found = await lost(place) if final else [said for said, _ in await waits(place)]
        assert found == [f"127.0.0.1:{box.port}: SMTPRecipientsRefused {refusal[:3]}"]


async def test_a_mail_server_that_hangs_is_cut_off(
    side: OtherSide, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It waits for a request, as an HTTP server does, and says nothing first, as a mail server must.
    monkeypatch.setattr(gateway, "TIMEOUT_S", 0.2)
    async with place_of(**by_mail(box) | {"smtp_port": side.port}) as place:
        await place.team("inside", "bob", notify="mailto:bob@acme.example")
        await place.offered("ana")
        async with asyncio.timeout(5):
            await send(place)
        [(said, _)] = await waits(place)
        assert said == f"127.0.0.1:{side.port}: no answer within 0.2 s"
    await asyncio.sleep(0.01)  # The other side hears that nobody is there any more.


async def test_without_a_mail_server_it_says_what_to_set() -> None:
    async with place_of() as place:
        await place.team("inside", "bob", notify="mailto:bob@acme.example")
        await place.offered("ana")
        await send(place)
        [(said, _)] = await waits(place)
        assert "BATON_ROUTING_SMTP_HOST" in (said or "")


# ---- several


async def test_all_addresses_are_tried_and_one_is_enough(side: OtherSide, box: Mailbox) -> None:
    side.says("503 Service Unavailable")
    async with place_of(side, **by_mail(box)) as place:
        await place.team("inside", "bob", notify=f"{SLACK} mailto:bob@acme.example")
        await place.offered("ana")
        assert await send(place) == 1
        assert (len(side.requests), len(box.got)) == (1, 1)
        assert await waits(place) == []
        assert (await place.state()).untold_since is None


async def test_one_that_will_never_work_does_not_give_up_the_other(side: OtherSide) -> None:
    side.says("200 OK", b'{"ok": false, "error": "channel_not_found"}')
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=f"{SLACK} https://127.0.0.1:1/x")
        await place.offered("ana")
        await send(place)
        assert len(await waits(place)) == 1
        assert await lost(place) == []


@pytest.mark.parametrize("kind", ["slack:", "teams:", ""])
async def test_a_private_address_is_never_called(side: OtherSide, kind: str) -> None:
    async with place_of(private=False) as place:
        await place.team("inside", "bob", notify=f"{kind}{side.url}")
        await place.offered("ana")
        await send(place)
        [said] = await lost(place)
        assert "is a private address" in (said or "")
    assert side.requests == []


async def test_a_redirect_is_not_followed(side: OtherSide) -> None:
    side.says("302 Found", location="http://127.0.0.1:1/elsewhere")
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"slack:{side.url}")
        await place.offered("ana")
        await send(place)
        assert await lost(place) == ["302 Found"]


# ---- what is so when it goes out


async def test_who_lost_the_lead_before_the_message_went_out_is_not_told(side: OtherSide) -> None:
    async with place_of() as place:
        await place.team("inside", "bob", notify=side.url)
        await place.offered("ana")
        await place.do("reject", "bob", reason="not-a-lead", note="", duplicate_of=None)
        assert await send(place) == 1
    assert side.requests == []


async def test_what_a_stranger_writes_about_himself_reaches_nobody_as_a_link(side: OtherSide) -> None:
    side.says("200 OK", OK)
    person = qualified().snapshot.person.__class__(name="<https://evil.example|Ana> <!channel>")
    async with place_of(side) as place:
        await place.team("inside", "bob", notify=SLACK)
        await place.offered("ana", person=person)
        await send(place)
    assert "<https://evil" not in side.requests[0].body.decode()
    assert "<!channel" not in side.requests[0].body.decode()
