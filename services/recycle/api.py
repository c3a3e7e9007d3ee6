"""What recycle answers over HTTP: to nurture tools, who owns a lead, its story, and the counts."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from services.recycle import handlers
from services.recycle.domain.ledger import Owner, owner_at
from services.recycle.domain.receipts import lines, read_receipt
from services.recycle.store.story import Line
from shared.baton import Holder
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.service import Service
from shared.terms import LeadId, Role

TOOLS: Final = (Role.MARKETING, Role.SOURCE)
WATCHERS: Final = (Role.MANAGER, Role.MARKETING, Role.ARBITER, Role.OPERATOR)
READERS: Final = (*WATCHERS, Role.REP)


class HolderOut(BaseModel):
    """Who holds a lead, and the person who answers."""

    kind: str = Field(description="intake, rep, queue, track or desk")
    name: str
    answers: str = Field(description="The accountable person")


class OwnerOut(BaseModel):
    """Who answered for a lead, from when to when."""

    number: int = Field(description="The baton's number; one higher at every hand-over")
    holder: HolderOut | None
    since: datetime
    to: datetime | None = Field(description="Until when; null while they still do")
    why: str
    event: str = Field(description="The event that says so")
    topic: str


class OwnersOut(BaseModel):
    """Everyone who ever answered for a lead."""

    lead: str
    owners: list[OwnerOut]


class MissingOut(BaseModel):
    """A lead for which nobody is known to answer."""

    lead: str
    problem: str
    since: datetime
    custodian: str = Field(description="The service that must answer")
    last_holder: HolderOut | None
    asked_at: datetime | None = Field(description="When the auditor last asked")


class FallbackOut(BaseModel):
    """A lead in the hands of the intake desk, a queue or a deputy."""

    lead: str
    kind: str
    holder: str
    answers: str
    why: str
    since: datetime
    age_s: float


class FallbackKind(BaseModel):
    """How many leads one kind of fallback has."""

    leads: int
    oldest_s: float = Field(description="How long the oldest has been there, in seconds")


class SummaryOut(BaseModel):
    """The ledger in one line. `captured` = `held` + `merged` + `erased` + `closed`."""

    captured: int
    held: int
    merged: int
    erased: int
    closed: int = Field(description="Won, or closed as no lead")
    leads_without_owner: int = Field(description="The right value is 0")
    owner_gap_seconds: float = Field(
        description="Time without an owner, over all leads; the right value is 0"
    )
    offer_oldest_s: float = Field(description="How long the oldest open offer waits")
    fallback: dict[str, FallbackKind]
    as_of: datetime | None = Field(description="Up to when the ledger has read every topic")


class Quantiles(BaseModel):
    """Half and 99 of 100 took no longer, in milliseconds; null before the first."""

    p50: int | None
    p99: int | None


class CountsOut(BaseModel):
    """What happened so far: leads by stage (each counted once), clocks and hand-overs (every time)."""

    captured: int
    scored: int
    qualified: int
    assigned: int
    accepted: int
    sales_qualified: int
    won: int
    lost: int
    closed: int
    merged: int
    erased: int
    reminded: int
    breached: int
    reassigned: int
    recycled: int
    returned: int
    refused: int
    capture_to_assigned_ms: Quantiles


class LineOut(BaseModel):
    """One thing that happened."""

    at: datetime
    type: str
    topic: str
    sentence: str
    receipt: list[str] = Field(
        description="What the decision rested on, line by line; empty for a plain fact"
    )


class StoryOut(BaseModel):
    """Everything that is kept of one lead, in the order in which it happened."""

    lead: str
    captured_at: datetime | None
    ending: str | None
    ended_at: datetime | None
    lines: list[LineOut]
    owners: list[OwnerOut]


class AcknowledgeIn(BaseModel):
    """What a nurture tool sends back when it has a lead."""

    number: int = Field(ge=1, description="The number that came with the hand-over")


class AcknowledgeOut(BaseModel):
    """Who answers for the lead now."""

    lead: str
    holder: HolderOut | None


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Recycle's endpoints."""
    router = APIRouter(tags=["recycle"])
    _nurture(router, service, gate)
    _of_one_lead(router, service, gate)
    _of_all_leads(router, service, gate)
    return router


def _nurture(router: APIRouter, service: Service, gate: Gate) -> None:
    @router.post("/v1/nurture/{lead}/acknowledge", summary="A nurture tool has the lead (409: too late)")
    async def acknowledge(
        lead: str, body: AcknowledgeIn, who: Annotated[Principal, Depends(gate.needs(*TOOLS))]
    ) -> AcknowledgeOut:
        holder = await service.tx(lambda tx: handlers.acknowledge(tx, LeadId(lead), body.number))
        return AcknowledgeOut(lead=lead, holder=_holder(holder))


