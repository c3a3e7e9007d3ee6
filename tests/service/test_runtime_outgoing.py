"""Calls to outside tools, against a real server: signed, bounded, and never where they must not go."""

import asyncio
import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from typing import Final

import pytest

from shared.runtime import addresses
from shared.runtime.clock import StillClock
from shared.runtime.outgoing import ANSWER_BYTES_MAX, NotFetched, Outgoing
from shared.runtime.service import Answer
from shared.testing.leads import NOON
from tests.service.other_side import OtherSide, other_side

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY: Final = b'{"lead": "ana"}'
LATE_S: Final = 0.2


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(StillClock(NOON), allow_private=True)
    yield outgoing
    await outgoing.close()


async def post(outgoing: Outgoing, url: str, secret: str | None = SECRET, **more: str) -> Answer:
    return await outgoing.post(url, BODY, key="k1", secret=secret, **more)


async def test_a_call_carries_its_body_its_key_and_its_trace(outgoing: Outgoing, side: OtherSide) -> None:
    side.says("202 Accepted", b'{"id": 7}')
    answer = await post(outgoing, side.url, traceparent="00-abc-def-01")
    assert answer == Answer(True, "202 Accepted", body={"id": 7})
    [request] = side.requests
    assert (request.line, request.body) == ("POST /hook?token=geheim HTTP/1.1", BODY)
    assert request.headers["idempotency-key"] == "k1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["traceparent"] == "00-abc-def-01"


async def test_the_signature_is_that_of_standard_webhooks(outgoing: Outgoing, side: OtherSide) -> None:
    await post(outgoing, side.url)
    headers = side.requests[0].headers
    assert headers["webhook-id"] == "k1"
    assert headers["webhook-timestamp"] == f"{int(NOON.timestamp())}"
    signed = b"k1." + headers["webhook-timestamp"].encode() + b"." + BODY
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_a_token_of_the_other_sides_goes_along(outgoing: Outgoing, side: OtherSide) -> None:
    await post(outgoing, side.url, None, bearer="xoxb-1")
    assert side.requests[0].headers["authorization"] == "Bearer xoxb-1"
    await post(outgoing, side.url, None)
    assert "authorization" not in side.requests[1].headers


async def test_the_beginning_of_what_was_said_is_kept(outgoing: Outgoing, side: OtherSide) -> None:
    side.says("200 OK", b"1" * 5000 + b"\xff")
    assert (await post(outgoing, side.url)).text == "1" * 1000


async def test_without_a_secret_nothing_is_signed(outgoing: Outgoing, side: OtherSide) -> None:
    await post(outgoing, side.url, None)
    assert "webhook-signature" not in side.requests[0].headers


async def test_a_weak_secret_is_said_and_nothing_is_sent(outgoing: Outgoing, side: OtherSide) -> None:
    answer = await post(outgoing, side.url, "whsec_short")
    assert answer.final
    assert "its secret" in answer.detail
    assert "whsec_short" not in answer.detail
    assert side.requests == []


@pytest.mark.parametrize(
    ("status", "final"),
    [
        ("301 Moved Permanently", True),
        ("307 Temporary Redirect", True),
        ("400 Bad Request", True),
        ("404 Not Found", True),
        ("410 Gone", True),
        ("408 Request Timeout", False),
        ("425 Too Early", False),
        ("429 Too Many Requests", False),
        ("500 Internal Server Error", False),
        ("503 Service Unavailable", False),
    ],
)
async def test_the_status_says_whether_asking_again_may_help(
    outgoing: Outgoing, side: OtherSide, status: str, final: bool
) -> None:
    side.says(status)
    assert await post(outgoing, side.url) == Answer(False, status, final=final)


async def test_a_redirect_is_not_followed(outgoing: Outgoing, side: OtherSide) -> None:
    side.says("302 Found", location=side.url.replace("hook", "elsewhere"))
    assert (await post(outgoing, side.url)).final
    assert len(side.requests) == 1


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("7", 7),
        ("Mon, 02 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 02 Nov 2026 11:00:00 GMT", None),
        ("999999999", 86400),
        ("soon", None),
        ("0", None),
        ("²", None),
        ("", None),
    ],
)
async def test_retry_after_is_a_number_or_a_date(
    outgoing: Outgoing, side: OtherSide, asked: str, wait_s: float | None
) -> None:
    side.says("429 Too Many Requests", retry_after=asked.encode().decode("latin-1"))
    assert (await post(outgoing, side.url)).retry_after_s == wait_s


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe garbage", b"[1]", b"null", b'{"a":' * 100_000, b"x" * (ANSWER_BYTES_MAX + 1)]
)
async def test_a_body_that_says_nothing_to_us_is_still_a_yes(
    outgoing: Outgoing, side: OtherSide, body: bytes
) -> None:
    side.says("200 OK", body)
    assert await post(outgoing, side.url) == Answer(True, "200 OK")


