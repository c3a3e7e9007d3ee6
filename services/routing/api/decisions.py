"""Decisions over HTTP: which there were about a lead, each in words, and made again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from services.routing.api.asking import LeadPath
from services.routing.domain.again.replay import Replayed
from services.routing.domain.choosing.kept import Kept
from services.routing.domain.words import receipt_in_words
from services.routing.handlers import decisions
from services.routing.handlers.decisions import name_of
from shared.effects import CommandRefused
from shared.runtime.http import READERS, Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.terms import LeadId

ReceiptPath = Annotated[str, Path(max_length=80, description="The lead's id, a point, and a number")]


class DecisionOut(BaseModel):
    """Why a lead went where it went, and what that was decided by."""

    receipt: str = Field(description="Its name, for replay")
    at: datetime
    why: str = Field(description="new, returned, reassigned, escalated, left …")
    agreement: str = Field(description="The version that was in force")
    holder: str = Field(description="The rep, or the team whose queue holds it")
    answers: str
    team: str | None
    lines: list[str] = Field(description="Each rule tried, each candidate and why not, the turn")
    clocks: list[str] = Field(description="What is to be done by when, and in whose hours")
    facts: dict[str, Any] = Field(description="What the agreement could ask of the lead, as it was")
    lists: dict[str, str] = Field(description="The fingerprints of the agreement's lists")
    roster: dict[str, int] = Field(description="Which version of each person was looked at; 0: none is known")
    owed: dict[str, dict[str, str]] = Field(description="By team, what each was owed before it, in leads")
    load: dict[str, int] = Field(description="Open leads, where it matters")
    today: dict[str, int] = Field(description="Leads given on their day, where it matters")


class ReplayOut(BaseModel):
    """A decision, made again of what it was made of."""

    receipt: str
    same: bool
    differs: list[str] = Field(description="Each line that comes out differently, in words")
    guessed: list[str] = Field(description="What this is not sure of, because it was not kept")
    holder: str = Field(description="Who has it then")
    team: str | None


def create_router(service: Service, gate: Gate) -> APIRouter:
    """What can be asked of decisions."""
    router = APIRouter(
        tags=["assignments"], responses=problems(s404="No such receipt, or it is kept no longer")
    )
    readers = Depends(gate.needs(*READERS))

    @router.get(
        "/v1/leads/{lead}/assignments",
        summary="Every decision about a lead, the first one first",
        dependencies=[readers],
    )
    async def read_decisions(lead: LeadPath) -> list[DecisionOut]:
        found = await service.read(lambda tx: decisions.decisions(tx, LeadId(lead)))
        return [_out(name_of(LeadId(lead), kept.receipt.number), kept) for kept in found]

    @router.get("/v1/assignments/{receipt}", summary="One decision, in words", dependencies=[readers])
    async def read_decision(receipt: ReceiptPath) -> DecisionOut:
        return _out(receipt, await service.read(lambda tx: decisions.decision(tx, receipt)))

    @router.get(
        "/v1/assignments/{receipt}/replay",
        summary="Makes a decision again: is it still the same?",
        dependencies=[readers],
    )
    async def replay(
        receipt: ReceiptPath,
        altered: Annotated[
            Sequence[str],
            Query(alias="with", description="company.employees=5, load.bob@acme.example=40 …", max_length=20),
        ] = (),
    ) -> ReplayOut:
        versions, changes = service.agreements.shelf.by_name, dict(_change(one) for one in altered)
        found = await service.read(lambda tx: decisions.replay(tx, receipt, versions, changes))
        return _replay_out(receipt, found)

    return router


def _change(written: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not sign:
        raise CommandRefused(
            "invalid", f"expected what is altered, such as company.employees=5, not '{written}'"
        )
    return name.strip(), value.strip()


def _replay_out(receipt: str, found: Replayed) -> ReplayOut:
    return ReplayOut(
        receipt=receipt,
        same=not found.differs,
        differs=found.differs,
        guessed=found.guessed,
        holder=found.again.holder.name,
        team=found.again.receipt.team,
    )


def _out(name: str, kept: Kept) -> DecisionOut:
    receipt = kept.receipt
    return DecisionOut(
        receipt=name,
        at=receipt.at,
        why=receipt.why,
        agreement=receipt.agreement,
        holder=kept.holder.name,
        answers=kept.holder.answers,
        team=receipt.team,
        lines=receipt_in_words(receipt),
        clocks=list(receipt.clocks),
        facts=dict(receipt.facts),
        lists=receipt.lists,
        roster=kept.roster,
        owed=kept.owed,
        load=kept.load,
        today={who: given for who, (given, _) in kept.today.items()},
    )
