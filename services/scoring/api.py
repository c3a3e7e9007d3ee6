"""What scoring answers over HTTP: a lead's score, with its receipt in words."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.scoring import handlers
from services.scoring.domain.model import ScoredLead
from shared.contracts.values import Point
from shared.runtime.http import Gate, Principal
from shared.runtime.service import Service
from shared.terms import LeadId, Role

READERS: Final = (Role.REP, Role.MANAGER, Role.MARKETING, Role.ARBITER, Role.OPERATOR)


class ScoreOut(BaseModel):
    """A lead's score, and the sum that it is."""

    lead: str
    score: int = Field(description="0 to 100: fit and engagement, weighed as the agreement says")
    grade: str = Field(description="How well person and company match the market, A to D")
    mql: bool
    fit_points: int
    engagement_points: int = Field(description="After fading and caps")
    segment: str | None
    lines: list[str] = Field(description="Every point, in words")
    missing: list[str] = Field(description="What keeps it from being an MQL by its score")
    agreement: str = Field(description="The version that was in force")


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Scoring's endpoints."""
    router = APIRouter(tags=["scoring"])

    @router.get("/v1/leads/{lead}/score", summary="A lead's score and its receipt, in words")
    async def read_score(lead: str, who: Annotated[Principal, Depends(gate.needs(*READERS))]) -> ScoreOut:
        found = await service.read(lambda tx: handlers.scored_lead(tx, LeadId(lead)))
        return _score_out(lead, found)

    return router


def _score_out(lead: str, found: ScoredLead) -> ScoreOut:
    receipt = found.receipt
    assert receipt is not None, "a captured lead is scored in the same transaction"
    return ScoreOut(
        lead=lead,
        score=receipt.score,
        grade=receipt.grade,
        mql=found.mql,
        fit_points=receipt.fit_points,
        engagement_points=receipt.engagement_points,
        segment=found.segment,
        lines=[_line(point) for point in (*receipt.fit, *receipt.engagement)],
        missing=list(receipt.missing),
        agreement=receipt.agreement,
    )


def _line(point: Point) -> str:
    faded = f", worth {point.worth} now" if point.at is not None and point.worth != point.points else ""
    return f"{point.points:+d} {point.name}: {point.sentence}{faded}"
