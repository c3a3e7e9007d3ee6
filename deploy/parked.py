"""What is parked in the services of a process: listed, shown, handled again, or never."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.parking import discard, list_parked, replay, show_parked
from shared.runtime.service import Service
from shared.terms import LeadId, Role

_ONE: Final = "/v1/parked/{service}/{parked_id}"
Named = Callable[[str], Service]


class ParkedOut(BaseModel):
    """An event that could not be handled."""

    service: str
    id: int
    lead: str
    type: str
    reason: str
    owner: str = Field(description="Who answers for it until it is replayed")
    parked_at: datetime
    due_at: datetime = Field(description="When it counts as late")


class ParkedWhole(ParkedOut):
    """The same, with its bytes as text."""

    body: str


class DiscardIn(BaseModel):
    """Why an event shall never be handled."""

    model_config = ConfigDict(extra="forbid")

    because: str = Field(min_length=1, max_length=500, description="For the log, which keeps who said it")


class Replayed(BaseModel):
    """What a replay did: how many of the lead's parked events went through, and what stopped the next."""

    lead: str
    handled: int
    stopped_by: str | None = None


def add_parked(router: APIRouter, services: Mapping[str, Service], gate: Gate) -> None:
    """GET /v1/parked, and what may be done with one of them."""
    named = named_in(services)
    _add_reading(router, services, named, gate)
    _add_deciding(router, named, gate)


def named_in(services: Mapping[str, Service]) -> Named:
    """What gives the service of a name, or answers 404."""

    def named(service: str) -> Service:
        if service not in services:
            # As of any path that is another process's: whoever asks several goes on to the next.
            raise Problem(404, HTTPStatus.NOT_FOUND.phrase, f"{service!r} is none of {', '.join(services)}.")
        return services[service]

    return named


def _add_reading(router: APIRouter, services: Mapping[str, Service], named: Named, gate: Gate) -> None:
    operator = Depends(gate.needs(Role.OPERATOR))

    @router.get("/v1/parked", summary="What could not be handled, oldest first", dependencies=[operator])
    async def parked(
        service: Annotated[str | None, Query(description="Only what lies there")] = None,
        after: Annotated[int, Query(ge=0, description="Only what came later than the one with this id")] = 0,
    ) -> list[ParkedOut]:
        found = []
        for one in services.values() if service is None else [named(service)]:
            rows = await one.read(lambda tx: list_parked(tx, after=after))
            found += [_parked_out(one, row) for row in rows]
        return sorted(found, key=lambda item: item.parked_at)

    @router.get(_ONE, summary="One item, with its body", dependencies=[operator])
    async def one(service: str, parked_id: int) -> ParkedWhole:
        row = await _row(named(service), parked_id)
        body = bytes(row.value).decode("utf-8", "replace")
        return ParkedWhole(**_parked_out(named(service), row).model_dump(), body=body)


def _add_deciding(router: APIRouter, named: Named, gate: Gate) -> None:
    operator = Depends(gate.needs(Role.OPERATOR))

    @router.post(
        f"{_ONE}/replay",
        summary="Handle the parked events of its lead again, in order",
        dependencies=[operator],
    )
    async def again(service: str, parked_id: int) -> Replayed:
        row = await _row(named(service), parked_id)
        handled, stopped_by = await replay(named(service), LeadId(row.lead_id))
        return Replayed(lead=row.lead_id, handled=handled, stopped_by=stopped_by)

    @router.post(f"{_ONE}/discard", status_code=204, summary="Never handle one of them")
    async def never(
        service: str, parked_id: int, body: DiscardIn, who: Annotated[Principal, operator]
    ) -> None:
        at = named(service)
        if not await at.tx(lambda tx: discard(tx, parked_id, by=who.id, because=body.because)):
            raise _not_parked(at, parked_id)


def _not_parked(service: Service, parked_id: int) -> Problem:
    return Problem(404, "Not parked", f"{service.name} has nothing parked under {parked_id}; see /v1/parked.")


async def _row(service: Service, parked_id: int) -> Any:
    row = await service.read(lambda tx: show_parked(tx, parked_id))
    if row is None:
        raise _not_parked(service, parked_id)
    return row


def _parked_out(service: Service, row: Any) -> ParkedOut:
    return ParkedOut(
        service=service.name,
        id=row.id,
        lead=row.lead_id,
        type=row.type,
        reason=row.reason,
        owner=row.owner,
        parked_at=row.parked_at,
        due_at=row.due_at,
    )
