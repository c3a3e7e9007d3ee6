"""One message to one person: read how the lead stands, write the letter, try every address."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from services.routing.domain import digest
from services.routing.domain.clocks.untold import as_it_stands, is_moot
from services.routing.domain.model import RoutedLead
from services.routing.domain.telling import links
from services.routing.domain.telling.addresses import Address, addresses
from services.routing.domain.telling.letter import Button, Letter, Message, document_of, letter_of
from services.routing.domain.telling.links import Link, Verb
from services.routing.gateway.chat import Chat
from services.routing.gateway.mail import Mailer
from services.routing.gateway.post import post_json, together
from services.routing.store.leads import lead_states
from shared.runtime.errands import pause_s
from shared.runtime.outgoing import Post
from shared.runtime.service import Answer, DueErrand, Service
from shared.terms import LeadId

NO_ADDRESS: Final = "the roster has no address that can be used: correct `notify`"
PAUSE_MAX_S: Final = 240.0
SPREAD_S: Final = 60
"""Seconds over which messages that failed together are spread when they are tried again."""
_MOOT: Final = Answer(True, "no longer wanted")


@dataclass(frozen=True, slots=True)
class Doors:
    """Where action links lead, how they are signed, and for how long they open. Without them: no links."""

    public_url: str = ""
    secrets: tuple[str, ...] = ()
    lasts: timedelta = timedelta(hours=72)

    def url(self, lead: LeadId, state: RoutedLead, person: str, verb: Verb, at: datetime) -> str:
        """The address of the page that asks before it does `verb`; empty, if there are no links."""
        if not self.public_url or not self.secrets:
            return ""
        expires = int((at + self.lasts).timestamp())
        link = Link(lead, state.custody.number, links.whom(lead, person), verb, expires)
        return f"{self.public_url.rstrip('/')}/a/{links.sealed(link, self.secrets)}"


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells people. `secret` signs what goes to addresses of their own, as a Standard Webhook."""

    service: Service
    outgoing: Post
    chat: Chat
    mailer: Mailer
    doors: Doors
    secret: str | None = None

    async def run(self, errand: DueErrand) -> Answer:
        """One attempt over every address of the person; one that takes it is enough."""
        said = digest.said_in(errand.action, errand.body)
        if isinstance(said, digest.Digest):
            letter, document, untold = await self._digest(said, errand.written_at)
        else:
            letter, document, untold = await self._message(said, errand.written_at)
        if letter is None:
            return _MOOT
        ways = [self._send(address, letter, document, errand) for address in addresses(said.notify)]
        answer = together(await _all(ways)) if ways else Answer(False, NO_ADDRESS, final=True)
        return replace(answer, body={"untold": untold}) if answer.delivered else _soon(answer, errand)

    async def _message(self, message: Message, at: datetime) -> tuple[Letter | None, Mapping[str, Any], bool]:
        state = (await self._states([message.lead]))[message.lead]
        if is_moot(message, state):
            return None, {}, False
        message = as_it_stands(message, state, self.service.clock.now())
        buttons = self._buttons(message, state, at)
        return letter_of(message, buttons), document_of(message, buttons), state.untold_since is not None

    async def _digest(
        self, said: digest.Digest, at: datetime
    ) -> tuple[Letter | None, Mapping[str, Any], bool]:
        states = await self._states([item.lead for item in said.items])
        entries = digest.entries(said.items, states, said.person, self.service.clock.now())
        if not entries:
            return None, {}, False

        def url(lead: LeadId) -> str:
            able = links.verbs(states[lead], said.person)
            return self.doors.url(lead, states[lead], said.person, able[0], at) if able else ""

        untold = any(state.untold_since is not None for state in states.values())
        letter = digest.letter(entries, said.zone, url)
        return letter, digest.document(said.person, entries), untold

    async def _send(
        self, address: Address, letter: Letter, document: Mapping[str, Any], errand: DueErrand
    ) -> Answer:
        match address.medium:
            case "slack":
                return await self.chat.slack(address.to, letter, errand)
            case "teams":
                return await self.chat.teams(address.to, letter, errand)
            case "mail":
                return await self.mailer.send(address.to, letter, errand)
            case "webhook":
                return await post_json(self.outgoing, address.to, document, errand, secret=self.secret)

    async def _states(self, leads: Sequence[LeadId]) -> Mapping[LeadId, RoutedLead]:
        found = await self.service.read(lambda tx: lead_states.read(tx.conn, leads))
        return {lead: found.get(lead, RoutedLead()) for lead in leads}

    def _buttons(self, message: Message, state: RoutedLead, at: datetime) -> list[Button]:
        able = links.verbs(state, message.person)
        found = [(verb, self.doors.url(message.lead, state, message.person, verb, at)) for verb in able]
        return [Button(links.LABELS[verb], url) for verb, url in found if url]


def _soon(answer: Answer, errand: DueErrand) -> Answer:
    """A rep waits for this one: the pause after a failure grows to minutes, never to an hour."""
    if answer.final or answer.retry_after_s is not None or pause_s(errand.attempt, 1.0) < PAUSE_MAX_S:
        return answer
    return replace(answer, retry_after_s=PAUSE_MAX_S + errand.id % SPREAD_S)


async def _all(ways: Sequence[Coroutine[Any, Any, Answer]]) -> Sequence[Answer]:
    # Side by side, so that the lease outlasts them.
    return [await ways[0]] if len(ways) == 1 else await asyncio.gather(*ways)
