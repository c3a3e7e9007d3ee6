"""What the CRM says of companies, as scoring goes by it."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.scoring.store.leads import accounts_after
from shared.runtime.http import Gate
from shared.runtime.service import Service
from shared.terms import Role


class AccountsOut(BaseModel):
    """Some accounts by their domains; ask again with `after` for the next ones, until it is null."""

    accounts: list[dict[str, Any]]
    after: str | None


def add_accounts(router: APIRouter, service: Service, gate: Gate) -> None:
    """The accounts that were heard of."""
    readers = Depends(gate.needs(Role.MARKETING, Role.OPERATOR))

    @router.get("/v1/accounts", summary="What the CRM says of each company", dependencies=[readers])
    async def accounts(
        after: Annotated[str, Query(max_length=253, description="The `after` of the page before")] = "",
    ) -> AccountsOut:
        """Nothing but what it said last."""
        found, last = await service.read(lambda tx: accounts_after(tx, after))
        return AccountsOut(accounts=msgspec.to_builtins(found), after=last)
