"""Ingest's endpoint for a look back: leads with all that they did, such as to try a new agreement on them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from services.ingest.store.history import complete_from, count_history, read_page
from shared.runtime.http import Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service
from shared.runtime.tx import Tx
from shared.terms import Role


class HistoryOut(BaseModel):
    """Some of the leads; ask again with `after` for the next ones, until it is null."""

    complete_from: datetime | None = Field(description="All that came since is there; null if nothing is")
    leads_total: int = Field(description="How many leads all pages have at most")
    leads: list[dict[str, Any]] = Field(description="As `baton agreement simulate --from` reads them")
    after: str | None


def add_history(router: APIRouter, service: Service, gate: Gate) -> None:
    """What was recorded."""
    readers = Depends(gate.needs(Role.MARKETING, Role.OPERATOR))

    @router.get(
        "/v1/history", summary="Leads with all that they did", dependencies=[readers], responses=problems()
    )
    async def history(
        since: Annotated[AwareDatetime | None, Query(description="Only leads captured since")] = None,
        after: Annotated[str, Query(max_length=64, description="The `after` of the page before")] = "",
    ) -> HistoryOut:
        """A lead that was merged is part of the one it was merged into; one that was erased is not there."""
        return await service.read(lambda tx: _page(tx, after, since))


def _page(tx: Tx, after: str, since: datetime | None) -> HistoryOut:
    page = read_page(tx, after, since)
    return HistoryOut(
        complete_from=complete_from(tx),
        leads_total=count_history(tx),
        leads=msgspec.to_builtins(page.leads),
        after=page.after,
    )