@pytest.mark.parametrize(
    "raw", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"]
)
async def test_what_is_no_answer_is_tried_again(outgoing: Outgoing, side: OtherSide, raw: bytes) -> None:
    side.sends(raw)
    answer = await post(outgoing, side.url)
    assert (answer.delivered, answer.final) == (False, False)


async def test_nobody_listening_is_tried_again(outgoing: Outgoing) -> None:
    answer = await post(outgoing, "http://127.0.0.1:1/")
    assert (answer.delivered, answer.final) == (False, False)
    assert answer.detail.startswith("nothing answers at this address")
    with pytest.raises(NotFetched, match="nothing answers at this address"):
        await outgoing.fetch("http://127.0.0.1:1/")


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (socket.EAI_NONAME, r"^no server has this name; .* \(\[Errno .*\] as it says\)"),
        (socket.EAI_AGAIN, r"^\w+: \[Errno .*\] as it says"),
    ],
)
async def test_a_name_that_no_server_has_is_told_apart_from_one_that_nobody_could_look_up(
    monkeypatch: pytest.MonkeyPatch, code: int, said: str, private: bool
) -> None:
    outgoing = Outgoing(StillClock(NOON), allow_private=private)

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "as it says")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(NotFetched, match=said):
        await outgoing.fetch("https://calendar.invalid/ana.ics")
    await outgoing.close()


async def test_who_speaks_no_tls_does_answer(outgoing: Outgoing) -> None:
    def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotFetched, match=r"^ConnectError: .*SSL"):
            await outgoing.fetch(f"https://127.0.0.1:{port}/")


async def test_an_answer_that_drips_is_cut_off(side: OtherSide) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(LATE_S / 4)

    side.reply = drip
    outgoing = Outgoing(StillClock(NOON), allow_private=True, timeout_s=LATE_S)
    async with asyncio.timeout(LATE_S * 10):
        answer = await post(outgoing, side.url)
    await outgoing.close()
    assert answer == Answer(False, "no answer within 0.2 s")


# ---- where they go


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "2130706433",
        "0.0.0.0",
    ],
)
async def test_a_private_address_is_refused_unless_allowed(side: OtherSide, host: str) -> None:
    outgoing = Outgoing(StillClock(NOON))
    answer = await post(outgoing, f"http://{host}:{side.port}/secret-path")
    assert answer.final
    assert "is a private address; allow those in the settings" in answer.detail
    assert "secret-path" not in answer.detail
    assert side.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:a00:1::1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
    ],
)
def test_an_address_is_public_or_it_is_not(address: str, public: bool) -> None:
    assert addresses.is_public(address) is public


async def test_the_call_goes_to_the_address_that_was_looked_at(
    side: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def is_public(address: str) -> bool:
        looked_at.append(address)
        return address == "127.0.0.1" or "pytest" in address

    monkeypatch.setattr(addresses, "is_public", is_public)
    loop = asyncio.get_running_loop()
    answers = [[(2, 1, 6, "", ("127.0.0.1", 0))], [(2, 1, 6, "", ("10.0.0.1", 0))]]
    real = loop.getaddrinfo

    async def changes_its_mind(host: str, *more: object, **named: object) -> object:
        # A name server that says something else the second time.
        return answers.pop(0) if host == "tool.example" else await real(host, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "getaddrinfo", changes_its_mind)
    outgoing = Outgoing(StillClock(NOON))
    assert (await post(outgoing, f"http://tool.example:{side.port}/")).delivered
    await outgoing.close()
    assert looked_at == ["127.0.0.1"]
    assert side.requests[0].headers["host"] == f"tool.example:{side.port}"
    assert len(answers) == 1


@pytest.mark.parametrize("url", ["", "ftp://x/", "tool", "http://", "http://[bad/", "http://x:port/"])
async def test_what_is_no_web_address_is_said_at_once(outgoing: Outgoing, url: str) -> None:
    answer = await post(outgoing, url)
    assert answer == Answer(
        False, "the destination is no http or https address; correct it in the settings", True
    )


async def test_a_name_that_can_be_none_is_said_at_once() -> None:
    answer = await post(Outgoing(StillClock(NOON)), f"http://{'x' * 300}.example/")
    assert not answer.delivered
