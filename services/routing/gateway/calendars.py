"""Reads a calendar from its address, as every call is guarded: no private address, no redirect, 1 MiB."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from services.routing.domain.people.person import Absence
from services.routing.domain.people.roster import RosterInvalid
from services.routing.gateway.calendar_files import absences_in
from shared.effects import CommandRefused
from shared.runtime.outgoing import NotFetched
from shared.runtime.service import Answer, DueErrand, Service
from shared.runtime.tx import Tx

DESTINATION: Final = "calendar"


class Fetch(Protocol):
    """What fetches documents."""

    async def fetch(self, url: str) -> bytes:
        """The document at an address. Raises NotFetched."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """Reads one, and says what became of it. A failure waits for the next time: that is soon enough."""

    service: Service
    outgoing: Fetch
    address_of: Callable[[Tx, str], str | None]
    was_read: Callable[[Tx, str, str, Sequence[Absence]], None]
    could_not: Callable[[Tx, str, str, str], None]

    async def run(self, errand: DueErrand) -> Answer:
        """One attempt. All that the calendar says is taken, or nothing of it."""
        person = str(errand.body["person"])
        address = await self.service.read(lambda tx: self.address_of(tx, person))
        if address is None:
            return Answer(True)
        try:
            body = await self.outgoing.fetch(address)
            found = await asyncio.to_thread(absences_in, body, self.service.clock.now())
            await self.service.tx(lambda tx: self.was_read(tx, person, address, found))
        except (NotFetched, RosterInvalid, CommandRefused) as wrong:
            why = str(wrong)
            await self.service.tx(lambda tx: self.could_not(tx, person, address, why))
        return Answer(True)
