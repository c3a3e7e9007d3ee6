"""What the arbiter does: rules on a lead about which marketing and sales disagree."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.routing.api.asking import asker
from services.routing.api.shapes import LeadOut, lead_out
from services.routing.handlers import commands
from services.routing.handlers.commands import Command
from shared.runtime.http import Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import Role


class RulingIn(BaseModel):
    """Who is right."""

    model_config = ConfigDict(extra="forbid")

    ruling: Literal["marketing", "sales"] = Field(
        description="marketing: it is an MQL, the rules route it again; sales: it goes back to nurture"
    )
    note: str = Field(default="", max_length=2000)


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The ruling."""
    router = APIRouter(
        tags=["disputes"],
        responses=problems(
            s404="Nobody knows this lead", s409="Not where the lead is now", s410="The lead is over or gone"
        ),
    )
    asks = asker(gate, Role.ARBITER)

    @router.post("/v1/disputes/{lead}/ruling", summary="The arbiter rules on a disputed lead")
    async def rule(body: RulingIn, command: Annotated[Command, Depends(asks)]) -> LeadOut:
        state = await service.tx(lambda tx: commands.rule(tx, command, body.ruling, body.note))
        return lead_out(command.lead, state)

    return router
