"""Ingest's endpoints for what services have missed: said again, of one lead or of many."""

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest import handlers
from services.ingest.handlers import Retold
from shared.runtime.http import Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import LeadId, Role


class RetellIn(BaseModel):
    """Which leads."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(
        description="Those of whom something came since then; and each that was ever merged or erased"
    )
    after: str = Field(default="", max_length=64, description="Go on after this lead")


class RetoldOut(BaseModel):
    """It is durable, and on its way to every service."""

    lead: str
    said: list[str] = Field(description="The types of the events; none, if its journey is over")


class AllRetoldOut(BaseModel):
    """What was said again of these leads."""

    leads: list[RetoldOut]
    after: str = Field(description="There are more: go on after this lead; empty, if that was all")


def add_retelling(router: APIRouter, service: Service, gate: Gate) -> None:
    """POST /v1/leads/{lead}/retell and /v1/retell."""
    may = Depends(gate.needs(Role.MARKETING, Role.OPERATOR))

    @router.post(
        "/v1/leads/{lead}/retell",
        status_code=202,
        summary="Tell every service again what ingest knows of a lead",
        responses=problems(s404="Nobody knows this lead"),
        dependencies=[may],
    )
    async def one(lead: str) -> RetoldOut:
        """For services whose events the bus deleted unread. Who has handled them already does nothing."""
        return _out(await service.tx(lambda tx: handlers.retell(tx, LeadId(lead))))

    @router.post(
        "/v1/retell",
        status_code=202,
        summary="The same of all leads of whom something came since an instant",
        dependencies=[may],
        responses=problems(),
    )
    async def several(body: RetellIn) -> AllRetoldOut:
        """Ask again with `after`, until it is empty."""
        said, after = await service.tx(lambda tx: handlers.retell_since(tx, body.since, body.after))
        return AllRetoldOut(leads=[_out(one) for one in said], after=after)


def _out(said: Retold) -> RetoldOut:
    return RetoldOut(lead=said.lead, said=list(said.said))
