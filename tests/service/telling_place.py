"""Routing that tells people: over a real mail server and a real HTTP receiver, on a still clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.routing.settings import Settings
from shared.runtime.clock import StillClock
from shared.runtime.errands import errands_once
from shared.runtime.outgoing import Outgoing
from shared.testing.leads import NOON
from tests.service.other_side import OtherSide
from tests.service.routing_place import AGREEMENT, RoutingPlace, routing_at

LINK_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLIC: Final = "https://baton.acme.example"
SLACK: Final = "slack:U12345"


@asynccontextmanager
async def telling_at(
    database_url: str, side: OtherSide | None = None, *, private: bool = True, **settings: Any
) -> AsyncIterator[RoutingPlace]:
    """Routing with links; Slack's API is at the other side."""
    given: dict[str, Any] = {"public_url": PUBLIC, "link_secrets": LINK_SECRET, "slack_token": "xoxb-1"}
    given |= {"slack_api": side.url.partition("/hook")[0]} if side is not None else {}
    outgoing = Outgoing(StillClock(NOON), allow_private=private, timeout_s=1.0)
    written = settings.pop("agreement", AGREEMENT)
    options = Settings(**given | settings)
    with routing_at(database_url, agreement=written, settings=options, outgoing=outgoing) as place:
        outgoing.clock = place.clock
        try:
            yield place
        finally:
            await outgoing.close()


async def send(place: RoutingPlace) -> int:
    """Send whatever is due, until nothing is. Returns how many attempts were made."""
    made = 0
    while found := await errands_once(place.service):
        made += found
    await place.turn()
    return made


async def live(place: RoutingPlace, by: timedelta, *, step: timedelta = timedelta(seconds=30)) -> None:
    """Let time pass: clocks run out, and messages are sent when their pause is over."""
    until = place.clock.at + by
    while place.clock.at < until:
        await send(place)
        await place.pass_time(min(step, until - place.clock.at))
    await send(place)


def posted(side: OtherSide) -> list[dict[str, Any]]:
    """The documents that arrived."""
    return [json.loads(request.body) for request in side.requests]


@dataclass(slots=True)
class Mailbox:
    """A mail server that keeps what it gets. `refuses`: what it says instead, to the recipient."""

    port: int = 0
    refuses: str = ""
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        message = message_from_bytes(envelope.original_content, policy=default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 OK"


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    """Listening on the loopback."""
    box, loop = Mailbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


def by_mail(box: Mailbox) -> dict[str, Any]:
    """The settings that name this server."""
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": box.port,
        "smtp_tls": "none",
        "smtp_from": "baton@acme.example",
    }
