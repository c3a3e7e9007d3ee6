"""The endpoints for the agreement of a process: which version is in force, what is coming, read it again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from deploy.versions import count_refused, reload
from shared.agreement import AgreementInvalid
from shared.runtime.http import WATCHERS, Gate, Problem
from shared.runtime.service import Service
from shared.runtime.shelf import Shelf
from shared.runtime.takeover import VersionsRefused
from shared.runtime.versions import Kept, coming, parted
from shared.terms import Role


class ComingOut(BaseModel):
    """A version that has not taken over yet."""

    agreement: str
    effective_from: datetime = Field(description="From when it is meant")
    takes_over_at: datetime | None = Field(
        description="The instant at which it takes over in every process; null until it is announced"
    )
    held_up: str | None = Field(description="Why it could not take over when it was meant to")


class AgreementOut(BaseModel):
    """Which version one service decides by."""

    service: str
    in_force: str = Field(description="Such as acme@3")
    since: datetime | None = Field(description="When it took over")
    former: str | None = Field(default=None, description="What was in force before it, if anything was")
    is_here: bool = Field(description="Whether this process has it; else it does nothing until it has")
    coming: list[ComingOut]


def add_agreement(router: APIRouter, services: Sequence[Service], gate: Gate, shelf: Shelf) -> None:
    """GET /v1/agreement, and POST /v1/agreement/reload."""

    @router.get(
        "/v1/agreement",
        summary="Which version is in force, and which is coming",
        dependencies=[Depends(gate.needs(*WATCHERS))],
    )
    async def agreement() -> list[AgreementOut]:
        return [await _of(service) for service in services]

    @router.post(
        "/v1/agreement/reload",
        summary="Read the files of the agreement again: all of it is taken, or nothing",
        dependencies=[Depends(gate.needs(Role.OPERATOR, Role.MARKETING, Role.ARBITER))],
    )
    async def again() -> list[AgreementOut]:
        try:
            await reload(shelf, services)
        except AgreementInvalid as wrong:
            count_refused(services)
            errors = [asdict(problem) for problem in wrong.problems]
            said = "; ".join(str(problem) for problem in wrong.problems[:3])
            raise Problem(422, "Not a valid agreement", said, errors=errors) from wrong
        except VersionsRefused as refused:
            count_refused(services)
            raise Problem(409, "Refused", str(refused), errors=refused.reasons) from refused
        return [await _of(service) for service in services]


async def _of(service: Service) -> AgreementOut:
    versions, now = service.agreements, service.clock.now()
    rows = await service.database.read(lambda conn: versions.learn(conn, now))
    ahead, come = parted(rows, now)
    if not come:
        found = versions.in_force(now)
        return AgreementOut(service=service.name, in_force=found.ref, since=None, is_here=True, coming=[])
    here, *former = come
    return AgreementOut(
        service=service.name,
        in_force=here.ref,
        since=here.takes_over_at,
        former=former[0].ref if former else None,
        is_here=versions.shelf.get(here.ref, here.fingerprint) is not None,
        coming=[_coming(row) for row in (*reversed(ahead), *reversed(coming(rows)))],
    )


def _coming(row: Kept) -> ComingOut:
    return ComingOut(
        agreement=row.ref,
        effective_from=row.effective_from,
        takes_over_at=row.takes_over_at,
        held_up=row.held_up,
    )