def _of_one_lead(router: APIRouter, service: Service, gate: Gate) -> None:
    reader = Annotated[Principal, Depends(gate.needs(*READERS))]
    instant = Annotated[
        AwareDatetime | None, Query(description="An instant with its time zone; now, without")
    ]

    @router.get("/v1/leads/{lead}/owner", summary="Who answers for a lead, or answered at an instant")
    async def read_owner(lead: str, who: reader, at: instant = None) -> OwnerOut:
        owners = await service.read(lambda tx: handlers.owners(tx, LeadId(lead)))
        _only_own(who, owners)
        found = owner_at(owners, at or service.clock.now())
        if found is None:
            raise Problem(
                404, "Nobody", f"Nobody answered for lead {lead} then: see /v1/leads/{lead}/owners."
            )
        return _owner(found)

    @router.get("/v1/leads/{lead}/owners", summary="Everyone who ever answered for a lead")
    async def read_owners(lead: str, who: reader) -> OwnersOut:
        owners = await service.read(lambda tx: handlers.owners(tx, LeadId(lead)))
        _only_own(who, owners)
        return OwnersOut(lead=lead, owners=[_owner(one) for one in owners])

    @router.get("/v1/leads/{lead}/story", summary="Everything that happened to a lead, in words")
    async def read_story(lead: str, who: reader) -> StoryOut:
        story = await service.read(lambda tx: handlers.story(tx, LeadId(lead)))
        _only_own(who, story.owners)
        return StoryOut(
            lead=lead,
            captured_at=story.journey.captured_at,
            ending=story.journey.ending,
            ended_at=story.journey.ended_at,
            lines=[_line(line) for line in story.lines],
            owners=[_owner(one) for one in story.owners],
        )


def _of_all_leads(router: APIRouter, service: Service, gate: Gate) -> None:
    watcher = Annotated[Principal, Depends(gate.needs(*WATCHERS))]

    @router.get("/v1/owners/missing", summary="Leads for which nobody is known to answer")
    async def read_missing(who: watcher) -> list[MissingOut]:
        found = await service.read(handlers.leads_without_owner)
        return [
            MissingOut(
                lead=one.lead,
                problem=one.gap.about or one.gap.cause,
                since=one.gap.since,
                custodian=handlers.custodian_of(journey),
                last_holder=_holder(handlers.holder_of(journey)),
                asked_at=one.said_at,
            )
            for one, journey in found
        ]

    @router.get(
        "/v1/owners/fallback", summary="Leads with the intake desk, a queue or a deputy, oldest first"
    )
    async def read_fallback(who: watcher) -> list[FallbackOut]:
        now = service.clock.now()
        return [
            FallbackOut(
                lead=held.lead,
                kind=held.kind,
                holder=held.holder,
                answers=held.answers,
                why=held.why,
                since=held.since,
                age_s=max(0.0, (now - held.since).total_seconds()),
            )
            for held in await service.read(handlers.fallback)
        ]

    @router.get("/v1/owners/summary", summary="Does every lead have an owner?")
    async def read_summary(who: watcher) -> SummaryOut:
        return SummaryOut.model_validate(await service.read(handlers.summary), from_attributes=True)

    @router.get("/v1/counts", summary="What happened so far, in numbers")
    async def read_counts(who: watcher) -> CountsOut:
        found = await service.read(handlers.counts)
        p50, p99 = found.capture_to_assigned_ms
        return CountsOut(**found.totals, capture_to_assigned_ms=Quantiles(p50=p50, p99=p99))


def _only_own(who: Principal, owners: list[Owner]) -> None:
    """A rep reads the leads that are theirs now."""
    if who.role is not Role.REP:
        return
    now = [owner.holder.answers for owner in owners if owner.to is None and owner.holder is not None]
    if who.person is None or who.person not in now:
        raise Problem(403, "Not yours", "A rep reads the leads that they answer for; ask your manager.")


def _holder(holder: Holder | None) -> HolderOut | None:
    return None if holder is None else HolderOut(kind=holder.kind, name=holder.name, answers=holder.answers)


def _owner(owner: Owner) -> OwnerOut:
    return OwnerOut(
        number=owner.number,
        holder=_holder(owner.holder),
        since=owner.since,
        to=owner.to,
        why=owner.why,
        event=owner.event_id,
        topic=owner.topic,
    )


def _line(line: Line) -> LineOut:
    receipt = lines(read_receipt(line.type, line.receipt)) if line.receipt is not None else []
    return LineOut(at=line.at, type=line.type, topic=line.topic, sentence=line.sentence, receipt=receipt)
