"""Calls to tools and people that the services of a process gave up: listed, tried again, or dropped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from deploy.parked import named_in
from shared.runtime.errands import drop, given_up, try_again
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.service import Service
from shared.terms import Role

_ONE: Final = "/v1/errands/{service}/{errand_id}"


class ErrandOut(BaseModel):
    """A call that failed too often, or was refused."""

    service: str
    id: int
    lead: str = Field(description="Whom it is about: a lead, or a person by a key")
    destination: str
    action: str
    attempts: int
    written_at: datetime
    reason: str = Field(description="Why the last attempt failed")


class DropIn(BaseModel):
    """Why a call shall never be made."""

    model_config = ConfigDict(extra="forbid")

    because: str = Field(min_length=1, max_length=500, description="For the log, which keeps who said it")


def add_errands(router: APIRouter, services: Mapping[str, Service], gate: Gate) -> None:
    """GET /v1/errands, and what may be done with one of them."""
    operator, named = Depends(gate.needs(Role.OPERATOR)), named_in(services)

    @router.get("/v1/errands", summary="Calls that were given up, oldest first", dependencies=[operator])
    async def errands(
        service: Annotated[str | None, Query(description="Only those of this service")] = None,
        after: Annotated[int, Query(ge=0, description="Only those after the one with this id")] = 0,
    ) -> list[ErrandOut]:
        found = []
        for one in services.values() if service is None else [named(service)]:
            rows = await one.read(lambda tx: given_up(tx, after=after))
            found += [_errand_out(one, row) for row in rows]
        return sorted(found, key=lambda errand: errand.written_at)

    @router.post(f"{_ONE}/retry", status_code=204, summary="Try it once more", dependencies=[operator])
    async def retry(service: str, errand_id: int) -> None:
        at = named(service)
        if not await at.tx(lambda tx: try_again(tx, errand_id)):
            raise _not_given_up(at, errand_id)

    @router.post(f"{_ONE}/drop", status_code=204, summary="Never try it again")
    async def never(service: str, errand_id: int, body: DropIn, who: Annotated[Principal, operator]) -> None:
        at = named(service)
        if not await at.tx(lambda tx: drop(tx, errand_id, by=who.id, because=body.because)):
            raise _not_given_up(at, errand_id)


def _not_given_up(service: Service, errand_id: int) -> Problem:
    detail = f"{service.name} has given no errand {errand_id} up; see /v1/errands."
    return Problem(404, "Not given up", detail)


def _errand_out(service: Service, row: Any) -> ErrandOut:
    return ErrandOut(
        service=service.name,
        id=row.id,
        lead=row.lead_id,
        destination=row.destination,
        action=row.action,
        attempts=row.attempts,
        written_at=row.written_at,
        reason=row.last_error,
    )
