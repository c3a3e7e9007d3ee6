"""Scores over HTTP: the sum in words, line by line, and computed anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.scoring.domain.words import (
    lines_in_words,
    place_in_words,
    set_aside_in_words,
    total_in_words,
)
from services.scoring.handlers import scores
from shared.agreement import Agreement
from shared.contracts.values import ScoreReceipt
from shared.runtime.http import READERS, Gate
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.terms import LeadId


class ReceiptOut(BaseModel):
    """A score, and the sum that it is."""

    receipt: str = Field(description="Its name, for replay and contest")
    at: datetime = Field(description="As of when: points fade, and how long ago is meant from here")
    agreement: str = Field(description="The version that was in force")
    score: int = Field(description="0 to 100: fit and engagement, weighed as the agreement says")
    grade: str = Field(description="How well person and company match the market, A to D")
    fit_points: int
    engagement_points: int = Field(description="After fading and caps")
    lines: list[str] = Field(description="Every point, in words")
    total: str = Field(description="How the points make the score, in words")
    missing: list[str] = Field(description="What keeps it from being an MQL by its score, and what would do")
    set_aside: str | None = Field(description="The rule by which it is no MQL whatever its score, and why")
    fast_lane: str | None = Field(description="The rule that makes it an MQL whatever its score")


class ScoreOut(ReceiptOut):
    """A lead's newest score."""

    lead: str
    mql: bool
    segment: str | None = Field(description="None if it is in none, or if that is not known")
    market: str = Field(description="Its segment, outside the market, or unknown and why")
    cools_at: datetime | None = Field(description="When it stops being an MQL if nothing happens")


class ReplayOut(BaseModel):
    """A score, computed anew from what it was made of."""

    receipt: str
    same: bool
    differs: list[str] = Field(description="Each line that comes out differently, in words")


def add_scores(router: APIRouter, service: Service, gate: Gate) -> None:
    """What can be asked about scores."""
    readers = Depends(gate.needs(*READERS))

    @router.get(
        "/v1/leads/{lead}/score", summary="A lead's score and its receipt, in words", dependencies=[readers]
    )
    async def read_score(lead: str) -> ScoreOut:
        versions = service.agreements.shelf.by_name
        return await service.read(lambda tx: _score(tx, LeadId(lead), versions))

    @router.get("/v1/scores/{receipt}", summary="An earlier score, in words", dependencies=[readers])
    async def read_receipt(receipt: str) -> ReceiptOut:
        versions = service.agreements.shelf.by_name
        return await service.read(lambda tx: _receipt(tx, receipt, versions))

    @router.get(
        "/v1/scores/{receipt}/replay",
        summary="Computes a score anew: is it still the same?",
        dependencies=[readers],
    )
    async def replay(receipt: str) -> ReplayOut:
        versions = service.agreements.shelf.by_name
        differs = await service.read(lambda tx: scores.replay(tx, receipt, versions))
        return ReplayOut(receipt=receipt, same=not differs, differs=differs)


def _receipt(tx: Tx, name: str, versions: Mapping[str, Agreement]) -> ReceiptOut:
    receipt = scores.receipt(tx, name).receipt
    return ReceiptOut(**_in_words(name, receipt, versions.get(receipt.agreement, tx.agreement)))


def _score(tx: Tx, lead: LeadId, versions: Mapping[str, Agreement]) -> ScoreOut:
    found, kept = scores.scored_lead(tx, lead)
    name = scores.receipt_name(lead, found.receipts)
    by = versions.get(kept.receipt.agreement, tx.agreement)
    return ScoreOut(
        **_in_words(name, kept.receipt, by),
        lead=lead,
        mql=found.mql,
        segment=found.segment,
        market=place_in_words(found.segment, kept.receipt.facts, by),
        cools_at=found.cools_at,
    )


def _in_words(name: str, receipt: ScoreReceipt, agreement: Agreement) -> dict[str, Any]:
    return {
        "receipt": name,
        "at": receipt.at,
        "agreement": receipt.agreement,
        "score": receipt.score,
        "grade": receipt.grade,
        "fit_points": receipt.fit_points,
        "engagement_points": receipt.engagement_points,
        "lines": lines_in_words(receipt),
        "total": total_in_words(receipt, agreement),
        "missing": list(receipt.missing),
        "set_aside": set_aside_in_words(receipt),
        "fast_lane": receipt.fast_lane,
    }
