"""Leads that went the wrong way, routed again over HTTP; or only tried out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.routing.api.pauses import Because
from services.routing.api.roster import KEEPERS
from services.routing.handlers.rerouting import Moved, Wish, reroute
from shared.agreement import AgreementInvalid
from shared.agreement.question import question
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx


class RerouteIn(BaseModel):
    """Which held leads, and why."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime = Field(description="Those whom their holder has had since then, or later")
    until: AwareDatetime | None = Field(default=None, description="And not later than this")
    where: dict[str, Any] | None = Field(
        default=None, description="A condition as in the agreement, such as {country: DE}; None: all"
    )
    because: Because
    accepted: bool = Field(default=False, description="Also those that a rep has accepted")
    dry_run: bool = Field(default=False, description="Say what would happen, and write nothing")
    after: str = Field(default="", max_length=64, description="Go on after this lead")


class MovedOut(BaseModel):
    """One lead."""

    lead: str
    was: str = Field(description="Who had it: the rep, or the team whose queue held it")
    now: str
    moved: bool
    note: str = Field(description="Why there, or why it was not looked at")


class ReroutedOut(BaseModel):
    """What became of these leads."""

    dry_run: bool
    leads: list[MovedOut]
    after: str = Field(description="There are more: go on after this lead; empty, if that was all")


def create_router(service: Service, gate: Gate) -> APIRouter:
    """The one command."""
    router = APIRouter(tags=["assignments"], responses=problems())

    @router.post("/v1/reroute", summary="Route held leads again, a receipt each; or say what would happen")
    async def run(body: RerouteIn, who: Annotated[Principal, Depends(gate.needs(*KEEPERS))]) -> ReroutedOut:
        def work(tx: Tx) -> tuple[list[Moved], str]:
            return reroute(tx, _wish(body, who.known_as, tx), dry=body.dry_run)

        try:
            moved, after = await (service.read(work) if body.dry_run else service.tx(work))
        except AgreementInvalid as wrong:
            errors = [problem.message for problem in wrong.problems]
            raise Problem(422, "This condition can not be read", "; ".join(errors), errors=errors) from None
        return ReroutedOut(dry_run=body.dry_run, leads=[_out(one) for one in moved], after=after)

    return router


def _wish(body: RerouteIn, by: str, tx: Tx) -> Wish:
    where = question(body.where, tx.agreement) if body.where is not None else None
    return Wish(body.since, by, body.because, body.until, where, body.accepted, body.after)


def _out(one: Moved) -> MovedOut:
    was, now = (
        holder.name if holder.kind == "rep" else f"queue of {holder.name}" for holder in (one.was, one.now)
    )
    return MovedOut(lead=one.lead, was=was, now=now, moved=one.was != one.now, note=one.note or one.held_back)
