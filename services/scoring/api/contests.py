"""Contests over HTTP: a rep or a marketer says that a line of a score is wrong."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Field, StringConstraints

from services.scoring.domain.contest import Contest, Doubt
from services.scoring.handlers import scores
from shared.runtime.http import READERS, Gate, Principal
from shared.runtime.service import Service
from shared.terms import Role

CONTESTANTS: Final = (Role.REP, Role.MANAGER, Role.MARKETING)
SETTLERS: Final = (Role.MARKETING, Role.ARBITER)
_SAID: Final = StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)


class ContestIn(BaseModel):
    """What is wrong with a line of a score, or with all lines of a rule."""

    line: Annotated[str, _SAID] = Field(description="The rule that the line names, or all that the line says")
    reason: Annotated[str, _SAID] = Field(description="Why, in a sentence or two")


class SettleIn(BaseModel):
    """How what is contested was settled: all lines of a rule on one receipt."""

    line: Annotated[str, _SAID] = Field(description="The rule that the lines name")
    note: Annotated[str, _SAID] = Field(description="What follows from it")


class ContestOut(BaseModel):
    """A contested line."""

    receipt: str
    line: str = Field(description="The rule")
    said: str = Field(
        description="What the line said; of a rule that was contested as a whole, each of its lines"
    )
    by: str
    reason: str
    at: datetime


class DoubtOut(BaseModel):
    """A rule that is doubted: its open contests, and leads that it scored and sales rejected, by reason."""

    agreement: str
    line: str
    contests: list[ContestOut]
    rejects: dict[str, int]


class SettledOut(BaseModel):
    """How many contests of the rule's lines were open."""

    settled: int


def add_contests(router: APIRouter, service: Service, gate: Gate) -> None:
    """To contest a line, to see what is contested, to settle it."""

    @router.get(
        "/v1/scores/contests",
        summary="Open contests and rejects, by rule: where the next version starts",
        dependencies=[Depends(gate.needs(*READERS))],
    )
    async def list_contests() -> list[DoubtOut]:
        return [_doubt_out(doubt) for doubt in await service.read(scores.open_doubts)]

    @router.post("/v1/scores/{receipt}/contest", summary="Say that a line of a score is wrong, and why")
    async def contest(
        receipt: str,
        body: Annotated[ContestIn, Body()],
        who: Annotated[Principal, Depends(gate.needs(*CONTESTANTS))],
    ) -> ContestOut:
        by = who.known_as
        return _contest_out(
            await service.tx(lambda tx: scores.contest_line(tx, receipt, body.line, by, body.reason))
        )

    @router.post(
        "/v1/scores/{receipt}/settle",
        summary="Close the open contests of a rule's lines, with what follows",
    )
    async def settle(
        receipt: str,
        body: Annotated[SettleIn, Body()],
        who: Annotated[Principal, Depends(gate.needs(*SETTLERS))],
    ) -> SettledOut:
        by = who.known_as
        closed = await service.tx(lambda tx: scores.settle(tx, receipt, body.line, by, body.note))
        return SettledOut(settled=closed)


def _doubt_out(doubt: Doubt) -> DoubtOut:
    contests = [_contest_out(one) for one in doubt.contests]
    return DoubtOut(
        agreement=doubt.agreement, line=doubt.line, contests=contests, rejects=dict(doubt.rejects)
    )


def _contest_out(contest: Contest) -> ContestOut:
    return ContestOut(
        receipt=scores.receipt_name(contest.lead_id, contest.number),
        line=contest.line,
        said=contest.said,
        by=contest.by,
        reason=contest.reason,
        at=contest.at,
    )
