"""Pauses over HTTP: nothing new is given to a person or a team, until somebody resumes them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.routing.api.roster import KEEPERS
from services.routing.domain.people.pause import BECAUSE_MAX, Kind, Pause
from services.routing.handlers import pauses
from services.routing.handlers.pauses import Word
from shared.runtime.http import READERS, Gate, Principal
from shared.runtime.problems import problems
from shared.runtime.service import Service

Because = Annotated[
    str,
    StringConstraints(min_length=1, max_length=BECAUSE_MAX, strip_whitespace=True),
    Field(description="Why, for receipts"),
]


class PauseIn(BaseModel):
    """Who is given nothing from now on, and why."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["team", "rep"]
    name: str = Field(min_length=1, max_length=255, description="A team of the agreement, or a work e-mail")
    because: Because


class PauseOut(BaseModel):
    """One pause."""

    kind: Kind
    name: str
    since: datetime
    by: str
    because: str
    until: datetime | None = Field(description="None while it goes on")
    resumed_by: str | None
    resumed_because: str | None


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Pause, resume, list."""
    router = APIRouter(tags=["roster"], responses=problems(s404="Nobody, and no team, of this name"))
    keeper = Depends(gate.needs(*KEEPERS))

    @router.post("/v1/pauses", summary="Give nothing new to a person or a team", status_code=201)
    async def pause(body: PauseIn, who: Annotated[Principal, keeper]) -> PauseOut:
        word = Word(body.kind, body.name, who.known_as, body.because)
        return _out(await service.tx(lambda tx: pauses.pause(tx, word)))

    @router.delete("/v1/pauses/{kind}/{name}", summary="Resume them: what waits is given out")
    async def resume(
        kind: Kind,
        name: Annotated[str, Path(max_length=255)],
        who: Annotated[Principal, keeper],
        because: Annotated[str, Query(max_length=BECAUSE_MAX)] = "",
    ) -> PauseOut:
        word = Word(kind, name, who.known_as, because.strip())
        return _out(await service.tx(lambda tx: pauses.resume(tx, word)))

    @router.get(
        "/v1/pauses", summary="Who is paused, by whom and why", dependencies=[Depends(gate.needs(*READERS))]
    )
    async def read_pauses(
        past: Annotated[bool, Query(description="Also those that are over")] = False,
    ) -> list[PauseOut]:
        found = await service.read(lambda tx: pauses.all_pauses(tx, is_open=not past))
        return [_out(one) for one in found]

    return router


def _out(pause: Pause) -> PauseOut:
    return PauseOut.model_validate(pause, from_attributes=True)
