"""Is the score right, over HTTP: what became of leads in sales, by what their score was made of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from services.scoring.domain.calibration import Row
from services.scoring.domain.drift import Drift
from services.scoring.handlers import scores
from shared.runtime.http import READERS, Gate
from shared.runtime.service import Service


class RowOut(BaseModel):
    """The leads that had this value, by what became of them; each once in a round."""

    by: str = Field(description="band (of ten points), grade, segment, source or rule")
    value: str
    outcomes: dict[str, int] = Field(description="accepted, rejected, sql, won, lost, disqualified, closed")
    reasons: dict[str, int] = Field(
        description="Those of rejected, disqualified, lost and closed; sql and won that were not accepted"
    )
    accepted: float | None = Field(description="Share of those that were accepted or rejected")
    sql: float | None = Field(description="Share of the accepted that became an SQL")
    won: float | None = Field(description="Share of the accepted that were won")


class DriftOut(BaseModel):
    """The mix of first scores: this week's leads, and those of the four weeks before."""

    by: str = Field(description="band (of ten points) or grade")
    now: dict[str, int] = Field(description="This week's leads, by their first score")
    before: dict[str, int]
    index: float = Field(
        description="Population stability index: 0 for the same mix, from 0.1 on it has moved"
    )
    chance: float = Field(description="How likely the same source of leads is to differ by so much")


class CalibrationOut(BaseModel):
    """What became of leads, and where a higher score means less than a lower one."""

    agreement: str | None
    rows: list[RowOut]
    drift: list[DriftOut] = Field(description="By the version asked for, else the one in force")
    alarms: list[str] = Field(
        description="Each pair of bands that is the wrong way round, and each mix that drifts, beyond chance"
    )


def add_calibration(router: APIRouter, service: Service, gate: Gate) -> None:
    """What the calibration shows."""

    @router.get(
        "/v1/scores/calibration",
        summary="What became of leads, by score band, grade, segment, source, rule",
        dependencies=[Depends(gate.needs(*READERS))],
    )
    async def calibration(
        agreement: Annotated[
            str | None, Query(description="A version, such as acme@3; all if left out")
        ] = None,
    ) -> CalibrationOut:
        rows, alarms = await service.read(lambda tx: scores.calibration(tx, agreement))
        moved = await service.read(lambda tx: scores.drift(tx, agreement))
        return CalibrationOut(
            agreement=agreement,
            rows=[_row_out(row) for row in rows],
            drift=[_drift_out(one) for one in moved],
            alarms=[
                *(alarm.sentence for alarm in alarms),
                *(one.sentence for one in moved if one.is_alarming),
            ],
        )


def _row_out(row: Row) -> RowOut:
    return RowOut(
        by=row.by,
        value=row.value,
        outcomes=dict(row.outcomes),
        reasons=dict(row.reasons),
        accepted=row.share("accepted", ("accepted", "rejected")),
        sql=row.share("sql", ("accepted",)),
        won=row.share("won", ("accepted",)),
    )


def _drift_out(drift: Drift) -> DriftOut:
    return DriftOut(
        by=drift.by,
        now=dict(drift.now),
        before=dict(drift.before),
        index=round(drift.index, 4),
        chance=drift.chance,
    )
