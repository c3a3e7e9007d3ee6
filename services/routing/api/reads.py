"""Why a lead is where it is, what lies in a queue, what a rep has in hand, and routing in numbers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from services.routing.api.asking import LeadPath
from services.routing.api.shapes import AssignmentOut, QueuedOut, assignment_out, queued_out
from services.routing.handlers import reads
from shared.people import same
from shared.runtime.http import READERS, Gate, Principal, Problem
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.terms import LeadId, Role


class QueueOut(BaseModel):
    """One queue's size."""

    team: str
    leads: int
    oldest: datetime | None


class ClocksOut(BaseModel):
    """The clocks of one purpose."""

    purpose: str
    running: int
    next_due: datetime | None


class StatusOut(BaseModel):
    """Routing in numbers."""

    open_by_stage: dict[str, int]
    queues: list[QueueOut]
    offers: int = Field(description="Offers to nurture that wait for an answer")
    clocks: list[ClocksOut]


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The questions that routing answers."""
    router = APIRouter(tags=["assignments"], responses=problems(s404="Nobody knows it"))
    _add_questions_about_leads(router, service, gate)
    _add_numbers(router, service, gate)
    return router


def _add_questions_about_leads(router: APIRouter, service: Service, gate: Gate) -> None:
    readers = Depends(gate.needs(*READERS))

    @router.get(
        "/v1/leads/{lead}/assignment", summary="Why a lead is where it is, in words", dependencies=[readers]
    )
    async def assignment(lead: LeadPath) -> AssignmentOut:
        def read(tx: Tx) -> AssignmentOut:
            return assignment_out(LeadId(lead), reads.assignment(tx, LeadId(lead)), tx.now, tx.agreement)

        return await service.read(read)

    @router.get(
        "/v1/teams/{team}/queue",
        summary="What lies in a team's queue, as it goes out",
        dependencies=[readers],
    )
    async def queue(team: Annotated[str, Path(max_length=80)]) -> list[QueuedOut]:
        held = await service.read(lambda tx: reads.queue(tx, team))
        return [queued_out(lead, state) for lead, state in held]

    @router.get("/v1/reps/{person}/leads", summary="The leads for which a person answers, or is asked")
    async def leads(
        person: Annotated[str, Path(max_length=255)],
        who: Annotated[Principal, Depends(gate.needs(Role.REP, Role.MANAGER, Role.OPERATOR))],
    ) -> list[AssignmentOut]:
        if who.role is Role.REP and not same(who.person or "", person):
            raise Problem(403, "Not allowed", "A rep sees their own leads; ask a manager for others.")

        def read(tx: Tx) -> list[AssignmentOut]:
            held = reads.leads_of(tx, person)
            return [assignment_out(lead, state, tx.now, tx.agreement) for lead, state in held]

        return await service.read(read)


def _add_numbers(router: APIRouter, service: Service, gate: Gate) -> None:
    @router.get(
        "/v1/routing/status",
        summary="Open leads by stage, queues, offers, clocks",
        dependencies=[Depends(gate.needs(*READERS))],
    )
    async def status() -> StatusOut:
        return StatusOut.model_validate(await service.read(reads.status), from_attributes=True)
