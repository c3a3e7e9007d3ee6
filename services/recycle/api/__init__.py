"""What recycle answers over HTTP: to nurture tools, who owns a lead, its story, and the counts."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from services.recycle import handlers
from services.recycle.api.answers import (
    AcknowledgeIn,
    AcknowledgeOut,
    CountsOut,
    FallbackOut,
    HolderOut,
    LineOut,
    MissingOut,
    OfSource,
    OwnerOut,
    OwnersOut,
    Quantiles,
    StagesOut,
    StoryOut,
    SummaryOut,
)
from services.recycle.domain.ledger import Owner, owner_at
from services.recycle.domain.model import Journey
from services.recycle.domain.receipts import lines, read_receipt
from services.recycle.store.leads import HeldByFallback
from services.recycle.store.ledger import Noted
from services.recycle.store.story import Line
from shared.baton import Holder
from shared.people import same
from shared.runtime.http import READERS, WATCHERS, Gate, Principal, Problem
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import LeadId, Role, Stage

TOOLS: Final = (Role.MARKETING, Role.SOURCE)


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Recycle's endpoints."""
    router = APIRouter(
        tags=["recycle"],
        responses=problems(
            s404="Nobody knows this lead", s409="Not where the lead is now", s410="The lead is over or gone"
        ),
    )
    _nurture(router, service, gate)
    _of_one_lead(router, service, gate)
    _of_all_leads(router, service, gate)
    return router


def _nurture(router: APIRouter, service: Service, gate: Gate) -> None:
    @router.post(
        "/v1/nurture/{lead}/acknowledge",
        summary="A nurture tool has the lead (409: too late)",
        dependencies=[Depends(gate.needs(*TOOLS))],
    )
    async def acknowledge(lead: str, body: AcknowledgeIn) -> AcknowledgeOut:
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
    watcher = Depends(gate.needs(*WATCHERS))

    @router.get(
        "/v1/owners/missing", summary="Leads for which nobody is known to answer", dependencies=[watcher]
    )
    async def read_missing() -> list[MissingOut]:
        return [_missing(one, journey) for one, journey in await service.read(handlers.leads_without_owner)]

    @router.get(
        "/v1/owners/fallback",
        summary="Leads with the intake desk, a queue or a deputy",
        dependencies=[watcher],
    )
    async def read_fallback() -> list[FallbackOut]:
        now = service.clock.now()
        return [_fallback(held, now) for held in await service.read(handlers.fallback)]

    @router.get("/v1/owners/summary", summary="Does every lead have an owner?", dependencies=[watcher])
    async def read_summary() -> SummaryOut:
        return SummaryOut.model_validate(await service.read(handlers.summary), from_attributes=True)

    @router.get("/v1/counts", summary="What happened so far, in numbers", dependencies=[watcher])
    async def read_counts() -> CountsOut:
        found = await service.read(handlers.counts)
        p50, p99 = found.capture_to_assigned_ms
        return CountsOut(**found.totals, capture_to_assigned_ms=Quantiles(p50=p50, p99=p99))

    since = Annotated[AwareDatetime, Query(description="From this instant, with its time zone")]
    until = Annotated[AwareDatetime | None, Query(description="To before this one; now, without")]

    @router.get("/v1/stages", summary="How many leads reached each stage in a time", dependencies=[watcher])
    async def read_stages(since: since, until: until = None) -> StagesOut:
        ends = until or service.clock.now()
        found = await service.read(lambda tx: handlers.stages(tx, since, ends))
        return _stages(found)


def _stages(by_source: Mapping[str, Counter[Stage]]) -> StagesOut:
    def each(reached: Counter[Stage]) -> dict[str, int]:
        return {stage.value: reached[stage] for stage in Stage}

    sources = [OfSource(source=source, **each(by_source[source])) for source in sorted(by_source)]
    return StagesOut(**each(sum(by_source.values(), Counter())), sources=sources)


def _missing(one: Noted, journey: Journey) -> MissingOut:
    return MissingOut(
        lead=one.lead,
        problem=one.gap.about or one.gap.cause,
        since=one.gap.since,
        custodian=handlers.custodian_of(journey),
        last_holder=_holder(handlers.holder_of(journey)),
        asked_at=one.said_at,
    )


def _fallback(held: HeldByFallback, now: datetime) -> FallbackOut:
    return FallbackOut(
        lead=held.lead,
        kind=held.kind,
        holder=held.holder,
        answers=held.answers,
        why=held.why,
        since=held.since,
        age_s=max(0.0, (now - held.since).total_seconds()),
    )


def _only_own(who: Principal, owners: list[Owner]) -> None:
    """A rep reads the leads that are theirs now."""
    if who.role is not Role.REP:
        return
    now = [owner.holder.answers for owner in owners if owner.to is None and owner.holder is not None]
    if not any(same(who.person or "", owner) for owner in now):
        raise Problem(403, "Not yours", "A rep reads the leads that they answer for; ask your manager.")


def _holder(holder: Holder | None) -> HolderOut | None:
    return None if holder is None else HolderOut.model_validate(holder, from_attributes=True)


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
