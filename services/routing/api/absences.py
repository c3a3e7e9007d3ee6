"""Absences over HTTP: add one, read them from a calendar file or its address, take one back."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from msgspec import DecodeError
from msgspec.json import decode

from services.routing.api.roster import BODY_MAX, KEEPERS, PersonOut, PersonPath, person_out
from services.routing.domain.people.absences import added, taken_back
from services.routing.domain.people.details import read_absence
from services.routing.domain.people.person import Absence, Details
from services.routing.domain.people.roster import RosterInvalid
from services.routing.gateway.calendar_files import absences_in
from services.routing.handlers import calendars, roster
from services.routing.store.roster import Listed
from shared.agreement import Agreement
from shared.runtime.door import body_within
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.outgoing import NotFetched, Outgoing
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx

_ONE: Final = {"begin": "2026-12-24", "end": "2026-12-31", "kind": "pto", "note": "Home"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "examples": {
                    "one absence": {"value": _ONE},
                    "a calendar's address": {"value": {"from": "https://calendar.acme.example/ana.ics"}},
                },
            },
            "text/calendar": {"schema": {"type": "string"}},
        },
    }
}


Change = Callable[[Tx, str, str], Listed]
"""What is done to the roster: in a transaction, to whom, by whom."""


def create_router(service: Service, gate: Gate, outgoing: Outgoing) -> APIRouter:
    """Add, take back. Calendars are fetched through `outgoing`, which calls no private address."""
    router = APIRouter(tags=["roster"], responses=problems(s404="Nobody of the roster"))
    keeper = Depends(gate.needs(*KEEPERS))

    @router.post("/v1/roster/{person}/absences", summary="Somebody will be away", openapi_extra=_BODY)
    async def add(person: PersonPath, request: Request, who: Annotated[Principal, keeper]) -> PersonOut:
        body, kind = await body_within(request, BODY_MAX), request.headers.get("content-type", "")
        try:
            change = await _change(body, kind, service.clock.now(), outgoing)
        except (RosterInvalid, NotFetched, ValueError) as wrong:
            raise Problem(422, "No absence was taken", str(wrong)[:2000]) from None
        return person_out(await service.tx(lambda tx: change(tx, person, who.known_as)))

    @router.delete("/v1/roster/{person}/absences/{begin}", summary="They will be there after all")
    async def take_back(
        person: PersonPath,
        begin: Annotated[str, Path(max_length=40, description="When it begins, as it is written")],
        who: Annotated[Principal, keeper],
    ) -> PersonOut:
        def change(details: Details, _: Agreement) -> Details:
            return taken_back(details, begin)

        return person_out(await service.tx(lambda tx: roster.change(tx, person, change, who.known_as)))

    return router


async def _change(body: bytes, kind: str, now: datetime, outgoing: Outgoing) -> Change:
    """What a request asks for: one absence more, or those of a calendar instead of the last one's."""
    written = {} if kind.startswith("text/calendar") else _mapping(body)
    if written and "from" not in written:
        return _one_more(read_absence(written))
    if not written:
        of_file = await asyncio.to_thread(absences_in, body, now)
        return lambda tx, person, by: calendars.read_by_hand(tx, person, of_file, by)
    address = _https(str(written["from"]))
    found = await asyncio.to_thread(absences_in, await outgoing.fetch(address), now)
    return lambda tx, person, by: calendars.read_from(tx, person, address, found, by)


def _one_more(absence: Absence) -> Change:
    def change(details: Details, agreement: Agreement) -> Details:
        return added(details, absence, agreement)

    return lambda tx, person, by: roster.change(tx, person, change, by)


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        written = decode(body)
    except (DecodeError, RecursionError) as wrong:
        raise ValueError(f"this is no JSON: {wrong}") from None
    if not isinstance(written, dict) or not written:
        raise ValueError(f"expected an absence such as {_ONE}, or {{'from': an address of a calendar}}")
    return written


def _https(url: str) -> str:
    """Calendars call their addresses webcal, and mean https."""
    scheme, found, rest = url.partition("://")
    return f"https://{rest}" if found and scheme.lower() == "webcal" else url
